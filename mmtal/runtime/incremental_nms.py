"""NMS of candidates that arrive over time: what is given out can no longer change.

N candidates that are still open, M settled ones.
"""

import numpy as np
from numpy.typing import NDArray

from mmtal.runtime.nms_rule import METHODS, NEAR, Rule

Columns = tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int64]]


class IncrementalNMS:
    """The result of :func:`mmtal.ops.segment_nms`, piece by piece, as early as it is certain.

    A candidate is *open* if one that is still to come may overlap it, or if it is overlapped by an
    open one of its class that scores at least as high, so that nobody knows yet whether and when
    that one is picked. All others are settled by best-first selection among what is there: whoever
    could lower their score is settled before them, and what comes later does not touch them.

    The union of all that is settled is what NMS over all candidates keeps without a cap on their
    number. Candidates that score less than ``min_score`` never count, whereas ``segment_nms`` keeps
    the best of a class even then.

    Args:
        method: As for :func:`mmtal.ops.segment_nms`; None lets everything through.
        min_score: The same, like the following.
        tiou_thr: Needed unless ``gaussian``.
        sigma: Needed for ``gaussian``.
        distance: As for :func:`mmtal.ops.segment_nms`.
        class_agnostic: All candidates compete.
    """

    def __init__(
        self,
        method: str | None,
        *,
        min_score: float = 0.0,
        tiou_thr: float | None = None,
        sigma: float | None = None,
        distance: float | None = None,
        class_agnostic: bool = False,
    ) -> None:
        if method is not None and method not in METHODS:
            raise ValueError(f"method must be one of {METHODS} or None, but got {method!r}")
        self.method = method
        self.min_score = min_score
        self.class_agnostic = class_agnostic
        self.distance = distance
        if distance is not None:
            tiou_thr = NEAR
        self.tiou_thr = 1.0 if tiou_thr is None else tiou_thr
        if method is not None:
            self.rule: Rule = (
                METHODS.index(method),
                np.float32(self.tiou_thr),
                np.float32(1.0 if sigma is None else sigma),
                np.float32(min_score),
            )
        self.segments = np.zeros((0, 2))
        self.scores = np.zeros(0, np.float32)
        self.labels = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self.scores)

    def add(
        self, segments: NDArray[np.float64], scores: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> None:
        """Candidates (N, 2), (N,), (N,); none may begin before a frontier already given."""
        keep = scores > self.min_score if self.method == "hard" else scores >= self.min_score
        self.segments = np.concatenate([self.segments, segments[keep]])
        self.scores = np.concatenate([self.scores, scores[keep]])
        self.labels = np.concatenate([self.labels, labels[keep]])

    def settle(self, frontier: float) -> Columns:
        """What is certain if all that is still to come begins at ``frontier`` or later.

        Returns:
            Segments (M, 2), scores (M,) after NMS, labels (M,), highest score first; they are
            forgotten here. ``frontier=inf`` settles everything.
        """
        gone = np.zeros(len(self), bool)
        picked: list[int] = []
        groups = np.zeros_like(self.labels) if self.class_agnostic else self.labels
        for label in np.unique(groups):
            rows = np.flatnonzero(groups == label)
            picked += self._settle_class(rows, frontier, gone)
        order = np.array(picked, dtype=np.int64)
        order = order[np.argsort(-self.scores[order], kind="stable")]
        settled = self.segments[order], self.scores[order], self.labels[order]
        self.segments, self.scores = self.segments[~gone], self.scores[~gone]
        self.labels = self.labels[~gone]
        return settled

    def _settle_class(
        self, rows: NDArray[np.int64], frontier: float, gone: NDArray[np.bool_]
    ) -> list[int]:
        """Pick among candidates that compete; lowers ``scores``, marks what is ``gone``."""
        segments = self.segments[rows]
        if self.distance is not None:  # middles compete, and what is to come reaches so far back
            half = self.distance / 2
            segments = segments.mean(axis=1, keepdims=True) + [-half, half]
            frontier -= half
        starts, ends = segments.T
        is_open = ends > frontier
        if self.method is None:
            gone[rows[~is_open]] = True
            return rows[~is_open].tolist()
        lengths = ends - starts + 1e-6  # the release adds it to every length
        scores = self.scores[rows]
        waiting = np.ones(len(rows), bool)
        picked = []
        while (waiting & ~is_open).any():
            best = np.flatnonzero(waiting & (scores == scores[waiting].max()))
            open_ones = best[is_open[best]]  # among equals, nobody knows who would come first
            pick = int(open_ones[0] if len(open_ones) else best[0])
            waiting[pick] = False
            overlap = np.minimum(ends, ends[pick]) - np.maximum(starts, starts[pick])
            overlap = overlap.clip(min=0)
            tiou = overlap / (lengths + lengths[pick] - overlap)
            if is_open[pick]:
                is_open |= waiting & (
                    (tiou > 0) if self.method == "gaussian" else (tiou >= self.tiou_thr)
                )
                continue
            picked.append(int(rows[pick]))
            gone[rows[pick]] = True
            decayed = _decay(scores[waiting], tiou[waiting].astype(np.float32), self.rule)
            scores[waiting] = decayed
            lost = waiting & (scores == -np.inf)
            gone[rows[lost]] = True
            waiting &= ~lost
        self.scores[rows] = scores
        return picked


def _decay(scores: np.ndarray, tiou: np.ndarray, rule: Rule) -> np.ndarray:
    """Scores (N,) after a pick that they overlap by ``tiou`` (N,); -inf where nothing is left."""
    method, tiou_thr, sigma, min_score = rule
    if METHODS[method] == "hard":
        return np.where(tiou >= tiou_thr, -np.inf, scores)
    if METHODS[method] == "linear":
        weights = np.where(tiou >= tiou_thr, 1 - tiou, 1)
    else:
        weights = np.exp(-(tiou * tiou) / sigma)
    with np.errstate(invalid="ignore"):  # -inf * 0 is NaN, which is not >= min_score either
        decayed = scores * weights
        return np.where(decayed >= min_score, decayed, -np.inf)
