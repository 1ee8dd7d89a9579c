"""What heads share whose candidates compete: limits, windows, NMS, seconds.

M candidates or predictions.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.ops import segment_nms
from mmtal.structures import TemporalDataSample, clip_segments, segment_lengths


class DetectionHead(nn.Module):
    """A :class:`mmtal.structures.contracts.WindowHead`, but for its network and its losses.

    A subclass says in ``candidates_by_feat`` what may be a detection, before NMS, which needs whole
    recordings: of each sample ``segments`` (M, 2) in grid units of the window, ``scores``,
    ``labels`` and ``levels``. Pool those of windows by :meth:`best_candidates`, end with
    :meth:`finish`.

    Args:
        num_classes: K; 1 turns the head class-agnostic, whatever labels the data has.
        score_thr: Candidates must score higher.
        pre_nms_topk: Best candidates of each level that reach NMS.
        min_duration: Predictions must be longer, in grid units; None: even empty ones are kept.
        nms: Arguments of :func:`mmtal.ops.segment_nms`; None for none.
        max_per_video: Predictions kept.
        fixed_limits: Which of ``pre_nms_topk`` and ``max_per_video`` hold for recordings of any
            length; the others grow where one is longer than those of training.
    """

    candidates_by_feat: Callable[..., list[InstanceData]]

    def __init__(
        self,
        *,
        num_classes: int,
        score_thr: float,
        pre_nms_topk: int,
        min_duration: float | None,
        nms: dict[str, Any] | None,
        max_per_video: int,
        fixed_limits: Sequence[str] = (),
    ) -> None:
        super().__init__()
        if num_classes < 1:
            raise ValueError(f"num_classes must be >= 1, but got {num_classes}")
        if nms is not None:  # before an epoch is trained
            none = torch.zeros(0, 2, device="cpu")
            try:
                segment_nms(none, none[:, 0], none[:, 0].long(), max_per_video=max_per_video, **nms)
            except (TypeError, ValueError) as error:
                raise ValueError(f"nms must have the arguments of segment_nms: {error}") from error
        self.num_classes = num_classes
        self.score_thr = score_thr
        self.pre_nms_topk = pre_nms_topk
        self.min_duration = min_duration
        self.nms = nms
        self.max_per_video = max_per_video
        self.fixed_limits = tuple(fixed_limits)

    def predict_by_feat(self, *raw_masks_and_samples: Any) -> list[InstanceData]:
        """Detections from raw predictions (see :meth:`forward`), level masks and data samples.

        Returns:
            Of each sample: ``segments`` (M, 2) in seconds, ``scores``, ``labels``, best first.
        """
        *raw_and_masks, data_samples = raw_masks_and_samples
        candidates = self.candidates_by_feat(*raw_and_masks)
        return [self.finish(c, s) for c, s in zip(candidates, data_samples, strict=True)]

    def best_candidates(self, candidates: InstanceData) -> InstanceData:
        """The best ``pre_nms_topk`` of each level, of any number of windows."""
        kept = []
        for level in candidates.levels.unique():
            rows = (candidates.levels == level).nonzero().squeeze(1)
            if len(rows) > self.pre_nms_topk:
                rows = rows[candidates.scores[rows].topk(self.pre_nms_topk).indices]
            kept.append(rows)
        return candidates[torch.cat(kept)] if kept else candidates

    def topk_score(self, candidates: InstanceData) -> float:
        """The highest score at which ``pre_nms_topk`` may have cut off others; 0: nowhere."""
        if len(candidates) < self.pre_nms_topk:
            return 0.0
        levels = candidates.levels
        full = (levels.bincount() >= self.pre_nms_topk).nonzero().flatten().tolist()
        return max((float(candidates.scores[levels == level].min()) for level in full), default=0.0)

    def suppress(
        self, segments: Tensor, scores: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """NMS as ``nms`` says, of (M, 2), (M,) and (M,); at most ``max_per_video`` are kept."""
        settings = self.nms or {}
        return segment_nms(segments, scores, labels, max_per_video=self.max_per_video, **settings)

    def finish(self, candidates: InstanceData, sample: TemporalDataSample) -> InstanceData:
        """Predictions of a recording from its candidates: NMS, cap, seconds, clip.

        Args:
            candidates: ``segments`` (M, 2) in units of the sample's grid, ``scores``, ``labels``,
                ``levels``.
            sample: Of the whole recording; gets ``limits_reached``, if any were: the score of the
                last that was kept, by the limit's name.
        """
        reached = {"pre_nms_topk": self.topk_score(candidates)}
        segments, scores, labels = candidates.segments, candidates.scores, candidates.labels
        if self.min_duration is not None:
            keep = segment_lengths(segments) > self.min_duration
            segments, scores, labels = segments[keep], scores[keep], labels[keep]
        if self.nms is not None:
            segments, scores, labels = self.suppress(segments, scores, labels)
        else:
            scores, order = scores.sort(descending=True)
            kept = order[: self.max_per_video]
            segments, scores, labels = segments[kept], scores[: len(kept)], labels[kept]
        full = len(scores) >= self.max_per_video
        reached["max_per_video"] = float(scores[-1]) if full else 0.0
        if any(reached.values()):
            sample.set_metainfo(dict(limits_reached=reached))
        segments = clip_segments(sample.grid.to_seconds(segments), 0.0, sample.duration)
        return InstanceData(segments=segments, scores=scores, labels=labels)
