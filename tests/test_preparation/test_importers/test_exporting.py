"""What is written for a tool and read again is the same, to the format's own resolution."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from valid_files import CASES

from mmtal.preparation.importers import export_annotations, find_format, known_formats

FPS = 25.0
RUN, HOP, SIT = (dict(label=name) for name in ("run", "hop, & <hop>", 'sit "down"'))


def entry(*instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"subset": "training", "duration": 40.0, "fps": FPS, **more, "annotations": [*instances]}


DATABASE = {
    # touching, overlapping, one inside another of its class; in whole frames of 40 ms
    "clip 0": entry(
        dict(RUN, segment=[1.0, 4.0]), dict(RUN, segment=[4.0, 6.0]), dict(RUN, segment=[5.0, 9.0]),
        dict(RUN, segment=[6.0, 7.0]), dict(SIT, segment=[0.04, 30.8]), dict(SIT, segment=[39, 40]),
    ),
    "P01/P01_04": entry(dict(SIT, segment=[1.2, 3.4])),
    "日本.2": entry(dict(RUN, segment=[1.2, 1.24]), group="g"),
    "empty": entry(),
}  # fmt: skip
EVENTS = {"x": entry(dict(RUN, segment=[1.0, 4.0]), dict(HOP, time=2.0), dict(RUN, time=3.5))}
FINE = {"x": entry(dict(RUN, segment=[1.2345678, 4.3456789]), dict(SIT, segment=[4.3456789, 5]))}
SCORED = {
    "x": entry(dict(RUN, segment=[1.0, 4.0], score=0.875), dict(RUN, segment=[2.0, 5.0], score=0.5))
}
TOLD = {
    "x": entry(
        dict(RUN, segment=[1.0, 4.0], subject="anna", modifiers="fast|left", comment="wet"),
        dict(RUN, segment=[2.0, 5.0], subject="ben"),
        media={"/videos/x.mp4": 40.0},
    )
}

SHORT = {".x": entry(dict(RUN, segment=[1.0000001, 1.0000002]), dict(SIT, time=1.0000001))}

RESOLUTION = {  # seconds; half of it is what a time may be off
    "activitynet": 0, "csv": 0, "excel": 1e-14, "textgrid": 0, "label-studio-series": 0,
    "audacity": 1e-6, "via": 1e-6, "boris": 1e-3, "elan": 1e-3, "srt": 1e-3,
    "label-studio": 1 / FPS,
}  # fmt: skip
NEEDS = {"label-studio": {"fps": FPS}, "label-studio-series": {"unit": "seconds"}}
NO_EMPTY: tuple[str, ...] = ()


@pytest.fixture
def again(load: Callable, tmp_path: Path) -> Callable[..., dict[str, dict[str, Any]]]:
    """Write for a tool, and import what was written."""

    def call(database: dict[str, Any], to: str) -> dict[str, dict[str, Any]]:
        form = find_format(to)
        path = tmp_path / "out" / to if form.single else tmp_path / "out" / f"x{form.ending}"
        written = export_annotations(path, database, to)
        assert all(file.is_file() for file in written)
        options = {"labels": ("label",), **NEEDS.get(to, {})} if to == "via" else NEEDS.get(to, {})
        return load(path, **options).database

    return call


def rows(entry: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    found = []
    for i in entry["annotations"]:
        start, end = i.get("segment", [i.get("time")] * 2)
        found.append((i["label"], start, end, "time" in i))
    return sorted(found)


@pytest.mark.parametrize("to", RESOLUTION)
def test_what_is_too_short_lasts_as_little_as_can_be(again: Callable, to: str) -> None:
    """A segment is no event, whatever is rounded."""
    found = {row[0]: row[1:] for row in rows(again(SHORT, to)[".x"])}
    start, end, point = found["run"]
    assert not point and 0 < end - start < 1.5 * max(RESOLUTION[to], 1e-6)
    assert found[SIT["label"]][2]


@pytest.mark.parametrize("database", [DATABASE, EVENTS, FINE], ids=["many", "events", "fine"])
@pytest.mark.parametrize("to", RESOLUTION)
def test_round_trip(again: Callable, to: str, database: dict[str, Any]) -> None:
    found = again(database, to)
    assert found.keys() == database.keys()
    for name, expected in database.items():
        got, want = rows(found[name]), rows(expected)
        assert [(row[0], row[3]) for row in got] == [(row[0], row[3]) for row in want], name
        for one, other in zip(got, want, strict=True):
            assert one[1:3] == pytest.approx(other[1:3], rel=0, abs=0.501 * RESOLUTION[to]), name


ALL = {
    "import, TextGrid": ("act", "moments"), "import, ELAN": ("action", "tool"),
    "import, EPIC": ("verb",), "import, table of labels": ("Behaviour",),
}  # fmt: skip
"""Labels to choose."""


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("import")])
def test_from_each_format_to_each(
    again: Callable, load: Callable, write: Callable, case: str
) -> None:
    path = write(f"in/{CASES[case].name}", CASES[case].content)
    database = load(path, fps=FPS, unit="seconds", labels=ALL.get(case, ())).database
    for to in set(RESOLUTION) - {"label-studio"}:
        found = again(database, to)
        assert found.keys() == database.keys(), to
        for name, expected in database.items():
            for one, other in zip(rows(found[name]), rows(expected), strict=True):
                assert one[0] == other[0] and one[3] == other[3], to
                assert one[1:3] == pytest.approx(other[1:3], abs=0.501e-3), to


def test_every_writer_is_tried() -> None:
    assert {name for name, form in known_formats().items() if form.write} == set(RESOLUTION)


@pytest.mark.parametrize(
    "to", ["activitynet", "csv", "excel", "boris", "via", "label-studio", "label-studio-series"]
)
def test_scores_travel(again: Callable, to: str) -> None:
    found = again(SCORED, to)["x"]["annotations"]
    assert [(i["segment"], i["score"]) for i in sorted(found, key=lambda i: i["segment"])] == [
        ([1.0, 4.0], 0.875), ([2.0, 5.0], 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("to", "kept"),
    [
        ("activitynet", {"subject", "modifiers", "comment", "media"}),
        ("csv", {"subject", "modifiers", "comment"}),
        ("excel", {"subject", "modifiers", "comment"}),
        ("boris", {"subject", "modifiers", "comment", "media"}),
        ("via", {"subject", "modifiers", "comment"}),
        ("elan", {"subject"}),
        ("textgrid", {"subject"}),
    ],
)
def test_details_travel(again: Callable, to: str, kept: set[str]) -> None:
    found = again(TOLD, to)["x"]
    first, second = sorted(found["annotations"], key=lambda i: i["segment"])
    want = TOLD["x"]["annotations"][0]
    assert {k: first.get(k) for k in kept - {"media"}} == {k: want[k] for k in kept - {"media"}}
    assert second["subject"] == "ben"
    if "media" in kept:
        assert found["media"] == TOLD["x"]["media"]


def test_lengths_and_rates_travel(again: Callable) -> None:
    for to in ("activitynet", "csv", "excel", "boris"):
        found = again(DATABASE, to)
        assert {(e.get("duration"), e.get("fps")) for e in found.values()} == {(40.0, 25.0)}, to


def test_files_and_folders(tmp_path: Path) -> None:
    """By the ending; a folder where a file holds one recording, in names of any system."""
    one = {"P01/P01_04": DATABASE["P01/P01_04"]}
    assert export_annotations(tmp_path / "a.eaf", one) == [tmp_path / "a.eaf"]
    names = [path.name for path in export_annotations(tmp_path / "d", DATABASE, "srt")]
    assert names == ["clip 0.srt", "P01%2FP01_04.srt", "%E6%97%A5%E6%9C%AC.2.srt", "empty.srt"]
    assert "database" in json.loads(export_annotations(tmp_path / "a.json", one)[0].read_text())


@pytest.mark.parametrize(
    ("name", "to", "message"),
    [
        ("a.eaf", None, r"holds one recording, but there are 4 \('clip 0', .*give a folder"),
        ("folder", None, "give --to, since its ending is of no one format: activitynet, audacity,"),
        ("a.csv", "boris", "--out must end in .boris for BORIS project, but got"),
        ("a.json", "epic", "the format must be one of activitynet, .* but got 'epic'"),
        ("a.json", "label-studio", "recording 'clip 0' has no fps: .*--to label-studio-series"),
    ],
)
def test_errors(tmp_path: Path, name: str, to: str | None, message: str) -> None:
    database = {n: {k: v for k, v in e.items() if k != "fps"} for n, e in DATABASE.items()}
    with pytest.raises(ValueError, match=message):
        export_annotations(tmp_path / name, database, to)
    assert not (tmp_path / name).is_file()


def test_elan_keeps_to_its_schema(tmp_path: Path) -> None:
    """Order of elements, unique ids, times that rise, and no overlap within a tier."""
    from xml.etree import ElementTree

    export_annotations(tmp_path / "a.eaf", {"x": DATABASE["clip 0"]})
    root = ElementTree.parse(tmp_path / "a.eaf").getroot()
    order = [child.tag for child in root]
    assert order == sorted(
        order, key=["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"].index
    ) and {"AUTHOR", "DATE", "VERSION"} <= set(root.keys())
    times = {s.get("TIME_SLOT_ID"): int(s.get("TIME_VALUE", -1)) for s in root.iter("TIME_SLOT")}
    assert list(times.values()) == sorted(times.values())
    for tier in root.iter("TIER"):
        spans = [
            (times[a.get("TIME_SLOT_REF1")], times[a.get("TIME_SLOT_REF2")])
            for a in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        ends = [0, *(end for _, end in spans)]
        assert all(end <= start < stop for end, (start, stop) in zip(ends, spans, strict=False))


def test_names_that_no_file_can_have_are_said(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="names of 1 recording are too long for files"):
        export_annotations(tmp_path / "out", {"x /" * 80: entry(), "b": entry()}, "srt")
