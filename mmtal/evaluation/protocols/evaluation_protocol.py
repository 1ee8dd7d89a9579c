"""Definition of an evaluation protocol."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib import resources
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import (
    LabelHandling,
    collided_labels,
    detection_scores,
    named_means,
)
from mmtal.evaluation.average_recall import average_recall
from mmtal.evaluation.protocols.frame_rules import FrameRules
from mmtal.evaluation.protocols.point_rules import PointRules
from mmtal.evaluation.thresholds import Thresholds, threshold_name, tiou_grid
from mmtal.results.instance_table import InstanceTable, without_duplicates
from mmtal.results.result_files import video_list_sha256
from mmtal.utils.wording import counted

Duplicates = Literal["drop", "drop_repeated", "keep"]


@dataclass(frozen=True)
class VideoList:
    """Ids of recordings, pinned by their hash.

    Attributes:
        where: File of the folder ``video_lists``, one id per line; or the ids themselves.
        sha256: See :func:`mmtal.results.result_files.video_list_sha256`.
    """

    where: str | Sequence[str]
    sha256: str

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids, sorted; ValueError if they are not those that the hash was taken of."""
        ids = self.where
        if isinstance(ids, str):
            folder = resources.files("mmtal.evaluation.protocols") / "video_lists"
            ids = tuple((folder / ids).read_text(encoding="utf-8").split())
        found = video_list_sha256(ids)
        if found != self.sha256:
            raise ValueError(
                f"the list of recordings {self.where} has the SHA-256 {found}, but its protocol "
                f"expects {self.sha256}: restore the list"
            )
        return tuple(sorted(ids))


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """How a benchmark is evaluated, in one of its variants.

    Average precision is the area under the precision-recall curve whose precision never rises
    with recall (VOC 2011), in all of them; equal scores are ordered by recording, then by row.
    A detection in a recording that the ground truth does not list is a false positive.

    Attributes:
        tiou_thresholds: As :func:`tiou_grid` takes them.
        name: ``<benchmark>/<variant>``; ``custom`` if it is nobody's.
        description: One sentence: what it is.
        source: Where the facts are from.
        subset: Of the annotation file.
        annotations: The annotation file: where this project's configs look for it.
        obtain: Where the user gets that file, and under which terms.
        videos: The recordings; None: all that the annotation file lists, since no list of them
            is known here.
        published_videos: Their published number, where ``videos`` is None.
        excluded: Recordings left out, their detections too.
        num_classes: Classes that the benchmark has; None: as many as the annotations say.
        without_classes: Names of those whose instances do not count.
        duplicates: ``drop``: instances under 1 ms and repeated ones (ActionFormer);
            ``drop_repeated``: instances of length 0 and repeated ones (OpenTAD); ``keep``: none.
        label_handling: What becomes of detections of classes that the ground truth lacks, see
            :func:`detection_scores`.
        decimals: Of segments (seconds) and scores, to which detections are rounded.
        recall_at: The k of Recall@kx.
        pooled_recall: Recall@kx over all instances, not the mean over the classes.
        proposals: AN of AR@AN, in place of mAP: what is where, without its class.
        normalized_above: Also average-mAP_N of the detections with at least this score.
        frames: Segmentations are evaluated, not detections; ``tiou_thresholds`` are of the F1.
        points: Events without duration are; there are no ``tiou_thresholds``.
        main_metric: The figure that papers compare.
    """

    tiou_thresholds: Thresholds = ()
    name: str = "custom"
    description: str = ""
    source: str = ""
    subset: str = ""
    annotations: str = ""
    obtain: str = ""
    videos: VideoList | None = None
    frames: FrameRules | None = None
    points: PointRules | None = None
    published_videos: int | None = None
    excluded: VideoList | None = None
    num_classes: int | None = None
    without_classes: tuple[str, ...] = ()
    duplicates: Duplicates = "drop"
    label_handling: LabelHandling = "corrected"
    decimals: tuple[int, int] | None = None
    recall_at: tuple[int, ...] = ()
    pooled_recall: bool = False
    proposals: tuple[int, ...] = ()
    normalized_above: float | None = None
    main_metric: str = "mAP"

    def __post_init__(self) -> None:
        if self.points is None:
            tiou_grid(self.tiou_thresholds)
        for name, choices in (("label_handling", LabelHandling), ("duplicates", Duplicates)):
            value = getattr(self, name)
            if value not in get_args(choices):
                raise ValueError(f"{name} must be one of {get_args(choices)}, but got {value!r}")
        if any(k < 1 for k in self.recall_at):
            raise ValueError(f"recall_at must be integers >= 1, but got {self.recall_at}")

    @cached_property
    def video_ids(self) -> frozenset[str] | None:
        """The recordings that count; None: all that the annotation file lists."""
        if self.videos is None:
            return None
        return frozenset(self.videos.ids) - self.excluded_ids

    @cached_property
    def excluded_ids(self) -> frozenset[str]:
        """The recordings left out."""
        return frozenset(self.excluded.ids) if self.excluded else frozenset()

    @property
    def has_matches(self) -> bool:
        """Whether its figures can be made of which detections hit at thresholds."""
        if self.points is not None:
            return self.points.by_distance
        return not self.proposals and self.frames is None

    def is_about(self, video_ids: Iterable[str], classes: Sequence[str]) -> bool:
        """Whether all the recordings, and the number of classes, are the protocol's."""
        return (
            self.video_ids is None or self.video_ids | self.excluded_ids >= set(video_ids)
        ) and (self.num_classes is None or self.num_classes == len(classes))

    def prepare(
        self,
        truth: InstanceTable,
        detections: InstanceTable,
        classes: Sequence[str],
        *,
        partial: bool = False,
    ) -> tuple[InstanceTable, InstanceTable, list[str]]:
        """Ground truth and detections as they enter the figures.

        Args:
            truth: All recordings of the subset.
            detections: As predicted.
            classes: Names by label.
            partial: The ground truth may be a part of the list, such as one fold.

        Returns:
            Both tables after list of recordings, removal of duplicates, rounding, and (where it
            is the mean over classes that counts) label handling: labels of detections are then
            those that the ground truth would be matched with; and the classes.

        Raises:
            ValueError: The recordings or the classes are not those of the protocol.
        """
        if self.num_classes is not None and len(classes) != self.num_classes:
            raise ValueError(
                f"protocol {self.name} has {self.num_classes} classes, but the annotations have "
                f"{len(classes)}: give the annotation file of this benchmark"
            )
        truth = self._counting(truth, classes)
        detections = without_recordings(detections, self.excluded_ids)
        self._check_recordings(truth, partial=partial)
        truth = self._without_duplicates(truth)
        if self.decimals is not None:
            detections = rounded(detections, *self.decimals)
        if self.label_handling == "official":
            detections = collided_labels(truth, detections)
        return truth, detections, list(classes)

    def of_one_class(self) -> Self:
        """The same, of instances that all have one class."""
        name = self.name if self.proposals else f"{self.name}, class-agnostic"
        return replace(self, name=name, num_classes=None)

    def with_score_thr(self, score_thr: float | None) -> Self:
        """The same but, of segmentations, with the detections that score at least so."""
        if self.frames is None:
            return self
        return replace(self, frames=replace(self.frames, score_thr=score_thr))

    def evaluate(
        self,
        truth: InstanceTable,
        detections: InstanceTable,
        classes: Sequence[str],
        *,
        partial: bool = False,
        durations: Mapping[str, float] | None = None,
        rates: Mapping[str, float] | None = None,
    ) -> dict[str, Any]:
        """Figures and what they rest on, ready for JSON; arguments are those of :meth:`prepare`.

        ``durations`` of the recordings, in seconds, are for protocols of segmentations, ``rates``,
        in frames per second, for those of points whose tolerances are frames.

        Returns:
            ``metrics`` (name to value in [0, 1], None where there is nothing to find),
            ``ap_per_class`` (class to AP at each threshold), ``protocol``, ``main_metric``,
            ``tiou_thresholds``, ``duplicates``, ``label_handling``, ``decimals``, ``num_videos``,
            ``video_list_sha256``, ``num_instances``, ``num_detections``, ``duplicates_dropped``,
            ``excluded_videos``, ``missing_videos`` (their number: of the list, but not in the
            ground truth), ``absent_videos`` (their number: not in the results; they count as empty)
            ``unlisted_videos`` (recordings that only the detections name), and
            of segmentations ``frames``, of points ``points`` (the rules).

        Raises:
            ValueError: See :meth:`prepare`.
        """
        cleaned, prepared, names = self.prepare(truth, detections, classes, partial=partial)
        grid = [] if self.points else tiou_grid(self.tiou_thresholds).tolist()
        ap_per_class: dict[str, list[float]] = {}
        if self.points is not None:
            metrics, ap_per_class = self.points.figures(cleaned, prepared, names, rates or {})
        elif self.frames is not None:
            metrics = self.frames.figures(cleaned, prepared, durations or {}, grid)
        else:
            metrics, ap_per_class = self._figures(cleaned, prepared, names)
        listed = self._counting(truth, classes)
        unlisted = {prepared.video_ids[v] for v in np.unique(prepared.video)}
        return dict(
            protocol=self.name,
            main_metric=self.main_metric,
            metrics={key: None if math.isnan(v) else v for key, v in metrics.items()},
            ap_per_class=ap_per_class,
            tiou_thresholds=grid,
            duplicates=self.duplicates,
            label_handling=self.label_handling,
            decimals=self.decimals and list(self.decimals),
            num_videos=len(listed.video_ids),
            video_list_sha256=video_list_sha256(listed.video_ids),
            num_instances=len(cleaned),
            num_detections=len(prepared),
            duplicates_dropped=len(listed) - len(cleaned),
            excluded_videos=len(truth.video_ids) - len(listed.video_ids),
            missing_videos=len((self.video_ids or set()) - set(listed.video_ids)),
            absent_videos=len(set(listed.video_ids) - set(detections.video_ids)),
            unlisted_videos=sorted(unlisted - set(listed.video_ids)),
            **({"frames": asdict(self.frames)} if self.frames else {}),
            **({"points": asdict(self.points)} if self.points else {}),
        )

    def _figures(
        self, truth: InstanceTable, detections: InstanceTable, classes: Sequence[str]
    ) -> tuple[dict[str, float], dict[str, list[float]]]:
        if self.proposals:
            return self._proposal_figures(truth, detections), {}
        # The labels are handled already.
        found = detection_scores(truth, detections, self.tiou_thresholds, recall_at=self.recall_at)
        thresholds = found.tiou_thresholds
        means = named_means("mAP", found.ap[None], thresholds)
        mean_recall = found.mean_recall
        if self.pooled_recall and len(truth):
            mean_recall = found.recall @ np.unique(truth.labels, return_counts=True)[1] / len(truth)
        for k, multiple in enumerate(self.recall_at):
            for t, threshold in enumerate(thresholds):
                means[f"recall@{multiple}x@{threshold_name(threshold)}"] = mean_recall[t, k : k + 1]
        if self.normalized_above is not None:
            sure = detections.select(detections.scores >= self.normalized_above)
            normalized = detection_scores(truth, sure, self.tiou_thresholds, normalized=True)
            means |= named_means("mAP_N", normalized.ap[None], thresholds)
        metrics = {name: float(values[0]) for name, values in means.items()}
        ap_per_class = {
            class_name(classes, label): found.ap[:, c].tolist()
            for c, label in enumerate(found.classes)
        }
        return metrics, ap_per_class

    def _proposal_figures(
        self, truth: InstanceTable, detections: InstanceTable
    ) -> dict[str, float]:
        numbers, recall, area = average_recall(
            truth, detections, self.tiou_thresholds, max_proposals=max(self.proposals)
        )
        metrics = {"AUC": area}
        return metrics | {
            f"AR@{number}": float(recall[np.isclose(numbers, number)][0])
            for number in self.proposals
        }

    def _counting(self, truth: InstanceTable, classes: Sequence[str]) -> InstanceTable:
        """The instances of the recordings and classes that count."""
        lacking = sorted(set(self.without_classes) - set(classes))
        if lacking:
            raise ValueError(
                f"protocol {self.name} leaves out the class '{lacking[0]}', but the annotations "
                f"have no such class: use the annotation file of the benchmark ({self.obtain})"
            )
        left_out = [classes.index(name) for name in self.without_classes]
        truth = without_recordings(truth, self.excluded_ids)
        return truth.select(~np.isin(truth.labels, left_out)) if left_out else truth

    def _without_duplicates(self, truth: InstanceTable) -> InstanceTable:
        if self.duplicates == "keep" or self.points:
            return truth
        if self.duplicates == "drop":
            return without_duplicates(truth)[0]
        length = truth.segments[:, 1] - truth.segments[:, 0]
        return without_duplicates(truth.select(length > 0), min_duration=0)[0]

    def _check_recordings(self, truth: InstanceTable, *, partial: bool) -> None:
        if self.video_ids is None:
            return
        missing = sorted(self.video_ids - set(truth.video_ids))
        beyond = sorted(set(truth.video_ids) - self.video_ids)
        if not beyond and (partial or not missing):
            return
        parts = [
            f"{counted(len(ids), 'recording')} {what} in the ground truth, such as '{ids[0]}'"
            for ids, what in ((missing, "missing"), (beyond, "too many"))
            if ids
        ]
        raise ValueError(
            f"protocol {self.name} is about {counted(len(self.video_ids), 'recording')}, but "
            f"{' and '.join(parts)}: use the annotation file of the benchmark ({self.obtain}), or "
            "another protocol"
        )


