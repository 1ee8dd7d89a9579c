"""Calibration of scores: the share of right detections by score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import MatchedDetections
from mmtal.evaluation.operating_point import best_threshold

BINS = 10


@dataclass(frozen=True)
class Calibration:
    """Scores against the share of true positives.

    Attributes:
        edges: (11,) of the bins of scores, which are equally wide.
        counts: (10,) detections in each.
        score: (10,) their mean score, NaN if there is none.
        precision: (10,) share of true positives among them, NaN if there is none.
        ece: Expected calibration error (Guo et al., ICML 2017): mean distance of the two over all
            detections; NaN without detections, or if scores lie outside [0, 1].
        best_score: The threshold on the score with the highest F1 over all classes together; NaN
            without detections.
        best_f1: That F1, and precision and recall there.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    score: NDArray[np.float64]
    precision: NDArray[np.float64]
    ece: float
    best_score: float
    best_f1: tuple[float, float, float]

    @property
    def bias(self) -> float:
        """Mean score less the share of true positives; above 0 the scores promise too much."""
        some = self.counts > 0
        weights = self.counts[some] / max(self.counts.sum(), 1)
        return float((weights * (self.score - self.precision)[some]).sum())


def calibrate(matches: MatchedDetections, threshold: int) -> Calibration:
    """Reliability of the scores of all detections at one threshold (its index)."""
    scores, hit = matches.detections.scores, matches.hits[threshold]
    low, high = (scores.min(), scores.max()) if len(scores) else (0.0, 1.0)
    probabilities = low >= 0 and high <= 1
    if probabilities:
        low, high = 0.0, 1.0
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    bins = (np.searchsorted(edges, scores, "right") - 1).clip(0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    score, precision = np.full((2, BINS), np.nan)
    some = counts > 0
    score[some] = np.bincount(bins, weights=scores, minlength=BINS)[some] / counts[some]
    precision[some] = np.bincount(bins, weights=hit, minlength=BINS)[some] / counts[some]
    distance = np.abs(score - precision)[some]
    reliable = bool(probabilities and len(scores))
    ece = float((counts[some] / counts.sum() * distance).sum()) if reliable else float("nan")
    best = (float("nan"), 0.0, 0.0, 0.0)
    if len(scores):
        best = best_threshold(scores, hit, len(matches.truth))
    return Calibration(edges, counts, score, precision, ece, best[0], best[1:])
