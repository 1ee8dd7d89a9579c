"""ActionFormer's head with an assigner that sees the predictions.

B batch, K classes, L levels, T_l positions of level l, P points of all levels.
"""

from collections.abc import Sequence

import torch
from mmengine.dist import get_world_size
from torch import Tensor

from mmtal.models import AnchorFreeHead
from mmtal.registry import HEADS
from mmtal.structures import TemporalDataSample


@HEADS.register_module()
class TemporalMaxerHead(AnchorFreeHead):
    """Its arguments and predictions are those of :class:`mmtal.models.AnchorFreeHead`."""

    def loss_by_feat(
        self,
        cls_logits: list[Tensor],
        offsets: list[Tensor],
        masks: list[Tensor],
        data_samples: list[TemporalDataSample],
    ) -> dict[str, Tensor]:
        """Losses of raw predictions (see :meth:`forward`)."""
        valid = torch.cat(masks, dim=1)  # (B, P)
        logits = torch.cat(cls_logits, dim=2).transpose(1, 2)  # (B, P, K)
        distances = torch.cat(offsets, dim=2).transpose(1, 2)  # (B, P, 2)
        classes, targets = self.targets(
            [mask.shape[1] for mask in masks], data_samples, logits=logits, offsets=distances
        )
        positive = classes.any(-1) & valid
        factor = get_world_size() / self.update_normalizer(positive.sum())
        return dict(
            loss_cls=factor * self.loss_cls(logits[valid], classes[valid]),
            loss_reg=factor * self.loss_reg(distances[positive], targets[positive]),
        )

    def targets(  # type: ignore[override]  # the parent does not see predictions
        self,
        lengths: Sequence[int],
        data_samples: list[TemporalDataSample],
        *,
        logits: Tensor,
        offsets: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Class targets (B, P, K) and offsets (B, P, 2), given what was predicted.

        Args:
            lengths: Positions of each level.
            data_samples: With ``gt_instances``.
            logits: (B, P, K).
            offsets: (B, P, 2).
        """
        points = self.points(lengths, device=logits.device)
        targets = []
        for index, sample in enumerate(data_samples):
            labels = sample.gt_instances.labels
            targets.append(
                self.assigner(
                    points,
                    sample.grid.to_grid(sample.gt_instances.segments),
                    torch.zeros_like(labels) if self.num_classes == 1 else labels,
                    self.num_classes,
                    logits=logits[index],
                    offsets=offsets[index],
                )
            )
        classes, distances = zip(*targets, strict=True)
        return torch.stack(classes), torch.stack(distances)
