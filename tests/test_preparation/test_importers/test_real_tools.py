"""Files of BORIS, SimBA and E2E-Spot (never committed), against a parse that shares no code.

They lie in ``boris`` (its ``tests/files``), ``simba`` (``bento_annotations``,
``deepethogram_annotations`` of its project two_c57) and ``spot`` (its ``data``).
"""

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

Row = tuple[str, str, str, float, float]  # label, subject, modifiers, start, end
Shared = Callable[[str], Path]


def rows(entry: dict) -> list[Row]:
    found = []
    for i in entry["annotations"]:
        start, end = i.get("segment") or [i["time"]] * 2
        found.append((i["label"], i.get("subject", ""), i.get("modifiers", ""), start, end))
    return sorted(found)


def observation(events: list[list], points: set[str]) -> list[Row]:
    """Each second time of a state of one subject ends what the one before has begun."""
    times = defaultdict(list)
    for time, subject, code, modifiers, *_ in events:
        times[code, subject, modifiers.strip()].append(time)
    found = []
    for key, all_times in times.items():
        ordered = sorted(all_times)
        starts, ends = (ordered,) * 2 if key[0] in points else (ordered[::2], ordered[1::2])
        pairs = zip(starts, ends, strict=False)  # one never stops
        found += [(*key, float(start), float(end)) for start, end in pairs]
    return sorted(found)


@pytest.mark.parametrize(
    ("name", "observations", "instances", "points"),
    [
        ("test", 12, 91, 50),
        ("test2", 9, 50, 28),
        ("test_without_media_files_paths", 9, 50, 28),
    ],
)
def test_boris_projects(
    shared_data: Shared, load: Callable, name: str, observations: int, instances: int, points: int
) -> None:
    path = shared_data(f"boris/{name}.boris")
    with pytest.raises(ValueError, match=r"'live not paired', event 12: 's' at 26\.862 s starts"):
        load(path)
    imported = load(path, bad_segments="drop")
    assert imported.dropped == {"START or STOP without the other": 1}
    project = json.loads(path.read_text())
    moments = {
        b["code"] for b in project["behaviors_conf"].values() if b["type"].startswith("Point")
    }
    assert imported.database.keys() == project["observations"].keys()
    for key, source in project["observations"].items():
        assert rows(imported.database[key]) == observation(source["events"], moments), key
        info = source.get("media_info") or {}
        files = source["file"] and source["file"]["1"]  # of live observations an empty list
        lengths = [info["length"][file] for file in files if info]
        assert imported.database[key].get("duration", 0) == pytest.approx(sum(lengths))
    found = [i for entry in imported.database.values() for i in entry["annotations"]]
    counted = len(imported.database), len(found), sum("time" in i for i in found)
    assert counted == (observations, instances, points)


@pytest.mark.parametrize(
    ("number", "states", "points"), [(1, 10, 8), (2, 2, 0), (3, 10, 0), (4, 3, 3), (5, 3, 0)]
)
def test_boris_aggregated_exports(
    shared_data: Shared, load: Callable, number: int, states: int, points: int
) -> None:
    """The last eleven columns have always been the same, with or without a line of names."""
    path = shared_data(f"boris/test_export_aggregated_events_test_full_{number}.tsv")
    table = [
        line for line in csv.reader(path.open(), delimiter="\t") if {"STATE", "POINT"} & {*line}
    ]
    expected = []
    for line in table:
        subject, behavior, _, modifiers, _, start, stop = line[-10:-3]
        subject = "" if subject == "No focal subject" else subject
        expected.append((behavior, subject, modifiers, float(start), float(stop)))
    (entry,) = load(path).database.values()
    assert rows(entry) == sorted(expected)
    assert (entry["duration"], entry["fps"]) == (539.92, 25)
    kinds = [line[-6] for line in table]
    assert (kinds.count("STATE"), kinds.count("POINT")) == (states, points)
    assert sum("time" in i for i in entry["annotations"]) == points
    if number == 1:  # the whole of an observation
        project = load(shared_data("boris/test.boris"), bad_segments="drop").database
        assert rows(project["observation #2"]) == rows(entry)


def test_boris_tabular_export(shared_data: Shared, load: Callable) -> None:
    path = shared_data("boris/test_export_events_tabular.tsv")
    table = [
        line for line in csv.reader(path.open(), delimiter="\t") if line[-1] in ("START", "STOP")
    ]
    events = [[float(time), subject, code, ""] for time, _, _, _, subject, code, *_ in table]
    imported = load(path).database["observation #1"]
    assert rows(imported) == observation(events, set()) and len(rows(imported)) == 4
    assert (imported["duration"], imported["fps"]) == (359.96, 25)


