"""Set prediction: each query says one segment, or none.

B batch, K classes, Q queries, N instances, T features. Boxes are centers and widths, as shares of
T; ``structures.to_segments`` makes starts and ends of them.
"""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.structures import InstanceData
from torch import Tensor

from mmtal.models.heads.detection_head import DetectionHead
from mmtal.registry import LOSSES, TASK_UTILS
from mmtal.structures import TemporalDataSample, tiou, to_boxes, to_segments


class QueryHead(DetectionHead):
    """Losses and detections of a set, which needs no NMS (DETR, Carion et al., ECCV 2020).

    A subclass has the network. Its ``forward`` takes features and masks of one level and returns
    lists over its decoder layers, the last one last: class logits (B, K, Q), boxes (B, 2, Q), and
    lists of whatever else it predicts. All layers learn, each with a matching of its own; the last
    one counts.

    Args:
        num_classes: K, as :class:`DetectionHead`'s, like all that is not below.
        matcher: Config of what finds a query for each instance; see :class:`HungarianMatcher`.
        loss_cls: Config of the classification loss, of all queries.
        l1_weight: Of the absolute error of centers and widths.
        iou_weight: Of 1 - tIoU.
        pre_nms_topk: Best pairs of a query and a class that count.
        nms: None, unless recordings are tested in windows, each of which is a set of its own.
    """

    def __init__(
        self,
        *,
        num_classes: int,
        matcher: dict[str, Any] | None = None,
        loss_cls: dict[str, Any] | None = None,
        l1_weight: float = 5.0,
        iou_weight: float = 2.0,
        score_thr: float = 0.0,
        pre_nms_topk: int = 200,
        min_duration: float | None = None,
        nms: dict[str, Any] | None = None,
        max_per_video: int = 200,
        fixed_limits: Sequence[str] = (),
    ) -> None:
        super().__init__(
            num_classes=num_classes,
            score_thr=score_thr,
            pre_nms_topk=pre_nms_topk,
            min_duration=min_duration,
            nms=nms,
            max_per_video=max_per_video,
            fixed_limits=fixed_limits,
        )
        self.matcher = TASK_UTILS.build(matcher or dict(type="HungarianMatcher"))
        self.loss_cls = LOSSES.build(loss_cls or dict(type="FocalLoss", loss_weight=2.0))
        self.l1_weight = l1_weight
        self.iou_weight = iou_weight

    def loss_by_feat(self, *raw_masks_and_samples: Any) -> dict[str, Tensor]:
        """Losses of raw predictions (see :class:`QueryHead`), level masks and data samples.

        Sums over the instances of all ranks, divided by their number; the names of those of earlier
        layers end in ``_0``, ``_1``, ...
        """
        logits, boxes, *_, masks, data_samples = raw_masks_and_samples
        targets = self.targets(masks[0].shape[1], data_samples)
        total = boxes[0].new_tensor(float(sum(len(labels) for _, labels in targets)))
        all_reduce(total)
        factor = 1 / (total / get_world_size()).clamp(min=1)
        losses: dict[str, Tensor] = {}
        for layer, predicted in enumerate(zip(logits, boxes, strict=True)):
            end = "" if layer == len(logits) - 1 else f"_{layer}"
            for name, value in self.layer_losses(*predicted, targets).items():
                losses[name + end] = factor * value
        return losses

    def targets(
        self, length: int, data_samples: Sequence[TemporalDataSample]
    ) -> list[tuple[Tensor, Tensor]]:
        """Of each sample segments (N, 2), as shares of ``length`` features, and labels (N,)."""
        targets = []
        for sample in data_samples:
            instances = sample.gt_instances
            labels = instances.labels if self.num_classes > 1 else 0 * instances.labels
            targets.append((sample.grid.to_grid(instances.segments) / length, labels))
        return targets

    def layer_losses(
        self, logits: Tensor, boxes: Tensor, targets: Sequence[tuple[Tensor, Tensor]]
    ) -> dict[str, Tensor]:
        """Sums of the losses of one layer: (B, K, Q), (B, 2, Q) and :meth:`targets`."""
        logits, boxes = logits.mT, boxes.mT  # (B, Q, K), (B, Q, 2)
        classes, found, wanted = torch.zeros_like(logits), [], []
        for row, (segments, labels) in enumerate(targets):
            queries, instances = self.matcher(logits[row], boxes[row], segments, labels)
            classes[row, queries, labels[instances]] = 1
            found.append(boxes[row, queries])
            wanted.append(segments[instances])
        predicted, segments = torch.cat(found).float(), torch.cat(wanted)
        return dict(
            loss_cls=self.loss_cls(logits.flatten(0, 1), classes.flatten(0, 1)),
            loss_l1=self.l1_weight * (predicted - to_boxes(segments)).abs().sum(),
            loss_iou=self.iou_weight * (1 - tiou(to_segments(predicted), segments)).sum(),
        )

    def scores(self, logits: list[Tensor], boxes: list[Tensor], *others: Any) -> Tensor:
        """Scores (B, Q, K) of raw predictions (see :class:`QueryHead`)."""
        return logits[-1].mT.float().sigmoid()

    @torch.no_grad()
    def candidates_by_feat(self, *raw_and_masks: Any) -> list[InstanceData]:
        """The best pairs of a query and a class, of each sample: see :class:`DetectionHead`."""
        *raw, masks = raw_and_masks
        segments = to_segments(raw[1][-1].mT.float()) * masks[0].shape[1]  # (B, Q, 2)
        results = []
        for score, places in zip(self.scores(*raw).flatten(1), segments, strict=True):
            kept = (score > self.score_thr).nonzero().squeeze(1)
            labels = kept % self.num_classes
            found = InstanceData(
                segments=places[kept.div(self.num_classes, rounding_mode="floor")],
                scores=score[kept],
                labels=labels,
                levels=torch.zeros_like(labels),
            )
            results.append(self.best_candidates(found))
        return results
