"""Per-frame figures for densely labeled recordings (sensor streams, cooking).

F is the number of frames of a recording; -1 stands for background.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BACKGROUND = -1


def frame_labels(
    segments: NDArray[np.float64],
    labels: NDArray[np.int64],
    scores: NDArray[np.float64],
    *,
    num_frames: int,
    frames_per_second: float,
) -> NDArray[np.int64]:
    """One label per frame from instances that may overlap.

    Frame ``i`` stands for the time ``(i + 0.5) / frames_per_second``. The highest score wins, and
    of equal scores (ground truth) the shorter instance.

    Args:
        segments: (N, 2), seconds.
        labels: (N,).
        scores: (N,).
        num_frames: F.
        frames_per_second: Frames per second.

    Returns:
        (F,), -1 where no instance lies.
    """
    frames = np.full(num_frames, BACKGROUND, dtype=np.int64)
    edges = np.ceil(segments * frames_per_second - 0.5).clip(0, num_frames).astype(np.int64)
    last_wins = np.lexsort((segments[:, 0] - segments[:, 1], scores))
    for row in last_wins:
        frames[edges[row, 0] : edges[row, 1]] = labels[row]
    return frames


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
        accuracy=_mean(right),
        precision=_mean(hits / np.maximum(found, 1)),
        recall=_mean(hits / existing),
        f1=_mean(2 * hits / (found + existing)),
    )


def segmental_f1(
    truth: Sequence[NDArray[np.int64]], predicted: Sequence[NDArray[np.int64]], overlap: float
) -> float:
    """F1@overlap of the runs of equal labels (Lea et al., CVPR 2017), counts summed.

    A predicted run goes to the true run of its label that it overlaps most; it is right if their
    tIoU reaches ``overlap`` and no other run is right there already.

    Args:
        truth: (F,) of each recording.
        predicted: Same shapes.
        overlap: tIoU threshold in (0, 1].

    Returns:
        2 * hits / (true runs + predicted runs); NaN without any run.
    """
    hits = runs = 0
    for actual, guess in zip(truth, predicted, strict=True):
        true_runs, true_labels = label_runs(actual)
        found, found_labels = label_runs(guess)
        runs += len(true_runs) + len(found)
        if not len(true_runs) or not len(found):
            continue
        shared = (
            np.minimum(found[:, None, 1], true_runs[None, :, 1])
            - np.maximum(found[:, None, 0], true_runs[None, :, 0])
        ).clip(min=0)  # (found, true)
        union = np.diff(found) + np.diff(true_runs).T - shared
        tiou = np.where(found_labels[:, None] == true_labels, shared / union, 0)
        hits += len(np.unique(tiou.argmax(axis=1)[tiou.max(axis=1) >= overlap]))
    return 2 * hits / runs if runs else float("nan")


def label_runs(frames: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs of equal labels, background left out: (R, 2) start and stop frame, (R,) labels."""
    if not len(frames):
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    cuts = np.flatnonzero(np.diff(frames)) + 1
    bounds = np.concatenate([[0], cuts, [len(frames)]])
    labels = frames[bounds[:-1]]
    runs = np.stack([bounds[:-1], bounds[1:]], axis=1)
    return runs[labels != BACKGROUND], labels[labels != BACKGROUND]


def _joined(frames: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *frames])


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