def test_boris_project_without_observations(shared_data: Shared, load: Callable) -> None:
    with pytest.raises(ValueError, match=r"otx_import_test\.boris: the project has no observation"):
        load(shared_data("boris/otx_import_test.boris"))


def test_simba_bento(shared_data: Shared, load: Callable) -> None:
    """Each bout lasts as long as its third column says."""
    path = shared_data("simba/bento_annotations/Together_1.annot")
    label, expected = "", []
    for line in path.read_text().split("\n"):
        label = line[1:] if line.startswith(">") else label
        if line[:1].isdigit():
            _, stop, length = map(float, line.split())
            expected.append((label, "", "", stop - length, stop))
    (entry,) = load(path).database.values()
    assert [r[0] for r in rows(entry)].count("Attack") == 131 and len(expected) == 229
    assert (entry["fps"], entry["duration"]) == (30, pytest.approx(19955 / 30))
    for found, wanted in zip(rows(entry), sorted(expected), strict=True):
        assert found[0] == wanted[0] and found[3:] == pytest.approx(wanted[3:], abs=1e-5)


def test_simba_deepethogram(shared_data: Shared, load: Callable) -> None:
    path = shared_data("simba/deepethogram_annotations/Together_1.csv")
    table = list(csv.DictReader(path.open()))
    expected = []
    for label in ("Attack", "Sniffing"):
        for value, run in groupby(range(len(table)), key=lambda k: table[k][label]):
            frames = list(run)
            if value == "1":
                expected.append((label, "", "", frames[0] / 30, (frames[-1] + 1) / 30))
    (entry,) = load(path, fps=30).database.values()
    assert (len(table), entry["duration"]) == (1738, pytest.approx(1738 / 30))
    assert [r[:3] for r in rows(entry)] == [r[:3] for r in sorted(expected)] and len(expected) == 17
    times = [time for row in sorted(expected) for time in row[3:]]
    assert [time for row in rows(entry) for time in row[3:]] == pytest.approx(times)


def test_forms_of_one_video_agree(load: Callable, write: Callable) -> None:
    """SimBA's targets, Bento and DeepEthogram, of the same bouts (in two_c57 these differ)."""
    bouts = {"Attack": [(3, 10), (20, 31)], "Sniffing": [(8, 25)]}  # frames from, to before
    marks = [[int(any(a <= k < b for a, b in bouts[n])) for n in bouts] for k in range(40)]
    lines = [f"{k},{k / 7:.3f},0,{a},{s}" for k, (a, s) in enumerate(marks)]
    write("targets/v.csv", "\n".join([",Nose_1_x,Low_prob_detections_0.1,Attack,Sniffing", *lines]))
    lines = [f"{k},{1 - max(a, s)},{a},{s}" for k, (a, s) in enumerate(marks)]
    write("deg/v.csv", "\n".join([",background,Attack,Sniffing", *lines]))
    text = (
        "Bento annotation file\nAnnotation stop frame: 40\nAnnotation framerate: 30\n\nCh1-----\n"
    )
    for name, spans in bouts.items():
        text += f">{name}\nStart\t Stop\t Duration \n"
        text += "".join(
            f"{(a + 1) / 30:.12g}\t{b / 30:.12g}\t{(b - a) / 30:.12g}\n" for a, b in spans
        )
    path = write("bento/v.annot", text)
    folders = [path.parent.parent / name for name in ("targets", "deg", "bento")]
    first, *others = [load(folder, fps=30).database["v"] for folder in folders]
    for other in others:
        assert other["duration"] == pytest.approx(first["duration"])
        for one, two in zip(rows(first), rows(other), strict=True):
            assert one[0] == two[0] and one[3:] == pytest.approx(two[3:], abs=1e-5)


def test_spot(shared_data: Shared, load: Callable) -> None:
    """All files of the repository that have events, time by time."""
    files = [f for f in sorted(shared_data("spot").rglob("*.json")) if f.stat().st_size]
    total = 0
    for path in files:
        database = load(path, fps=25).database
        for video in json.loads(path.read_text()):
            rate = video.get("fps") or 25
            rate = 25 if rate == -1 else rate
            expected = sorted(
                (e["label"], "", "", *[e["frame"] / rate] * 2) for e in video["events"]
            )
            assert rows(database[video["video"]]) == expected, path
            total += len(expected)
    assert len(files) == 14 and total == 78_191
