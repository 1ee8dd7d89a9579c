"""Characteristics by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.error_analysis.characteristics import (
    Characteristic,
    compute_characteristics,
    read_annotated,
)
from mmtal.results.instance_table import InstanceTable

TRUTH = InstanceTable.from_videos(
    {
        # Background: [0, 10], [14, 20] and [24, 100]; the last two instances begin together.
        "a": dict(segments=[[10, 14], [20, 22], [20, 24]], labels=[0, 0, 1]),
        # One instance within another; nothing around.
        "b": dict(segments=[[0, 20], [5, 10]], labels=[0, 0]),
        "c": dict(segments=[[5, 6]], labels=[1]),
    }
)
DURATIONS = {"a": 100.0, "b": 20.0, "c": None}


def by_name(**options: object) -> dict[str, Characteristic]:
    found = compute_characteristics(TRUTH, DURATIONS, **options)  # type: ignore[arg-type]
    return {item.name: item for item in found}


def test_values() -> None:
    found = by_name()
    assert list(found) == ["length", "instances", "coverage", "context size"]
    assert found["length"].values.tolist() == [4, 2, 4, 20, 5, 1]
    assert found["instances"].values.tolist() == [3, 3, 3, 2, 2, 1]
    np.testing.assert_allclose(found["coverage"].values, [0.04, 0.02, 0.04, 1, 0.25, np.nan])
    # Before / after in lengths: 10/4, 6/4 | 6/2, covered by the last | 6/4, 76/4 | none | none |
    # 5/1, not known.
    np.testing.assert_equal(found["context size"].values, [2 + 1, 3 + 0, 1 + 3, 0, 0, np.nan])
    assert found["context size"].unknown == found["coverage"].unknown == 1
    assert {item.source for item in found.values()} == {"computed"}


@pytest.mark.parametrize(
    ("name", "buckets", "values", "expected"),
    [
        ("length", "thumos14", [0.5, 3, 3.1, 12, 18, 18.1], [0, 0, 1, 2, 3, 4]),
        ("length", "activitynet", [30, 31, 180, 500], [0, 1, 3, 4]),
        ("coverage", "thumos14", [0.02, 0.021, 0.08, 1, 1.2, np.nan], [0, 1, 3, 4, -1, -1]),
        ("coverage", "activitynet", [0.2, 0.5, 1], [0, 2, 4]),
        ("instances", "thumos14", [1, 2, 40, 41, 80, 81], [0, 1, 1, 2, 2, 3]),
        ("instances", "activitynet", [1, 4, 5, 8, 9], [0, 1, 2, 2, 3]),
        ("context size", "fit", [0, 1, 6, 7, np.nan], [0, 1, 6, -1, -1]),
        ("context distance", "fit", [0, 1, 3], [0, 1, 3]),
        ("agreement", "fit", [0, 0.2, 0.21, 1], [0, 0, 1, 4]),
    ],
)
def test_buckets_are_those_of_detad(
    name: str, buckets: str, values: list[float], expected: list[int]
) -> None:
    item = by_name(buckets=buckets, annotated={name: np.resize(values, len(TRUTH))})[name]
    np.testing.assert_equal(item.bucket, np.resize(expected, len(TRUTH)))
    assert item.counts.sum() + item.unknown == len(TRUTH)
    assert item.source == "annotation file"


def test_fitted_buckets_hold_about_equally_many() -> None:
    number = 100
    length = np.linspace(1, 20, number)
    truth = InstanceTable.from_videos(
        {f"v{i}": dict(segments=[[0, d]], labels=[0]) for i, d in enumerate(length)}
    )
    found = compute_characteristics(truth, {f"v{i}": 40.0 for i in range(number)})
    for item in found[0], found[2]:
        assert item.buckets == ("XS", "S", "M", "L", "XL")
        assert item.counts.min() >= 15 and item.unknown == 0
    assert found[1].counts.tolist() == [number, 0]  # every recording has one instance


@pytest.mark.parametrize(
    ("name", "buckets", "limits"),
    [
        ("length", "thumos14", ["0-3 s", "3-6 s", "6-12 s", "12-18 s", "> 18 s"]),
        ("coverage", "activitynet", ["0-20 %", "20-40 %", "40-60 %", "60-80 %", "80-100 %"]),
        ("instances", "activitynet", ["1", "2-4", "5-8", ">= 9"]),
        ("context size", "fit", ["0", "1", "2", "3", "4", "5", "6"]),
    ],
)
def test_limits_in_words(name: str, buckets: str, limits: list[str]) -> None:
    item = by_name(buckets=buckets)[name]
    assert [item.limits(b) for b in range(len(item.buckets))] == limits


def test_without_any_duration() -> None:
    found = {item.name: item for item in compute_characteristics(TRUTH, {})}
    assert found["coverage"].unknown == len(TRUTH) and not found["coverage"].counts.any()
    # Only what comes after the last instance is not known.
    np.testing.assert_equal(found["context size"].values, [3, 3, np.nan, np.nan, 0, np.nan])


def test_unknown_buckets() -> None:
    with pytest.raises(ValueError, match=r"buckets must be one of .*, but got 'kinetics'"):
        by_name(buckets="kinetics")


def test_read_from_the_file(tmp_path: Path) -> None:
    first = {"label": "x", "segment": [0, 1], "context-size": 4, "coverage": 0.5, "agreement": None}
    database = {
        "v": dict(subset="test", annotations=[first, dict(label="x", segment=[2, 3])]),
        "w": dict(subset="train", annotations=[{**first, "context-distance": 2}]),
    }
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps({"database": database}))
    found = read_annotated(AnnotationFile(path), "test")
    assert list(found) == ["coverage", "context size"]
    np.testing.assert_equal(found["context size"], [4, np.nan])
