"""A head that also says how well a point sits in its instance.

B batch, C channels, T_l positions of level l, P points of all levels.
"""

from typing import Any

import torch
import torch.nn.functional as F
from mmengine.dist import get_world_size
from mmengine.structures import InstanceData
from torch import Tensor

from mmtal.models import AnchorFreeHead
from mmtal.models.layers import MaskedConv1d
from mmtal.registry import HEADS
from mmtal.structures import TemporalDataSample

Levels = list[Tensor]


@HEADS.register_module()
class CenternessHead(AnchorFreeHead):
    """ActionFormer's head with a centerness branch, which lowers scores far from the middle.

    Source: FCOS (Tian et al., ICCV 2019), section 3.2, along time.

    Args:
        in_channels: Width of the neck (given by the localizer).
        quality_weight: Weight of the new loss.
        kwargs: As for :class:`mmtal.models.AnchorFreeHead`.
    """

    def __init__(self, in_channels: int, *, quality_weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(in_channels, **kwargs)
        if quality_weight <= 0:
            raise ValueError(f"quality_weight must be > 0, but got {quality_weight}")
        self.quality_weight = quality_weight
        self.quality_conv = MaskedConv1d(in_channels, 1, kernel_size=3)

    def forward(  # type: ignore[override]  # one output more than the parent
        self, features: Levels, masks: Levels
    ) -> tuple[Levels, Levels, Levels]:
        """As the parent, and per level the logit of the centerness, (B, 1, T_l)."""
        cls_logits, offsets = super().forward(features, masks)
        quality = [self.quality_conv(x, mask)[0] for x, mask in zip(features, masks, strict=True)]
        return cls_logits, offsets, quality

    def loss_by_feat(  # type: ignore[override]
        self,
        cls_logits: Levels,
        offsets: Levels,
        quality: Levels,
        masks: Levels,
        data_samples: list[TemporalDataSample],
    ) -> dict[str, Tensor]:
        """The parent's losses and ``loss_quality``, on the points that predict an instance."""
        losses = super().loss_by_feat(cls_logits, offsets, masks, data_samples)
        classes, distances = self.targets([mask.shape[1] for mask in masks], data_samples)
        positive = classes.any(-1) & torch.cat(masks, dim=1)  # (B, P)
        predicted = torch.cat(quality, dim=2).squeeze(1)  # (B, P)
        loss = F.binary_cross_entropy_with_logits(
            predicted[positive].float(), centerness(distances[positive]), reduction="sum"
        )
        # The parent has just updated the normalizer; world size: gradients are averaged over ranks.
        factor = self.quality_weight * get_world_size() / self.loss_normalizer
        return {**losses, "loss_quality": factor * loss}

    def candidates_by_feat(  # type: ignore[override]
        self, cls_logits: Levels, offsets: Levels, quality: Levels, masks: Levels
    ) -> list[InstanceData]:
        """The parent's candidates, every score multiplied by the point's centerness."""
        joint = [
            torch.logit(c.float().sigmoid() * q.float().sigmoid(), eps=1e-6)
            for c, q in zip(cls_logits, quality, strict=True)
        ]
        return super().candidates_by_feat(joint, offsets, masks)


def centerness(distances: Tensor) -> Tensor:
    """1 in the middle of an instance, 0 at its ends.

    Args:
        distances: (P, 2) >= 0, to the instance's start and end.

    Returns:
        (P,) in [0, 1].
    """
    return (distances.amin(-1) / distances.amax(-1).clamp(min=1e-8)).sqrt()
