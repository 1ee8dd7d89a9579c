"""NMS of candidates that arrive over time equals NMS of all of them at once."""

import numpy as np
import pytest
import torch

from mmtal.ops import segment_nms
from mmtal.runtime.incremental_nms import IncrementalNMS

CASES = {
    "gaussian": dict(method="gaussian", sigma=0.5, min_score=0.001),
    "gaussian, most fall below the floor": dict(method="gaussian", sigma=0.1, min_score=0.2),
    "linear": dict(method="linear", tiou_thr=0.3, min_score=0.01),
    "hard": dict(method="hard", tiou_thr=0.3, min_score=0.01),
    "hard, any overlap": dict(method="hard", tiou_thr=1e-6, min_score=0.01),
    "by distance": dict(method="gaussian", sigma=0.5, distance=15.0, min_score=0.01),
    "by distance, hard": dict(method="hard", distance=5.0, min_score=0.01),
    "by distance, linear": dict(method="linear", distance=5.0, min_score=0.01),
    "classes compete": dict(method="gaussian", sigma=0.5, min_score=0.1, class_agnostic=True),
}
LONGEST = 40.0


def candidates(num: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    points = np.sort(random.uniform(0, 2 * num, num))
    reach = random.uniform(0, LONGEST / 2, (num, 2))
    segments = np.stack([points - reach[:, 0], points + reach[:, 1]], axis=1).astype(np.float32)
    scores = (random.uniform(0.3, 1, num) ** 6).astype(np.float32)
    return points, segments, scores, random.integers(0, 3, num)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_union_equals_nms_at_once(settings, seed):
    points, segments, scores, labels = candidates(500, seed)
    floor = scores >= settings["min_score"]
    expected = segment_nms(
        torch.from_numpy(segments[floor]),
        torch.from_numpy(scores[floor]),
        torch.from_numpy(labels[floor]),
        max_per_video=10**6,
        **settings,
    )
    nms = IncrementalNMS(**settings)
    random, first, parts, early = np.random.default_rng(seed), 0, [], 0
    while first < len(points):
        last = first + int(random.integers(1, 40))
        part = slice(first, last)
        nms.add(segments[part].astype(float), scores[part], labels[part])
        first = last
        done = last >= len(points)
        parts.append(nms.settle(np.inf if done else points[last] - LONGEST))
        early += 0 if done else len(parts[-1][1])
    found = [np.concatenate(column) for column in zip(*parts, strict=True)]
    assert early > len(found[1]) / 2, "most are settled before the end"
    assert len(nms) == 0

    def ordered(columns):
        order = np.lexsort((columns[0][:, 1], columns[0][:, 0], columns[2]))
        return [column[order] for column in columns]

    for ours, theirs in zip(ordered(found), ordered([t.numpy() for t in expected]), strict=True):
        # middles are rounded to float32 where all compete at once
        np.testing.assert_allclose(ours, theirs, atol=1e-5 if "distance" in settings else 1e-6)


def one(start: float, end: float, score: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([[start, end]]), np.array([score], np.float32), np.array([0])


def test_what_decides_over_a_candidate_is_waited_for():
    nms = IncrementalNMS("hard", tiou_thr=0.1, min_score=0.0)
    nms.add(*one(0, 10, 0.5))
    nms.add(*one(8, 12, 0.9))  # reaches beyond the frontier: may be suppressed itself
    assert len(nms.settle(11)[1]) == 0, "the first waits for the second"
    nms.add(*one(11.5, 14, 0.1))
    segments, scores, _ = nms.settle(12)
    assert segments.tolist() == [[8, 12]] or scores.tolist() == pytest.approx([0.9])
    assert nms.settle(np.inf)[1].tolist() == pytest.approx([0.1])


def test_a_weaker_neighbor_is_not_waited_for():
    nms = IncrementalNMS("gaussian", sigma=0.5, min_score=0.0)
    nms.add(*one(0, 10, 0.9))
    nms.add(*one(8, 12, 0.5))
    assert nms.settle(11)[1].tolist() == pytest.approx([0.9])
    assert len(nms) == 1


def test_among_equals_the_open_one_may_come_first():
    nms = IncrementalNMS("hard", tiou_thr=0.01, min_score=0.0)
    nms.add(*one(0, 10, 0.5))
    nms.add(*one(8, 12, 0.5))
    assert len(nms.settle(11)[1]) == 0


def test_nothing_and_no_nms():
    assert len(IncrementalNMS("hard", tiou_thr=0.5).settle(np.inf)[1]) == 0
    nms = IncrementalNMS(None)
    nms.add(*one(0, 10, 0.5))
    nms.add(*one(0, 12, 0.7))
    assert nms.settle(11)[1].tolist() == [0.5]
    assert len(nms) == 1
    with pytest.raises(ValueError, match="method must be one of"):
        IncrementalNMS("soft")
