"""BMN's head: boundaries, and a map of all proposals.

B batch, C channels, T features, D durations, N instances, M proposals.
"""

from typing import Any

import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.models import DetectionHead
from mmtal.ops import vote_segments
from mmtal.registry import HEADS
from mmtal.structures import TemporalDataSample, pairwise_tiou
from projects.bmn.bmn.boundary_net import xavier
from projects.bmn.bmn.late_nms import late_soft_nms
from projects.bmn.bmn.losses import balanced_bce, balanced_l2
from projects.bmn.bmn.map_sampling import MapSampling

REGION = 1.5
"""Half the width of the region of a boundary, in features."""


@HEADS.register_module()
class BoundaryMatchingHead(DetectionHead):
    """Where actions start and end, and how well each segment (d, s), features s to s + d, fits one.

    It proposes segments, without classes; those whose ends are likely reach NMS.

    Source: BMN (Lin et al., ICCV 2019), as OpenTAD has it.

    Args:
        in_channels: C (given by the localizer).
        max_duration: D, features of the longest proposal.
        channels: Of the map's convolutions.
        sample_channels: Of what is made of a proposal's samples.
        groups: Of the boundaries' convolutions; divides C.
        boundary_scores: Multiply a proposal's score by the probabilities of its ends.
        late_nms: (a, b, T): NMS lowers scores only from a tIoU of a + b * length / T on, with the
            better proposal's length: BSN's, for recall. None: everywhere.
        nms_per_window: Run NMS on what one window finds, too, before that over all windows.
        limits: Arguments of :class:`mmtal.models.DetectionHead`, and ``level_strides`` (given by
            the localizer).
    """

    def __init__(
        self,
        in_channels: int,
        *,
        max_duration: int,
        channels: int = 128,
        sample_channels: int = 512,
        groups: int = 4,
        boundary_scores: bool = False,
        late_nms: tuple[float, float, float] | None = None,
        nms_per_window: bool = False,
        **limits: Any,
    ) -> None:
        strides = limits.pop("level_strides")
        super().__init__(**limits)
        if list(strides) != [1]:
            raise ValueError(
                "BoundaryMatchingHead must have a backbone of one level of stride 1, such as "
                f"BoundaryNet, but got level_strides={list(strides)}"
            )
        if self.num_classes != 1:
            raise ValueError(
                "model.head.num_classes must be 1, since BMN proposes segments without classes, "
                f"but got {self.num_classes}: set it to 1, and name them by external_scores"
            )
        if max_duration < 1:
            raise ValueError(f"max_duration must be >= 1 feature, but got {max_duration}")
        self.max_duration = max_duration
        self.boundary_scores = boundary_scores
        self.late_nms = late_nms
        self.nms_per_window = nms_per_window
        self.boundary_towers = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(in_channels, in_channels, 3, padding=1, groups=groups),
                nn.ReLU(),
                nn.Conv1d(in_channels, 1, 1),
            )
            for _ in ("start", "end")
        )
        self.reduce = nn.Conv1d(in_channels, channels, 3, padding=1)
        self.sampling = MapSampling(channels, sample_channels, max_duration=max_duration)
        self.map_convs = nn.Sequential(
            nn.Conv2d(sample_channels, channels, 1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, 2, 1),
        )
        xavier(self)

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Logits of start and end (B, 2, T), and of both ratings of each proposal (B, 2, D, T).

        As lists over the one level of (B, C, T) and (B, T); the padding takes part.
        """
        [x] = features
        boundaries = torch.cat([tower(x) for tower in self.boundary_towers], dim=1)
        maps = self.map_convs(F.relu(self.sampling(F.relu(self.reduce(x)))))
        return [boundaries], [maps]

    def loss_by_feat(
        self,
        boundaries: list[Tensor],
        maps: list[Tensor],
        masks: list[Tensor],
        data_samples: list[TemporalDataSample],
    ) -> dict[str, Tensor]:
        """Losses of raw predictions (see :meth:`forward`)."""
        near, tiou = self.targets(maps[0].shape[3], data_samples)
        known = self.proposals(maps[0])[1]
        classified, rated = maps[0][:, :, known].unbind(1)  # (B, M)
        starts, ends = (balanced_bce(boundaries[0][:, end], near[:, end]) for end in (0, 1))
        return dict(
            loss_boundary=starts + ends,
            loss_cls=balanced_bce(classified, tiou > 0.9),
            loss_reg=balanced_l2(rated.sigmoid(), tiou, high=0.7, low=0.3, loss_weight=5.0),
        )

    def targets(self, length: int, samples: list[TemporalDataSample]) -> tuple[Tensor, Tensor]:
        """Which features are near a start and an end, bool (B, 2, T), and best tIoU (B, M).

        The whole place of a feature, from it to the next one, must be in the region of a boundary:
        OpenTAD asks for half of it, but cuts its shares to whole numbers before. M are the
        proposals that end within the T features, duration by duration.
        """
        near, tious = [], []
        for sample in samples:
            segments = sample.grid.to_grid(sample.gt_instances.segments)  # (N, 2)
            place = torch.arange(length, device=segments.device)[:, None, None]
            inside = (segments - REGION <= place) & (place + 1 <= segments + REGION)  # (T, N, 2)
            near.append(inside.any(1).T)
            spans, known = self.proposals(torch.empty(1, length, device=segments.device))
            tiou = pairwise_tiou(spans[known], segments)
            tious.append(F.pad(tiou, (0, 1)).amax(1))
        return torch.stack(near), torch.stack(tious)

    def proposals(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Segments (D, T, 2) in grid units, and which end in time, bool (D, T); for (..., T)."""
        length = like.shape[-1]
        start = torch.arange(length, device=like.device, dtype=torch.float32)
        end = start + torch.arange(1, self.max_duration + 1, device=like.device)[:, None]
        return torch.stack([start.expand_as(end), end], dim=2), end <= length

    @torch.no_grad()
    def candidates_by_feat(
        self, boundaries: list[Tensor], maps: list[Tensor], masks: list[Tensor]
    ) -> list[InstanceData]:
        """Proposals between likely boundaries, before NMS over all windows (see the class).

        The first feature is always a likely start, the last one always a likely end.
        """
        spans, known = self.proposals(maps[0])
        rows, columns = known.nonzero().unbind(1)  # duration and start of M proposals
        found = []
        for ends, ratings in zip(boundaries[0].sigmoid(), maps[0].sigmoid(), strict=True):
            likely = is_likely(ends)
            likely[0, 0] = likely[1, -1] = True
            kept = likely[0, columns] & likely[1, columns + rows]
            row, column = rows[kept], columns[kept]
            scores = ratings[:, row, column].prod(0)
            if self.boundary_scores:
                scores = ends[0, column] * ends[1, column + row] * scores
            above = scores > self.score_thr
            scores, segments = scores[above], spans[row, column][above]
            labels = torch.zeros_like(scores, dtype=torch.int64)
            if self.nms_per_window and self.nms is not None:
                segments, scores, labels = self.suppress(segments, scores, labels)
            found.append(
                InstanceData(segments=segments, scores=scores, labels=labels, levels=labels)
            )
        return found

    def suppress(
        self, segments: Tensor, scores: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """NMS as ``nms`` and ``late_nms`` say, see the class."""
        if self.late_nms is None or self.nms is None:
            return super().suppress(segments, scores, labels)
        tiou_thr, growth, unit = self.late_nms
        kept, kept_scores = late_soft_nms(
            segments / unit,
            scores,
            tiou_thr=tiou_thr,
            growth=growth,
            number=self.max_per_video,
            sigma=self.nms["sigma"],
            min_score=self.nms["min_score"],
        )
        voted = vote_segments(
            segments[kept], segments, scores, self.nms["voting_thr"], weight="score"
        )
        return voted, kept_scores, labels[kept]


def is_likely(probabilities: Tensor) -> Tensor:
    """Peaks of each row, and what is above half of its maximum: (K, T) -> bool (K, T)."""
    peaks = probabilities == F.max_pool1d(probabilities, 3, stride=1, padding=1)
    return peaks | (probabilities > 0.5 * probabilities.amax(1, keepdim=True))