def without_recordings(table: InstanceTable, excluded: frozenset[str]) -> InstanceTable:
    """The table without these recordings, which are no longer listed either."""
    if excluded.isdisjoint(table.video_ids):
        return table
    kept = [index for index, name in enumerate(table.video_ids) if name not in excluded]
    new_index = np.full(len(table.video_ids), -1)
    new_index[kept] = np.arange(len(kept))
    video = new_index[table.video]
    left = replace(table, video=video).select(video >= 0)
    return replace(left, video_ids=tuple(table.video_ids[index] for index in kept))


def rounded(detections: InstanceTable, segments: int, scores: int) -> InstanceTable:
    """Segments and scores rounded to so many decimals, as a results file of that many holds."""
    return replace(
        detections,
        segments=_rounded(detections.segments, segments),
        scores=_rounded(detections.scores, scores),
    )


def _rounded(values: NDArray[np.float64], decimals: int) -> NDArray[np.float64]:
    """Rounded as Python does, hence OpenTAD; NumPy's rounding alone differs near the halves."""
    scaled = values * 10.0**decimals
    result = np.rint(scaled) / 10.0**decimals
    # Within what the product may be off (or a number that is whole anyway): exactly.
    unsure = (np.abs(scaled % 1 - 0.5) < 1e-6) | (np.abs(scaled) > 1e9)
    result[unsure] = [round(value, decimals) for value in values[unsure].tolist()]
    return result


def class_name(classes: Sequence[str], label: int) -> str:
    """Name of a label, also of one beyond the classes."""
    return classes[label] if label < len(classes) else f"class_{label}"
