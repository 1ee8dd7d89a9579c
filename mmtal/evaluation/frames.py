"""Per-frame figures for densely labeled recordings (sensor streams, cooking).

F is the number of frames of a recording; -1 stands for background, which is no run.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmtal.results.segmentation import BACKGROUND, label_runs


def frame_scores(
    truth: Sequence[NDArray[np.int64]], predicted: Sequence[NDArray[np.int64]]
) -> dict[str, float]:
    """Compare frame labels, all recordings taken together.

    Args:
        truth: (F,) of each recording.
        predicted: Same shapes.

    Returns:
        ``accuracy``: share of frames with the right label, background counting as one.
        ``precision``, ``recall``, ``f1``: means over the classes that the ground truth holds;
        background is none of them. NaN where there is nothing to average.
    """
    actual, guess = _joined(truth), _joined(predicted)
    if len(actual) != len(guess):
        raise ValueError(
            f"there must be as many predicted frames as true ones, but got {len(guess)} and "
            f"{len(actual)}"
        )
    right = actual == guess
    num_classes = int(max(actual.max(initial=0), guess.max(initial=0))) + 1
    hits, found, existing = (
        np.bincount(frames[frames != BACKGROUND], minlength=num_classes)
        for frames in (actual[right], guess, actual)
    )
    present = existing > 0
    hits, found, existing = hits[present], found[present], existing[present]
    return dict(
        accuracy=mean_of(right),
        precision=mean_of(hits / np.maximum(found, 1)),
        recall=mean_of(hits / existing),
        f1=mean_of(2 * hits / (found + existing)),
    )


def segmental_f1(
    truth: Sequence[NDArray[np.int64]],
    predicted: Sequence[NDArray[np.int64]],
    overlap: float,
    *,
    per_recording: bool = False,
) -> float:
    """F1@overlap of the runs of equal labels (Lea et al., CVPR 2017).

    A predicted run goes to the true run of its label that it overlaps most; it is right if their
    tIoU reaches ``overlap`` and no other run is right there already.

    Args:
        truth: (F,) of each recording.
        predicted: Same shapes.
        overlap: tIoU threshold in (0, 1].
        per_recording: The mean over the recordings (Lea et al.), not of all runs together.

    Returns:
        2 * hits / (true runs + predicted runs); NaN without any run.
    """
    counts = [
        _hits_and_runs(actual, guess, overlap)
        for actual, guess in zip(truth, predicted, strict=True)
    ]
    if per_recording:
        return mean_of(np.array([2 * hits / runs for hits, runs in counts if runs]))
    hits, runs = np.sum(counts, axis=0) if counts else (0, 0)
    return float(2 * hits / runs) if runs else float("nan")


def _hits_and_runs(
    actual: NDArray[np.int64], guess: NDArray[np.int64], overlap: float
) -> tuple[int, int]:
    true_runs, true_labels = label_runs(actual)
    found, found_labels = label_runs(guess)
    runs = len(true_runs) + len(found)
    if not len(true_runs) or not len(found):
        return 0, runs
    shared = (
        np.minimum(found[:, None, 1], true_runs[None, :, 1])
        - np.maximum(found[:, None, 0], true_runs[None, :, 0])
    ).clip(min=0)  # (found, true)
    union = np.diff(found) + np.diff(true_runs).T - shared
    tiou = np.where(found_labels[:, None] == true_labels, shared / union, 0)
    return len(np.unique(tiou.argmax(axis=1)[tiou.max(axis=1) >= overlap])), runs


def edit_score(truth: Sequence[NDArray[np.int64]], predicted: Sequence[NDArray[np.int64]]) -> float:
    """How far the order of the runs is right, whatever their times (Lea et al., ECCV 2016).

    Args:
        truth: (F,) of each recording.
        predicted: Same shapes.

    Returns:
        Mean over the recordings of 1 - the edit distance (Levenshtein) between the labels of their
        runs, background left out, per run of whichever has more; 1 where neither has any. NaN
        without a recording.
    """
    return mean_of(
        np.array(
            [
                1 - _edit_distance(one, other) / max(len(one), len(other), 1)
                for one, other in (
                    (label_runs(actual)[1], label_runs(guess)[1])
                    for actual, guess in zip(truth, predicted, strict=True)
                )
            ]
        )
    )


def _edit_distance(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    costs = np.arange(len(other) + 1)
    steps = np.arange(len(other) + 1)
    for label in one:
        changed = np.minimum(costs[1:] + 1, costs[:-1] + (other != label))
        # An insertion costs 1 more than what is left of it, as far as any is.
        costs = np.minimum.accumulate(np.append(costs[0] + 1, changed) - steps) + steps
    return int(costs[-1])


def _joined(frames: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *frames])


def mean_of(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    """NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")
