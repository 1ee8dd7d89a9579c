"""Damaged and hostile files: one error that names the file, in bounded time and memory."""

import gzip
import io
import json
import time
import zipfile
from pathlib import Path

import pytest

from mmtal.utils.reading import (
    check_tree,
    is_number,
    open_zip,
    read_file,
    read_json,
    reading,
    unpack_gzip,
)
from mmtal.utils.yaml_files import read_yaml


def archive(content: bytes = b"{}") -> bytearray:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.json", content)
    return bytearray(data.getvalue())


def patched(data: bytearray, offsets: tuple[int, int], value: int) -> bytes:
    """A field of the local and of the central header changed."""
    central = data.index(b"PK\x01\x02")
    data[offsets[0]], data[central + offsets[1]] = value, value
    return bytes(data)


HOSTILE_ZIPS = {
    "encrypted": (patched(archive(), (6, 8), 1), "encrypted, password required"),
    "unknown compression": (patched(archive(), (8, 10), 97), "compression"),
    "LZMA that is none": (patched(archive(b"x" * 99), (8, 10), 14), "CRC|Corrupt|LZMA|Invalid"),
    "no deflate": (bytes(archive(b"abc" * 99)).replace(b"a.json\x4b", b"a.json\xff"), "invalid"),
    "cut": (bytes(archive())[:-9], "not a zip file"),
    "wrong place": (bytes(archive()).replace(b"PK\x03\x04", b"PK\x03\x09"), "magic number"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE_ZIPS.values(), ids=HOSTILE_ZIPS)
def test_what_is_wrong_with_an_archive_is_one_error(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "runs.zip"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"runs\.zip .*cannot be unpacked: .*({message})"):
        read_file(path / "a.json")


def test_what_expands_without_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmtal.utils.reading.MAX_EXPANSION", (100, 1 << 20))
    zeros = bytes(20_000_000)
    with pytest.raises(ValueError, match=r"r\.json is packed.*would become 2,\d+,\d+ or more"):
        unpack_gzip("r.json", gzip.compress(zeros))
    with (
        pytest.raises(ValueError, match=r"r\.zip is packed.*would become 20,000,000 or more"),
        open_zip("r.zip", bytes(archive(zeros))),
    ):
        pass
    assert unpack_gzip("r.json", gzip.compress(zeros[: 1 << 20])) == zeros[: 1 << 20]


JSONS = {
    "deep enough to break what looks at it": ("[" * 300 + "]" * 300, "nested deeper than 100"),
    "deep enough to break the parser": ("[" * 100_000, "nested too deep"),
    "half a character": (r'{"\ud800": 1}', "surrogates"),
    "a name twice": ('{"a": 1, "b": 2, "a": 3}', "'a' occurs more than once"),
    "cut": ('{"a": ', "Expecting value"),
    "no text": ("\xff\xff", "text in UTF-8"),
}


@pytest.mark.parametrize(("text", "message"), JSONS.values(), ids=JSONS)
def test_what_is_no_json_is_one_error(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=rf"a\.json is not .*{message}"):
        read_json(path)


def test_numbers_of_any_length_can_be_computed_with(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    numbers = f"[{10**400}, {'9' * 5000}, -{2**63}, {2**63 - 1}, {2**63}]"
    path.write_bytes(gzip.compress(f"\ufeff{numbers}".encode()))
    inf = float("inf")
    assert read_json(path) == [inf, inf, -(2**63), 2**63 - 1, float(2**63)]
    assert not is_number(10**400) and is_number(10**300)


def test_a_name_twice_among_100_000_is_found_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    names = [*map(str, range(100_000)), "7"]
    path.write_text("{" + ", ".join(f'"{name}": 0' for name in names) + "}")
    start = time.perf_counter()
    with pytest.raises(ValueError, match="'7' occurs more than once"):
        read_json(path)
    assert time.perf_counter() - start < 5


def test_what_holds_itself_or_repeats_its_parts_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="holds itself"):
        check_tree(circle, 10)
    laughs: list[object] = [0]
    for _ in range(30):
        laughs = [laughs] * 10
    with pytest.raises(ValueError, match="repeats its parts"):
        check_tree(laughs, 10)


BOMBS = {
    "aliases of aliases": "a0: &a0 [x]\n"
    + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 30)),
    "depth": "[" * 5000,
    "a date that is none": "2001-99-99",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_hostile_yaml_is_one_error_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"a\.yaml cannot be read as YAML"):
        read_yaml(path)
    assert time.perf_counter() - start < 10


def test_errors_that_name_the_file_pass_as_they_are() -> None:
    with pytest.raises(ValueError, match=r"^a\.json, row 3: is no number$"), reading("a.json", "x"):
        raise ValueError("a.json, row 3: is no number")
    with pytest.raises(FileNotFoundError, match=r"b\.json"), reading("a.json", "x"):
        Path("b.json").read_text()
    with pytest.raises(ValueError, match=r"^a\.json is none: it lacks 'k'\. Do$"):  # noqa: SIM117
        with reading("a.json", "is none", advice="Do"):
            json.loads("{}")["k"]
