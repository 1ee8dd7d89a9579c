"""Speed of the builtin soft-NMS beside class-by-class soft-NMS; one thread.

    python benchmarks/nms.py

The reference is mmcv.ops.soft_nms in compiled C++ where mmcv has its compiled ops, else the same
algorithm in plain NumPy; every line says which. Both get the same made-up candidates: overlapping
segments around the instances of a long video, among background, most of them with small scores.
Times are medians of the CPU time of one call, ours and the reference's taken in turn.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mmtal.ops import nms_mmcv, segment_nms

CASES = (  # candidates, classes, kept, sigma
    (12_000, 20, 200, 0.5),
    (12_000, 1, 200, 0.5),
    (20_000, 97, 2_000, 0.4),
)
MIN_SCORE = 0.001
REPETITIONS = 7

Detections = tuple[Tensor, Tensor, Tensor]


def make_candidates(num: int, num_classes: int) -> Detections:
    """What a detector might hand to NMS for a video of ten minutes."""
    rng = np.random.default_rng(0)
    num_instances = 12 + 3 * num_classes
    center = rng.uniform(0, 600, num_instances)
    length = np.exp(rng.normal(1.5, 0.8, num_instances))
    label = rng.integers(0, num_classes, num_instances)

    of = rng.integers(0, num_instances, num)  # the instance that a candidate is about
    is_near = rng.uniform(size=num) < 0.7
    spread = np.where(is_near, 0.15, 1.0)
    lengths = length[of] * np.exp(rng.normal(size=num) * spread)
    starts = center[of] + rng.normal(size=num) * spread * length[of] - lengths / 2
    is_right = rng.uniform(size=num) < 0.6
    labels = np.where(is_right, label[of], rng.integers(0, num_classes, num))
    logits = np.where(is_near & (labels == label[of]), -2.5, -4.5) + 1.5 * rng.normal(size=num)
    scores = np.maximum(1 / (1 + np.exp(-logits)), MIN_SCORE * rng.uniform(1, 1.1, num))
    segments = np.stack([starts, starts + lengths], axis=1)
    return (
        torch.from_numpy(segments).float(),
        torch.from_numpy(scores).float(),
        torch.from_numpy(labels),
    )


def class_by_class(
    soft_nms: Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]],
    candidates: Detections,
    sigma: float,
    max_per_video: int,
) -> Detections:
    """Soft-NMS of one class after the other, then the best of all."""
    segments, scores, labels = candidates
    kept = []
    for label in labels.unique():
        members = (labels == label).nonzero().squeeze(1)
        picks, new_scores = soft_nms(segments[members], scores[members], sigma)
        picks = members[picks[:max_per_video]]
        kept.append((segments[picks], new_scores[:max_per_video], labels[picks]))
    segments, scores, labels = (torch.cat(parts) for parts in zip(*kept, strict=True))
    order = scores.argsort(descending=True, stable=True)[:max_per_video]
    return segments[order], scores[order], labels[order]


def mmcv_soft_nms(segments: Tensor, scores: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    zeros = torch.zeros(len(segments), 1)
    boxes = torch.cat([segments[:, :1], zeros, segments[:, 1:], zeros + 1], dim=1)
    dets, picks = nms_mmcv.compiled_ops().soft_nms(
        boxes, scores, sigma=sigma, min_score=MIN_SCORE, method="gaussian"
    )
    return picks, dets[:, 4]


def numpy_soft_nms(segments: Tensor, scores: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    starts, ends = segments.numpy().T
    remaining, index = scores.numpy(), np.arange(len(scores))
    picks, new_scores = [], []
    while len(index):
        best = remaining.argmax()
        pick = index[best]
        picks.append(pick)
        new_scores.append(remaining[best])
        index, remaining = np.delete(index, best), np.delete(remaining, best)
        overlap = np.minimum(ends[index], ends[pick]) - np.maximum(starts[index], starts[pick])
        overlap = overlap.clip(min=0)
        union = ends[index] - starts[index] + ends[pick] - starts[pick] - overlap
        remaining = remaining * np.exp(-((overlap / union) ** 2) / sigma)
        index, remaining = index[remaining >= MIN_SCORE], remaining[remaining >= MIN_SCORE]
    return torch.tensor(picks), torch.tensor(new_scores)


def count_unequal(ours: Detections, theirs: Detections) -> int:
    """Detections without a partner: same label, ends within 1e-3, score within 5e-5."""
    unequal = abs(len(ours[1]) - len(theirs[1]))
    segments, scores, labels = (x.numpy().copy() for x in theirs)
    for segment, score, label in zip(*(x.numpy() for x in ours), strict=True):
        close = (labels == label) & (abs(scores - score) <= 5e-5)
        close &= (abs(segments - segment) <= 1e-3).all(axis=1)
        labels[close.argmax()] = -1 if close.any() else labels[close.argmax()]
        unequal += not close.any()
    return unequal


def cpu_ms(function: Callable[[], Detections]) -> float:
    start = time.thread_time()
    function()
    return 1e3 * (time.thread_time() - start)


def report_first_call() -> None:
    start = time.perf_counter()
    segment_nms(
        torch.tensor([[0.0, 1.0]]),
        torch.tensor([0.5]),
        torch.tensor([0]),
        sigma=0.5,
        min_score=MIN_SCORE,
        max_per_video=1,
        backend="builtin",
    )
    seconds = time.perf_counter() - start
    from mmtal.runtime.nms_numba import compiled_pick

    warm = sum(compiled_pick.stats.cache_hits.values()) > 0
    state = "warm, loaded from disk" if warm else "cold, compiled now"
    print(f"first call: {seconds:.2f} s, import of numba included (numba's cache was {state})")


def main() -> None:
    torch.set_num_threads(1)
    report_first_call()
    if nms_mmcv.compiled_ops() is None:
        name, soft_nms = "plain NumPy (mmcv has no compiled ops here)", numpy_soft_nms
    else:
        name, soft_nms = "mmcv.ops.soft_nms", mmcv_soft_nms
    for num, num_classes, max_per_video, sigma in CASES:
        candidates = make_candidates(num, num_classes)
        ours = partial(
            segment_nms,
            *candidates,
            sigma=sigma,
            min_score=MIN_SCORE,
            max_per_video=max_per_video,
            backend="builtin",
        )
        theirs = partial(class_by_class, soft_nms, candidates, sigma, max_per_video)
        unequal = count_unequal(ours(), theirs())
        times = [(cpu_ms(ours), cpu_ms(theirs)) for _ in range(REPETITIONS)]
        our_ms, their_ms = (statistics.median(column) for column in zip(*times, strict=True))
        print(
            f"{num} candidates, {num_classes} classes, {max_per_video} kept: "
            f"builtin {our_ms:.2f} ms, class by class with {name} {their_ms:.1f} ms, "
            f"{unequal} detections differ, ratio {their_ms / our_ms:.1f}"
        )


if __name__ == "__main__":
    main()
