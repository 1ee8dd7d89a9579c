"""A detector by proposals. B batch, C channels, K classes, T features, N instances, P proposals."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.models import DetectionHead
from mmtal.models.layers import logit
from mmtal.registry import HEADS, LOSSES
from mmtal.structures import TemporalDataSample, pairwise_tiou


@HEADS.register_module()
class MyComponent(DetectionHead):
    """Every segment of some lengths is a proposal, which is classified, and moved.

    It is seen by three features: those at its ends, and the mean of all inside.

    Args:
        in_channels: C (given by the localizer).
        level_strides: Of the only level (given by the localizer).
        lengths: Of proposals, in features.
        min_tiou: A proposal learns the instance that it overlaps most, if by more than this.
        limits: As for :class:`mmtal.models.DetectionHead`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        level_strides: Sequence[int],
        lengths: Sequence[int],
        min_tiou: float = 0.5,
        **limits: Any,
    ) -> None:
        super().__init__(**limits)
        if list(level_strides) != [1]:
            raise ValueError(f"level_strides must be [1], but got {list(level_strides)}")
        self.lengths = tuple(lengths)
        self.min_tiou = min_tiou
        self.hidden = nn.Sequential(nn.Conv1d(3 * in_channels, in_channels, 1), nn.ReLU())
        self.classifier = nn.Conv1d(in_channels, self.num_classes, 1)
        self.regressor = nn.Conv1d(in_channels, 2, 1)
        nn.init.constant_(self.classifier.bias, logit(0.01))  # type: ignore[arg-type]
        self.loss_cls = LOSSES.build(dict(type="FocalLoss"))

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """One level (B, C, T) -> logits (B, K, P), and moves of both ends (B, 2, P) in lengths."""
        [x] = features
        x, seen = F.pad(x, (0, max(0, max(self.lengths) - x.shape[2]))), []
        for length in self.lengths:
            inside = F.avg_pool1d(x, length, stride=1)  # (B, C, T - length + 1)
            first, last = x[..., : inside.shape[2]], x[..., length - 1 :]
            seen.append(self.hidden(torch.cat((first, inside, last), dim=1)))
        proposals = torch.cat(seen, dim=2)
        return [self.classifier(proposals)], [self.regressor(proposals)]

    def proposals(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Segments (P, 2) in grid units, and which end in the recording (B, P), for (B, T)."""
        T, seen = max(mask.shape[1], *self.lengths), []
        for length in self.lengths:
            start = torch.arange(T - length + 1, device=mask.device) - 0.5
            seen.append(torch.stack((start, start + length), dim=1))
        segments = torch.cat(seen)
        return segments, segments[:, 1] < mask.sum(1, keepdim=True)

    def loss_by_feat(
        self,
        logits: list[Tensor],
        moves: list[Tensor],
        masks: list[Tensor],
        data_samples: list[TemporalDataSample],
    ) -> dict[str, Tensor]:
        """Losses of raw predictions (see :meth:`forward`)."""
        segments, valid = self.proposals(masks[0])
        lengths = segments.diff(dim=1)
        classes, errors = torch.zeros_like(logits[0].mT), []  # (B, P, K)
        for row, sample in enumerate(data_samples):
            instances = sample.gt_instances
            labels = instances.labels if self.num_classes > 1 else 0 * instances.labels
            truth = sample.grid.to_grid(instances.segments)
            tiou, best = F.pad(pairwise_tiou(segments, truth), (0, 1)).max(1)  # 0: of none
            learns = (tiou > self.min_tiou) & valid[row]
            classes[row, learns, labels[best[learns]]] = 1
            wanted = (truth[best[learns]] - segments[learns]) / lengths[learns]
            found = moves[0][row, :, learns].mT.float()
            errors.append(F.smooth_l1_loss(found, wanted, reduction="sum", beta=0.1))
        number = classes.sum().clamp(min=1)
        loss_cls = self.loss_cls(logits[0].mT[valid], classes[valid])
        return dict(loss_cls=loss_cls / number, loss_reg=torch.stack(errors).sum() / number)

    @torch.no_grad()
    def candidates_by_feat(
        self, logits: list[Tensor], moves: list[Tensor], masks: list[Tensor]
    ) -> list[InstanceData]:
        """What may be a detection, of each sample: see :class:`mmtal.models.DetectionHead`."""
        segments, valid = self.proposals(masks[0])
        moved = segments + moves[0].mT.float() * segments.diff(dim=1)  # (B, P, 2)
        results = []
        for scores, places, mask in zip(logits[0].mT.float().sigmoid(), moved, valid, strict=True):
            proposal, labels = ((scores > self.score_thr) & mask[:, None]).nonzero().unbind(1)
            found = InstanceData(
                segments=places[proposal],
                scores=scores[proposal, labels],
                labels=labels,
                levels=torch.zeros_like(labels),
            )
            results.append(self.best_candidates(found))
        return results
