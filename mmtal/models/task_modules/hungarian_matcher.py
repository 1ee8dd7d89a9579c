"""Which query learns which instance. Q queries, N instances, K classes.

Boxes are centers and widths, as shares of the features.
"""

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from mmtal.registry import TASK_UTILS
from mmtal.structures import pairwise_tiou, to_boxes, to_segments

EPS = 1e-8
WORST = 1e9
"""In place of costs that are no numbers: the loss says that training has diverged."""


@TASK_UTILS.register_module()
class HungarianMatcher:
    """One query for each instance, so that the sum of costs is least.

    Source: DETR (Carion et al., ECCV 2020), section 3.1; focal cost of Deformable DETR.

    Args:
        cls_weight: Of the focal loss of the instance's class, less that of no class.
        l1_weight: Of the absolute differences of centers and widths.
        iou_weight: Of tIoU, which lowers the cost.
        alpha: Of the focal loss.
        gamma: Of the focal loss.
    """

    def __init__(
        self,
        *,
        cls_weight: float = 6.0,
        l1_weight: float = 5.0,
        iou_weight: float = 2.0,
        alpha: float = 0.25,
        gamma: float = 2.0,
    ) -> None:
        self.cls_weight = cls_weight
        self.l1_weight = l1_weight
        self.iou_weight = iou_weight
        self.alpha = alpha
        self.gamma = gamma

    @torch.no_grad()
    def __call__(
        self, logits: Tensor, boxes: Tensor, segments: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Match one recording.

        Args:
            logits: (Q, K).
            boxes: (Q, 2), predicted.
            segments: (N, 2) instances, start and end as shares of the features.
            labels: (N,).

        Returns:
            Matched queries, ascending, and their instances, min(Q, N) each.
        """
        prob = logits.float().sigmoid()[:, labels]  # (Q, N)
        positive = self.alpha * (1 - prob) ** self.gamma * -(prob + EPS).log()
        negative = (1 - self.alpha) * prob**self.gamma * -(1 - prob + EPS).log()
        boxes = boxes.float()
        cost = (
            self.cls_weight * (positive - negative)
            + self.l1_weight * torch.cdist(boxes, to_boxes(segments), p=1)
            - self.iou_weight * pairwise_tiou(to_segments(boxes), segments)
        )
        found = linear_sum_assignment(cost.nan_to_num(WORST, WORST, -WORST).cpu().numpy())
        queries, instances = (torch.from_numpy(rows).to(labels.device) for rows in found)
        return queries, instances
