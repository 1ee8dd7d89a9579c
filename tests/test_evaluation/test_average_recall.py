"""AR@AN against a plain restatement of ActivityNet's definition, and cases by hand."""

import numpy as np
import pytest

from mmtal.evaluation.average_recall import average_recall
from mmtal.results.instance_table import InstanceTable


def proposals(count: int, *, seed: int, videos: int) -> InstanceTable:
    rng = np.random.default_rng(seed)
    return InstanceTable.from_videos(
        {
            f"v{i}": dict(
                segments=np.sort(rng.uniform(0, 20, (n, 2)), axis=1),
                labels=np.zeros(n),
                scores=rng.random(n),
            )
            for i, n in enumerate(rng.integers(0, count, videos))
        }
    )


def plain(
    truth: InstanceTable, found: InstanceTable, thresholds: list[float], maximum: int
) -> np.ndarray:
    """Recall at each of the 100 points, mean over the thresholds."""
    with_instances = [i for i in range(len(truth.video_ids)) if (truth.video == i).any()]
    ratio = maximum * len(with_instances) / len(found)
    kept = {}
    for video in with_instances:
        rows = np.flatnonzero(found.video_index_in(truth.video_ids) == video)
        rows = rows[np.argsort(-found.scores[rows])]
        kept[video] = rows[: min(int(len(rows) * ratio), len(rows))]
    total = sum(map(len, kept.values()))
    curve = np.zeros(100)
    for point in range(100):
        share = (point + 1) / 100 * (maximum * len(with_instances) / total)
        for threshold in thresholds:
            hits = 0
            for video, rows in kept.items():
                best = found.segments[rows[: min(int(len(rows) * share), len(rows))]]
                for start, end in truth.segments[truth.video == video]:
                    overlap = np.minimum(best[:, 1], end) - np.maximum(best[:, 0], start)
                    union = best[:, 1] - best[:, 0] + end - start - overlap.clip(0)
                    hits += bool((overlap.clip(0) / union >= threshold).any())
            curve[point] += hits / len(truth) / len(thresholds)
    return curve


@pytest.mark.parametrize("maximum", [5, 100])  # fewer and more than there are
def test_equals_the_definition(maximum: int) -> None:
    truth = proposals(6, seed=1, videos=12)  # some recordings are empty
    found = proposals(40, seed=2, videos=14)  # and two are not listed
    number, recall, area = average_recall(truth, found, [0.3, 0.6], max_proposals=maximum)
    expected = plain(truth, found, [0.3, 0.6], maximum)
    assert 0.2 < expected[-1] < 1
    np.testing.assert_allclose(recall, expected, atol=1e-12)
    np.testing.assert_allclose(number, np.arange(1, 101) / 100 * maximum)
    steps = np.diff(number) * (expected[1:] + expected[:-1]) / 2
    assert area == pytest.approx(steps.sum() / maximum)


def test_by_hand() -> None:
    truth = InstanceTable.from_videos({"v": dict(segments=[[0, 10], [20, 30]], labels=[0, 5])})
    found = InstanceTable.from_videos(
        {
            "v": dict(
                segments=[[0, 10], [50, 60], [20, 30], [70, 80]],
                labels=[7, 7, 7, 7],  # labels play no part
                scores=[0.9, 0.8, 0.7, 0.6],
            )
        }
    )
    number, recall, _ = average_recall(truth, found, [0.9], max_proposals=4)
    assert np.interp([1, 2, 3, 4], number, recall).tolist() == [0.5, 0.5, 1.0, 1.0]


def test_without_proposals() -> None:
    truth = proposals(6, seed=1, videos=3)
    found = InstanceTable.from_videos({"v0": dict(segments=[], labels=[])})
    _, recall, area = average_recall(truth, found)
    assert not recall.any() and area == 0


def test_bad_maximum() -> None:
    truth = proposals(6, seed=1, videos=3)
    with pytest.raises(ValueError, match="max_proposals must be >= 1, but got 0"):
        average_recall(truth, truth, max_proposals=0)
