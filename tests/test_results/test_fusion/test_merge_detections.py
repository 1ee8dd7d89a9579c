"""Results of several systems as one list."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from mmtal.ops import segment_nms
from mmtal.results.fusion.merge_detections import MergeSettings, merge_detections
from mmtal.results.instance_table import InstanceTable

Row = tuple[float, float, int, float]  # start, end, label, score


def table(**videos: Sequence[Row]) -> InstanceTable:
    return InstanceTable.from_videos(
        {
            name: dict(
                segments=[row[:2] for row in rows],
                labels=[row[2] for row in rows],
                scores=[row[3] for row in rows],
            )
            for name, rows in videos.items()
        }
    )


def rows(found: InstanceTable, video: str = "v") -> list[Row]:
    own = found.video == found.video_ids.index(video)
    columns = (found.segments[own, 0], found.segments[own, 1], found.labels[own], found.scores[own])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def close(actual: list[Row], expected: list[Row]) -> None:
    assert len(actual) == len(expected)
    np.testing.assert_allclose(np.array(actual), np.array(expected), rtol=1e-6)


def merge(
    tables: list[InstanceTable], *, weights: list[float] | None = None, **settings: Any
) -> InstanceTable:
    return merge_detections(tables, MergeSettings(**settings), weights=weights)


ONE = table(v=[(0, 10, 0, 0.8), (20, 30, 1, 0.4)])
OTHER = table(v=[(0, 8, 0, 0.4), (20, 30, 0, 0.6)])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # tIoU 0.8: the second finding of the same is dropped; other labels are other things
        (dict(method="hard"), [(0, 10, 0, 0.8), (20, 30, 0, 0.6), (20, 30, 1, 0.4)]),
        (
            dict(method="hard", tiou_thr=0.9),
            [(0, 10, 0, 0.8), (20, 30, 0, 0.6), (0, 8, 0, 0.4), (20, 30, 1, 0.4)],
        ),
        (dict(method="hard", class_agnostic=True), [(0, 10, 0, 0.8), (20, 30, 0, 0.6)]),
        (dict(method="hard", max_per_video=1), [(0, 10, 0, 0.8)]),
        # the second system counts half: 0.6 becomes 0.3
        (
            dict(method="hard", weights=[2, 1]),
            [(0, 10, 0, 0.8), (20, 30, 1, 0.4), (20, 30, 0, 0.3)],
        ),
        # 0.4 * exp(-0.8**2 / 0.5)
        (
            dict(method="gaussian", sigma=0.5),
            [
                (0, 10, 0, 0.8),
                (20, 30, 0, 0.6),
                (20, 30, 1, 0.4),
                (0, 8, 0, 0.4 * np.exp(-1.28)),
            ],
        ),
        # the mean, (0.8 * 10 + 0.4 * 8) / 1.2, with the mean score; what one of two found: half
        (
            dict(method="wbf"),
            [(0, 11.2 / 1.2, 0, 0.6), (20, 30, 0, 0.3), (20, 30, 1, 0.2)],
        ),
        # scores 0.8, 0.4 and 0.2, 0.3; sum of weights 1.5: 0.5 * 2 / 1.5, 0.4 / 1.5, 0.3 / 1.5
        (
            dict(method="wbf", weights=[1, 0.5]),
            [(0, 9.6, 0, 2 / 3), (20, 30, 1, 0.4 / 1.5), (20, 30, 0, 0.2)],
        ),
        (
            dict(method="wbf", class_agnostic=True, min_score=0.55),
            [(0, 11.2 / 1.2, 0, 0.6)],
        ),
    ],
)
def test_by_hand(settings: dict, expected: list[Row]) -> None:
    close(rows(merge([ONE, OTHER], **settings)), expected)


def test_what_all_systems_say_keeps_its_score() -> None:
    systems = [table(v=[(0, 10, 0, 0.5)])] * 3
    for weights in (None, [1, 2, 3]):
        found = merge(systems, weights=weights, method="wbf")
        close(rows(found), [(0, 10, 0, 0.5)])


def test_recordings_that_one_system_lacks() -> None:
    found = merge(
        [table(a=[(0, 1, 0, 0.5)], b=[]), table(c=[(2, 3, 0, 0.5)], a=[(0, 1, 0, 0.25)])],
        method="hard",
    )
    assert found.video_ids == ("a", "b", "c")
    assert rows(found, "a") == [(0, 1, 0, 0.5)]
    assert rows(found, "b") == []
    assert rows(found, "c") == [(2, 3, 0, 0.5)]


@pytest.mark.parametrize("method", ["gaussian", "linear", "hard", "wbf"])
def test_nothing_found(method: str) -> None:
    found = merge([table(v=[]), table(v=[])], method=method)
    assert found.video_ids == ("v",) and len(found) == 0


def test_soft_nms_is_that_of_the_union() -> None:
    random = np.random.default_rng(0)
    starts = random.uniform(0, 50, (2, 60))
    lists = [
        [(s, s + random.uniform(1, 9), int(random.integers(3)), random.uniform()) for s in part]
        for part in starts
    ]
    found = merge([table(v=part) for part in lists], sigma=0.4, max_per_video=80)
    union = np.array(lists[0] + lists[1])
    segments, scores, labels = segment_nms(
        torch.tensor(union[:, :2]), torch.tensor(union[:, 3]), torch.tensor(union[:, 2]).long(),
        sigma=0.4, min_score=0.001, max_per_video=80,
    )  # fmt: skip
    assert len(found) == 80
    np.testing.assert_array_equal(found.segments, segments.numpy())
    np.testing.assert_array_equal(found.scores, scores.numpy())
    np.testing.assert_array_equal(found.labels, labels.numpy())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(method="soft"), "method must be one of .*'soft'"),
        (dict(weights=[1]), r"weights must be 2 numbers > 0, but got \[1\]"),
        (dict(weights=[1, -1]), "weights must be 2 numbers > 0"),
        (dict(tiou_thr=0), r"tiou_thr must be in \(0, 1\], but got 0"),
        (dict(max_per_video=0), "max_per_video must be >= 1, but got 0"),
        (dict(sigma=0), "sigma must be > 0"),
        (
            dict(distance=0.0),
            "distance must be > 0, .* but got 0.0 and gaussian",
        ),
        (dict(distance=1.0, method="wbf"), "but got 1.0 and wbf"),
    ],
)
def test_bad_settings(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        merge([ONE, OTHER], **settings)


def test_bad_detections() -> None:
    with pytest.raises(ValueError, match=r"recording 'v' is \[5, 3\] \(and 0 more"):
        merge([table(v=[(5, 3, 0, 0.5)])])
    with pytest.raises(ValueError, match=r"scores must be >= 0, but the least is -1"):
        merge([table(v=[(0, 1, 0, -1)]), ONE])
