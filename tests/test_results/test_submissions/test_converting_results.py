"""Results into a format, checked for it: what is refused, and what is fixed on demand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_results
from mmtal.results.submissions.converting import ConvertOptions, convert_results
from mmtal.results.submissions.official_list import Submission
from mmtal.results.submissions.raw_detections import FIXED, FIXES, LARGE, REMEDIES

CLASSES = ["BaseballPitch", "Diving", "GolfSwing"]


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def row(label: Any = "Diving", start: float = 1, end: float = 2.5, score: float = 0.5) -> dict:
    return dict(label=label, segment=[start, end], score=score)


@pytest.fixture
def ann(tmp_path: Path) -> Path:
    annotations = [
        dict(label=name, label_id=label, segment=[0, 1]) for label, name in enumerate(CLASSES)
    ]
    database = {
        "a": dict(subset="test", duration=10.0, annotations=annotations),
        "b": dict(subset="test", duration=20.0, annotations=[]),
        "c": dict(subset="training", duration=20.0, annotations=[]),
    }
    return write(tmp_path / "ann.json", {"database": database})


def convert(path: Path, out: Path | None, ann: Path | None, **options: Any) -> Submission:
    subset = "test" if ann else None
    return convert_results(path, out, ConvertOptions(official=ann, subset=subset, **options))


def random_results(path: Path) -> Path:
    rng = np.random.default_rng(0)
    results = {
        video: [
            row(CLASSES[label], start, start + length, score)
            for label, start, length, score in zip(
                rng.integers(3, size=20),
                rng.random(20) * 5,
                0.1 + rng.random(20) * 4,
                rng.random(20).astype(np.float32).astype(float),
                strict=True,
            )
        ]
        for video in ("b", "a")  # not in the order of the annotations
    }
    return write(path, dict(results=results))


def assert_equal(one: InstanceTable, other: InstanceTable, atol: float) -> None:
    assert one.video_ids == other.video_ids
    np.testing.assert_allclose(one.segments, other.segments, rtol=0, atol=atol)
    for name in ("video", "labels", "scores"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    ("to", "name", "atol"),
    [
        ("results", "out.json", 0),
        ("results", "out.json.gz", 0),
        ("activitynet", "out.zip", 0),
        ("hacs", "out.json", 0),
        ("thumos", "out.txt", 0.0005),  # a millisecond
        ("thumos", "out.txt.gz", 0.0005),
        ("thumos", "out.zip", 0.0005),
    ],
)
def test_written_results_come_back(tmp_path: Path, to: str, name: str, atol: float) -> None:
    path, out = random_results(tmp_path / "in.json"), tmp_path / "new" / name
    done = convert(path, out, None, to=to)
    assert len(done.detections) == 40
    assert_equal(read_results(out, CLASSES), read_results(path, CLASSES), atol)


def test_order_of_recordings_is_kept_for_tied_scores(tmp_path: Path, ann: Path) -> None:
    path = write(tmp_path / "in.json", dict(results={"b": [row()], "a": [row()]}))
    assert convert(path, None, ann).detections.video_ids == ("b", "a")


@pytest.mark.parametrize(
    ("results", "kind", "fix", "left"),
    [
        ({"a": [row(), row(end=11)], "b": []}, "segment outside the recording", "outside", 2),
        ({"a": [row(), row(start=10.5, end=11)], "b": []}, "segment outside the recording",
         "outside", 1),  # nothing of it is left
        ({"a": [row(), row(start=-1)], "b": []}, "segment outside the recording", "outside", 2),
        ({"a": [row(), row(start=3)], "b": []}, "reversed or empty segment", "reversed", 1),
        ({"a": [row(), row(end=1)], "b": []}, "reversed or empty segment", "reversed", 1),
        ({"a": [row(), row(end=1.0004)], "b": []}, "reversed or empty segment", "reversed", 1),
        ({"a": [row(), row(score=float("nan"))], "b": []}, "NaN or infinite", "nan", 1),
        ({"a": [row(), row("fly")], "b": []}, "unknown label", "labels", 1),
        ({"a": [row(), row(3)], "b": []}, "unknown label", "labels", 1),
        ({"a": [row()], "b": [], "z": [row()]}, "unlisted recording", "unlisted", 1),
        ({"a": [row()], "b": [], "c": [row()]}, "unlisted recording", "unlisted", 1),  # training
        ({"a": [row()]}, "missing recording", "missing", 1),
    ],
)  # fmt: skip
def test_what_is_refused_and_fixed(
    tmp_path: Path, ann: Path, results: dict, kind: str, fix: str, left: int
) -> None:
    path, out = write(tmp_path / "in.json", dict(results=results)), tmp_path / "out.txt"
    with pytest.raises(ValueError, match=f"not fit to become THUMOS14.*\n{kind}.*--fix {fix}"):
        convert(path, out, ann, to="thumos")
    assert not out.exists()
    done = convert(path, out, ann, to="thumos", fix=[fix, LARGE])
    assert len(done.notes) == 1 and FIXED[FIXES[fix]] in done.notes[0]
    assert done.detections.video_ids == ("a", "b")
    assert len(out.read_text().splitlines()) == len(done.detections) == left
    assert (done.detections.segments[:, 0] >= 0).all()
    assert (done.detections.segments[:, 1] <= 10).all()


def test_all_problems_are_named_at_once(tmp_path: Path, ann: Path) -> None:
    rows = [row(end=11), row(start=3), row("fly"), row(score=float("inf"))]
    path = write(tmp_path / "in.json", dict(results={"a": rows, "z": [row()]}))
    with pytest.raises(ValueError, match="THUMOS14") as error:
        convert(path, None, ann, to="thumos")
    for kind in FIXES.values():
        assert f"\n{kind} (1 found)" in str(error.value)
    assert "recording 'a': 1.000 to 11.000 s, recording ends at 10.000 s" in str(error.value)


def test_every_kind_has_a_remedy() -> None:
    assert set(FIXES.values()) == set(FIXED) and set(FIXED) <= set(REMEDIES)


def test_rounding_is_no_mistake(tmp_path: Path, ann: Path) -> None:
    end = float(np.nextafter(np.float32(10), np.float32(11)))
    path = write(tmp_path / "in.json", dict(results={"a": [row(end=end)], "b": []}))
    assert convert(path, None, ann, to="thumos").notes == []


def test_no_detections_at_all(tmp_path: Path, ann: Path) -> None:
    path = write(tmp_path / "in.json", dict(results={"a": [], "b": []}))
    for to, name in (("results", "out.json"), ("thumos", "out.txt")):
        assert len(convert(path, tmp_path / name, ann, to=to).detections) == 0
    assert read_results(tmp_path / "out.json", CLASSES).video_ids == ("a", "b")
    assert (tmp_path / "out.txt").read_text() == ""


def test_the_best_of_each_recording(tmp_path: Path, ann: Path) -> None:
    rows = [row(score=score) for score in (0.2, 0.9, 0.9, 0.5)]
    path = write(tmp_path / "in.json", dict(results={"a": rows, "b": [row(score=0.1)]}))
    done = convert(path, None, ann, max_per_video=2)
    assert done.detections.scores.tolist() == [0.9, 0.9, 0.1]
    assert done.notes == ["2 left out, beyond the best 2 of a recording"]


def test_numbers_need_names(tmp_path: Path, ann: Path) -> None:
    path = write(tmp_path / "in.json", dict(results={"a": [row(0)], "b": []}))
    with pytest.raises(ValueError, match="labels are numbers; their names are in"):
        convert(path, None, None)
    names = tmp_path / "names.txt"
    names.write_text("0 jump\n2 run\n")
    options = ConvertOptions(class_file=names)
    assert convert_results(path, None, options).classes == ["jump", "class_1", "run"]
    assert convert(path, None, ann).classes == CLASSES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(fix=["magic"]), r"fix must name some of labels, nan.*but got \['magic'\]"),
        (dict(max_per_video=0), "max_per_video must be >= 1, but got 0"),
        (dict(to="ego4d"), "needs --ann moments_val.json"),
        (dict(retrieval=Path("x")), "only an Ego4D submission"),
        (dict(to="activitynet"), "wrong field .1 found.*'external_data' is missing"),
        (dict(official=Path("nowhere.json")), "nowhere.json does not exist"),
        (dict(official="ANN"), r"choose one of its subsets with --subset: \['test', 'training'\]"),
    ],
)
def test_bad_options(tmp_path: Path, ann: Path, options: dict, message: str) -> None:
    path = write(tmp_path / "in.json", dict(results={"a": [row()], "b": []}, version="x"))
    if options.get("official") == "ANN":
        options = dict(official=ann)
    with pytest.raises((ValueError, OSError), match=f"(?s){message}"):
        convert_results(path, None, ConvertOptions(**options))


def test_other_taxonomy(tmp_path: Path, ann: Path) -> None:
    results = dict(results={"a": [row()], "b": []}, version="x", external_data={})
    path = write(tmp_path / "in.json", results)
    for to, name in (("activitynet", "ActivityNet 1.3"), ("hacs", "HACS")):
        with pytest.raises(ValueError, match=f"{name} has 200 classes, but .* has 3, such as Base"):
            convert(path, None, ann, to=to)


def test_declared_external_data(tmp_path: Path) -> None:
    path = write(tmp_path / "in.json", dict(results={"a": [row()]}))
    out = tmp_path / "out.json"
    convert(path, out, None, to="activitynet", external_data="Kinetics")
    content = json.loads(out.read_text())
    assert content["version"] == "VERSION 1.3"
    assert content["external_data"] == {"used": True, "details": "Kinetics"}
    assert convert(out, None, None, to="activitynet").source_format == "activitynet"


def test_large_losses_are_asked_for_by_name(tmp_path: Path, ann: Path) -> None:
    """One of 20 detections may go unasked, two may not, and detections count, not labels."""
    for wrong, options in ((1, []), (2, [LARGE])):
        rows = [row("fly") for _ in range(wrong)] + [row() for _ in range(20 - wrong)]
        path = write(tmp_path / "in.json", dict(results={"a": rows, "b": []}))
        if options:
            with pytest.raises(ValueError, match=r"leave out 2 of 20 .*--fix labels large-lo"):
                convert(path, None, ann, fix=["labels"])
        done = convert(path, None, ann, fix=["labels", *options])
        assert len(done.detections) == 20 - wrong
        assert done.notes[0].startswith(f"{wrong} case")
