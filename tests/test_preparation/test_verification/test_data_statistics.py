"""Figures of data sets, worked out by hand."""

import json

import numpy as np
import pytest

from mmtal.preparation.verification.statistics import cover, spread


@pytest.mark.parametrize(
    ("segments", "covered", "twice", "most"),
    [
        ([], 0, 0, 0),
        ([(1, 3)], 2, 0, 1),
        ([(1, 3), (3, 4)], 3, 0, 1),  # they touch
        ([(1, 3), (2, 4)], 3, 1, 2),
        ([(0, 10), (1, 2), (1, 2), (5, 6)], 10, 2, 3),
        ([(0, 1), (4, 5), (8, 9)], 3, 0, 1),
    ],
)
def test_cover(segments: list, covered: float, twice: float, most: int):
    found = cover(np.array(segments, dtype=float).reshape(-1, 2))
    assert found == (pytest.approx(covered), pytest.approx(twice), most)


def test_cover_against_a_fine_grid():
    random = np.random.default_rng(0)
    for _ in range(50):
        starts = random.integers(0, 50, 12)
        segments = np.stack([starts, starts + random.integers(1, 20, 12)], axis=1).astype(float)
        times = np.arange(0, 80) + 0.5
        depth = ((segments[:, :1] < times) & (times < segments[:, 1:])).sum(axis=0)
        assert cover(segments) == ((depth >= 1).sum(), (depth >= 2).sum(), depth.max())


def test_spread():
    assert spread([]) is None
    found = spread([1.0, 2.0, 6.0])
    assert (found["min"], found["mean"], found["p50"], found["max"]) == (1, 3, 2, 6)


def test_figures_of_splits_and_classes(own):
    own.database["r5"]["annotations"] = [
        {"label": "run", "label_id": 0, "segment": [0.0, 6.0]},
        {"label": "run", "label_id": 0, "segment": [3.0, 9.0]},
        {"label": "jump", "label_id": 1, "segment": [20.0, 19.0]},  # does not count
    ]
    own.database["r4"].pop("annotations")
    found = own.verify().statistics
    training, validation = found["splits"]["training"], found["splits"]["validation"]
    assert (training["recordings"], training["instances"]) == (4, 8)
    assert training["hours"] == pytest.approx(4 * 30 / 3600)
    assert training["background_share"] == pytest.approx(1 - 8 / 30)
    assert training["overlap_share"] == 0 and training["max_simultaneous"] == 1
    assert training["durations"]["p50"] == 4
    assert validation["instances"] == 2 and validation["without_instances"] == 1
    assert validation["overlap_share"] == pytest.approx(3 / 60)
    assert validation["background_share"] == pytest.approx(1 - 9 / 60)
    assert validation["max_simultaneous"] == 2
    assert validation["sequence_lengths"]["max"] == 60
    assert found["classes"]["run"]["validation"] == {
        "instances": 2,
        "seconds": 12.0,
        "durations": spread([6.0, 6.0]),
    }
    assert found["classes"]["jump"]["validation"]["instances"] == 0
    assert found["features"]["channels"] == [5]
    assert json.loads(json.dumps(found)) == found


def test_nothing_is_divided_by_nothing(own):
    for entry in own.database.values():
        entry["annotations"] = []
        del entry["duration"]
    report = own.verify(features=None, regression_ranges=[(0, 99)], max_seq_len=8, min_overlap=0.5)
    split = report.statistics["splits"]["training"]
    assert split["background_share"] is None and split["durations"] is None
    report.format()


def test_no_stride_explains_the_lengths(own):
    for n in range(6):
        own.database[f"r{n}"]["duration"] = 20.0 + 3 * n
        own.put(f"r{n}", own.array((40, 90, 41, 88, 42, 95)[n], 5))
    report = own.verify(feature_stride=None)
    assert report.counts() == {"place in time unknown": 1} and not report.ok
    assert "do not fit together" in report.findings[0].value


def test_features_are_optional(own):
    report = own.verify(features=None)
    assert report.ok and "features were not checked" in " ".join(report.notes)
    assert report.statistics["splits"]["training"]["sequence_lengths"]["max"] == 60
