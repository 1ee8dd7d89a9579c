"""Match detections to instances.

Letters as in :mod:`mmtal.results.instance_table`: N ground truth, M detections, V recordings, C
classes, T tIoU thresholds; P pairs of a detection and an instance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from mmtal.evaluation.pairs import Pairs, greedy_match, overlapping_pairs
from mmtal.evaluation.thresholds import Thresholds, tiou_grid
from mmtal.results.instance_table import InstanceTable

MAX_DETECTIONS = 1 << 20
"""How many are matched at a time where the classes may be taken one after the other."""


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Detections class by class, best score first, and whether they hit: all that AP needs.

    Attributes:
        video_ids: V names of recordings.
        classes: (C,) labels that count, ascending.
        tiou_thresholds: (T,).
        video_truth: (V, C) instances of each class in each recording.
        pred_class: (M,) index into ``classes``, ascending.
        pred_video: (M,) index into ``video_ids``; -1 in recordings not listed there.
        scores: (M,).
        hits: (T, M) whether each detection is a true positive.
    """

    video_ids: tuple[str, ...]
    classes: NDArray[np.int64]
    tiou_thresholds: NDArray[np.float64]
    video_truth: NDArray[np.int64]
    pred_class: NDArray[np.int64]
    pred_video: NDArray[np.int64]
    scores: NDArray[np.float64]
    hits: NDArray[np.bool_]

    @property
    def num_truth(self) -> NDArray[np.int64]:
        """(C,) instances of each class: DETAD's G."""
        return self.video_truth.sum(axis=0)

    @property
    def class_ends(self) -> NDArray[np.int64]:
        """(C + 1,): detections of class c are rows ``class_ends[c]`` to ``class_ends[c + 1]``."""
        return np.searchsorted(self.pred_class, np.arange(len(self.classes) + 1))

    def select(self, rows: NDArray[Any]) -> Self:
        """The detections that a mask or an index array picks, as far as AP needs them."""
        columns = {
            name: getattr(self, name)[rows] for name in ("pred_class", "pred_video", "scores")
        }
        return replace(self, **columns, hits=self.hits[:, rows])


