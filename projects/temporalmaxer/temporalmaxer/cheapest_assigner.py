"""Which instance each point must predict, in view of what it predicts.

P points, N ground truth, K classes.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtal.models import CenterAssigner, DIoULoss
from mmtal.models.task_modules import OffsetCoder
from mmtal.registry import TASK_UTILS
from mmtal.structures import Points

ALPHA, GAMMA = 0.25, 2.0


@TASK_UTILS.register_module()
class CheapestAssigner(CenterAssigner):
    """ActionFormer's positives and classes; boundaries of the instance that costs least.

    Of all instances that hold a point, it must predict the ends of the one that it already
    predicts best: the least focal loss plus distance-tIoU loss. That one need not be the instance
    that makes the point positive.

    Source: the TemporalMaxer release, after SimOTA (Ge et al., YOLOX, 2021). The release also
    ranks the points of an instance by cost and can weigh down the worst; in all its configs that
    is off (``keep_percent: 1.0``), and here it is left out.

    Args:
        regression_ranges: As :class:`CenterAssigner`'s.
        center_radius: As :class:`CenterAssigner`'s.
        cls_weight: Weight of the classification cost.
        reg_weight: Weight of the regression cost.
    """

    sees_predictions = True

    def __init__(
        self,
        regression_ranges: Sequence[tuple[float, float]],
        *,
        center_radius: float | None = 1.5,
        cls_weight: float = 1.0,
        reg_weight: float = 2.0,
    ) -> None:
        super().__init__(regression_ranges, center_radius=center_radius)
        for name, value in (("cls_weight", cls_weight), ("reg_weight", reg_weight)):
            if value < 0:
                raise ValueError(f"{name} must be >= 0, but got {value}")
        self.cls_weight = cls_weight
        self.reg_weight = reg_weight

    @torch.no_grad()
    def __call__(  # type: ignore[override]  # the parent does not see predictions
        self,
        points: Points,
        segments: Tensor,
        labels: Tensor,
        num_classes: int,
        *,
        logits: Tensor,
        offsets: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Targets of every point of one recording.

        Args:
            points: P points.
            segments: (N, 2) in grid units.
            labels: (N,) int64.
            num_classes: K.
            logits: (P, K), predicted.
            offsets: (P, 2) in level strides, predicted.

        Returns:
            As :meth:`CenterAssigner.__call__`.
        """
        classes, nearest = super().__call__(points, segments, labels, num_classes)
        if len(segments) == 0:
            return classes, nearest
        positions, strides = points.positions, points.level_strides
        starts = positions[:, None] - segments[:, 0]
        ends = segments[:, 1] - positions[:, None]
        targets = torch.stack((starts, ends), dim=-1) / strides[:, None, None]  # (P, N, 2)
        cost = self.cls_weight * class_cost(logits.float(), labels)
        cost = cost + self.reg_weight * DIoULoss().elementwise(offsets.float()[:, None], targets)
        cost = cost.masked_fill((targets < 0).any(-1), torch.inf)  # (P, N)
        cheapest = segments[cost.argmin(1)]
        return classes, OffsetCoder().encode(positions, strides, cheapest)


def class_cost(logits: Tensor, labels: Tensor) -> Tensor:
    """Focal loss of each point for each instance, up to a number that depends on the point alone.

    Args:
        logits: (P, K).
        labels: (N,).

    Returns:
        (P, N).
    """
    prob = logits.sigmoid()
    if_true = ALPHA * (1 - prob) ** GAMMA * F.softplus(-logits)
    if_false = (1 - ALPHA) * prob**GAMMA * F.softplus(logits)
    # The classes that an instance does not have cost the same, but for its own.
    return (if_true - if_false)[:, labels]
