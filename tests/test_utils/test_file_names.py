"""Names of recordings become file names and paths."""

import pytest

from mmtal.utils.file_names import file_stem, stays_below

NAMES = [
    "P01/P01_04", "P01_P01_04", "P01%2FP01_04", "a b", "..", "ä", "a\u0308", "10:30", "A", "\ud800",
    "に" * 31, "に" * 32, "に" * 31 + "x", "x" * 300, "x" * 301, "x" * 199, "x" * 198 + "/y",
    *("x" * count + "に" * 9 for count in range(120, 140)),
]  # fmt: skip


def test_every_recording_has_a_file_name_of_its_own() -> None:
    stems = {file_stem(name) for name in NAMES}
    stems |= {file_stem(stem) for stem in stems if stem not in NAMES}
    assert len(stems) > len(NAMES), "not even the file name of another one"
    for stem in stems:
        assert stem.isascii() and "/" not in stem and len(f"predictions_{stem}.json.png") <= 255
    assert file_stem("clip_1 (copy).v2") == "clip_1 (copy).v2", "people can read it"


@pytest.mark.parametrize(
    "name",
    ["P01/P01_04", "a b", "日本", "50%", "10:30", "cam:1", "v_..x", "...", "x" * 300, "a\n", "~"],
)
def test_names_that_stay_in_the_folder(name: str) -> None:
    assert stays_below(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "P01/../../x", "/etc/x", "..\\x", "\\x", "C:\\x", "C:/x", "//host/x/y",
     "a\0b", "\ud800"],
)  # fmt: skip
def test_names_that_leave_it(name: str) -> None:
    assert not stays_below(name)