@dataclass(frozen=True, kw_only=True)
class MatchedDetections(Matches):
    """Matches that know their detections and instances.

    Attributes:
        truth: N instances.
        detections: M detections, in the order of the matches.
        rows: (M,) row of each detection in the table that was given.
        truth_class: (N,) index into ``classes``.
        matched: (T, M) row of the instance that a true positive hits, -1 for a false positive.
        pairs: Detections and instances of one class that overlap enough: row of the detection,
            row of the instance, tIoU; see :func:`overlapping_pairs` for their order.
    """

    truth: InstanceTable
    detections: InstanceTable
    rows: NDArray[np.int64]
    truth_class: NDArray[np.int64]
    matched: NDArray[np.int32]
    pairs: Pairs

    def share_of_g(self) -> NDArray[np.int64]:
        """(M,) 0 for the G best detections of a class with G instances, 1 for the next G, ..."""
        return rank_in_group(self.pred_class) // self.num_truth[self.pred_class]

    def found(self, use: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(T, N) which instances the detections ``use``, (M,) or (T, M), hit."""
        found = np.zeros((len(self.matched), len(self.truth)), dtype=bool)
        for row, matched, used in zip(
            found, self.matched, np.broadcast_to(use, self.matched.shape), strict=True
        ):
            row[matched[used & (matched >= 0)]] = True
        return found


def match_detections(
    truth: InstanceTable,
    detections: InstanceTable,
    tiou_thresholds: Thresholds,
    *,
    classes: NDArray[np.int64] | None = None,
    min_tiou: float = 1.0,
) -> MatchedDetections:
    """Match by falling score: each detection takes the free instance of highest tIoU.

    Both must be of one recording and class, and the tIoU must reach the threshold. A detection in
    a recording that the ground truth does not list is a false positive. A lower score never takes
    an instance from a higher one: what is found among the best detections does not depend on how
    many more there are. Between equal scores the order decides, see :func:`score_order`.
    ``classes`` are the labels that count, ascending; None: those of the ground truth. ``pairs`` are
    kept from ``min_tiou``, above 0, on, where the thresholds are higher.
    """
    thresholds = tiou_grid(tiou_thresholds)
    if classes is None:
        classes = np.unique(truth.labels)
    truth_class = np.searchsorted(classes, truth.labels)
    rows = np.flatnonzero(np.isin(detections.labels, classes))
    pred_class = np.searchsorted(classes, detections.labels[rows])
    order = score_order(
        detections.video_ids, detections.video[rows], detections.scores[rows], pred_class
    )
    rows, pred_class = rows[order], pred_class[order]
    ordered = detections.select(rows)
    pred_video = ordered.video_index_in(truth.video_ids)
    pairs = overlapping_pairs(
        # Below 0, hence without partner, in recordings that are not listed.
        np.where(pred_video < 0, -1, pred_video * len(classes) + pred_class),
        ordered.segments,
        truth.video * len(classes) + truth_class,
        truth.segments,
        min(min_tiou, thresholds.min()),
    )
    matched = np.full((len(thresholds), len(rows)), -1, dtype=np.int32)
    pred, instance, tiou = pairs
    for row, threshold in zip(matched, thresholds, strict=True):
        near = np.flatnonzero(tiou >= threshold)
        taken = near[greedy_match(pred[near], instance[near])]
        row[pred[taken]] = instance[taken]
    video_truth = np.bincount(
        truth.video * len(classes) + truth_class, minlength=len(truth.video_ids) * len(classes)
    ).reshape(len(truth.video_ids), len(classes))
    return MatchedDetections(
        video_ids=truth.video_ids,
        classes=classes,
        tiou_thresholds=thresholds,
        video_truth=video_truth,
        pred_class=pred_class,
        pred_video=pred_video,
        scores=ordered.scores,
        hits=matched >= 0,
        truth=truth,
        detections=ordered,
        rows=rows,
        truth_class=truth_class,
        matched=matched,
        pairs=pairs,
    )


def match_by_class(
    truth: InstanceTable,
    detections: InstanceTable,
    tiou_thresholds: Thresholds,
    *,
    classes: NDArray[np.int64] | None = None,
) -> Iterator[MatchedDetections]:
    """Match as :func:`match_detections`, a few classes at a time: memory goes with the largest.

    A class is whole in one of the parts, which come in the order of ``classes``; rows of a part
    are of its own tables.
    """
    if classes is None:
        classes = np.unique(truth.labels)
    orders = [np.argsort(table.labels, kind="stable") for table in (truth, detections)]
    ends = np.searchsorted(detections.labels, classes, "right", sorter=orders[1])
    # Instances are counted for each recording and class.
    number = np.cumsum(np.diff(ends, prepend=0) + len(truth.video_ids)) // MAX_DETECTIONS
    parts = np.split(classes, np.flatnonzero(np.diff(number)) + 1)
    for part in parts:
        if len(parts) == 1:  # without a copy
            yield match_detections(truth, detections, tiou_thresholds, classes=part)
            return
        own_truth, own_detections = (
            table.select(
                order[slice(*np.searchsorted(table.labels, part[[0, -1]] + [0, 1], sorter=order))]
            )
            for table, order in zip((truth, detections), orders, strict=True)
        )
        yield match_detections(own_truth, own_detections, tiou_thresholds, classes=part)


def score_order(
    video_ids: Sequence[str],
    video: NDArray[np.int64],
    scores: NDArray[np.float64],
    group: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Rows by group, then by falling score; all (M,), ``video`` an index into ``video_ids``.

    Equal scores are ordered by the recording's name, then by row, so that the figures depend
    neither on the order of the recordings nor on the machine. (The official ActionFormer leaves
    ties to NumPy's unstable sort: on detections with scores of five digits its mAP differs by up
    to 0.007 between processors.)
    """
    by_name = np.argsort(np.argsort(np.array(video_ids, dtype=str)))
    return np.lexsort((by_name[video], -scores, group))


def rank_in_group(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """(M,) how many earlier rows are of the same group."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered, "left")
    return rank
