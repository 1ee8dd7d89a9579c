"""ActionFormer's head: every point classifies itself and tells how far both ends are.

B batch, C channels, K classes, L levels, T_l positions of level l, P points of all levels,
M predictions.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.dist import all_reduce, get_world_size
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.models.heads.detection_head import DetectionHead
from mmtal.models.layers import ConvTower, MaskedConv1d, join_levels, logit, split_levels
from mmtal.registry import HEADS, LOSSES, TASK_UTILS
from mmtal.structures import TemporalDataSample
from mmtal.structures.contracts import Assigner, Coder, check_contract

EMPTY_CLASS_PROB = 1e-6


@HEADS.register_module()
class AnchorFreeHead(DetectionHead):
    """Classification and regression towers shared by all levels.

    Source: ActionFormer (Zhang et al., ECCV 2022), sections 3.2 and 3.3.

    Args:
        in_channels: Width of the neck (given by the localizer).
        level_strides: Grid steps between the points of each level (given by the localizer).
        num_classes: K; 1 turns the head class-agnostic, whatever labels the data has.
        assigner: Config of the point assigner (see :meth:`targets`).
        loss_cls: Config of the classification loss.
        loss_reg: Config of the regression loss.
        score_thr: Predictions must score higher, before NMS.
        pre_nms_topk: Best predictions of each level that reach NMS.
        min_duration: Predictions must be longer, in grid units; None: even empty ones are kept.
        nms: Arguments of :func:`mmtal.ops.segment_nms`; None for none.
        max_per_video: Predictions kept.
        fixed_limits: Which of ``pre_nms_topk`` and ``max_per_video`` hold for recordings of any
            length; the others grow where one is longer than those of training.
        channels: Width of the towers; None: as ``in_channels``.
        num_convs: Convolutions of each tower, the predicting one included.
        kernel_size: Of the convolutions.
        with_norm: LayerNorm after each convolution but the last.
        point_generator: Config of the point generator.
        coder: Config of the segment coder.
        prior_prob: Probability that an untrained classifier gives every class.
        empty_classes: Classes without training data, silenced by their bias.
        offset_bias: Bias of the offsets at first, in level strides. They end in a ReLU: a side that
            is below 0 at every point has no gradient, and may stay so. 1 opens both; 0 is the
            source's.
        loss_normalizer: Initial value of the running number of positives.
        normalizer_momentum: Share of the old value in each update of it.
    """

    tower_class = ConvTower
    ends_in_relu = True
    """Whether offsets do, so that they need ``offset_bias``."""
    loss_normalizer: Tensor
    open_points: Tensor

    def __init__(
        self,
        in_channels: int,
        *,
        level_strides: Sequence[int],
        num_classes: int,
        assigner: dict[str, Any],
        loss_cls: dict[str, Any],
        loss_reg: dict[str, Any],
        score_thr: float,
        pre_nms_topk: int,
        min_duration: float | None,
        nms: dict[str, Any] | None,
        max_per_video: int,
        fixed_limits: Sequence[str] = (),
        channels: int | None = None,
        num_convs: int = 3,
        kernel_size: int = 3,
        with_norm: bool = True,
        point_generator: dict[str, Any] | None = None,
        coder: dict[str, Any] | None = None,
        prior_prob: float = 0.01,
        empty_classes: Sequence[int] = (),
        offset_bias: float = 0.0,
        loss_normalizer: float = 100.0,
        normalizer_momentum: float = 0.9,
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
        if not 0 < prior_prob < 1:
            raise ValueError(f"prior_prob must be in (0, 1), but got {prior_prob}")
        if loss_normalizer <= 0:
            raise ValueError(f"loss_normalizer must be > 0, but got {loss_normalizer}")
        if offset_bias and not self.ends_in_relu:
            raise ValueError(
                f"offset_bias is not of {type(self).__name__}, whose offsets do not end in a ReLU, "
                f"but got {offset_bias}: leave it out"
            )
        if offset_bias < 0:
            raise ValueError(f"offset_bias must be >= 0, but got {offset_bias}")
        channels = channels or in_channels
        self.channels = channels
        self.num_convs = num_convs
        self.with_norm = with_norm

        self.cls_tower, self.reg_tower = (
            self.tower_class(
                in_channels,
                channels,
                num_convs=num_convs - 1,
                kernel_size=kernel_size,
                with_norm=with_norm,
            )
            for _ in ("cls", "reg")
        )
        self.cls_conv = MaskedConv1d(channels, num_classes, kernel_size=kernel_size, exact=True)
        self.reg_conv = MaskedConv1d(channels, 2, kernel_size=kernel_size, exact=True)
        nn.init.constant_(self.reg_conv.bias, offset_bias)  # type: ignore[arg-type]
        self.level_scales = nn.Parameter(torch.ones(len(level_strides)))
        nn.init.constant_(self.cls_conv.bias, logit(prior_prob))  # type: ignore[arg-type]
        self.silence_classes(empty_classes)

        self.points = TASK_UTILS.build(
            point_generator or dict(type="PointGenerator"),
            default_args=dict(level_strides=level_strides),
        )
        self.coder: Coder = TASK_UTILS.build(coder or dict(type="OffsetCoder"))
        check_contract(self.coder, Coder, name="model.head.coder")
        self.assigner: Assigner = TASK_UTILS.build(assigner)
        check_contract(self.assigner, Assigner, name="model.head.assigner")
        ranges = getattr(self.assigner, "regression_ranges", level_strides)
        if len(ranges) != len(level_strides):
            raise ValueError(
                f"assigner.regression_ranges must have one range for each of the "
                f"{len(level_strides)} levels of the backbone, but got {len(ranges)}"
            )
        self.loss_cls = LOSSES.build(loss_cls)
        self.loss_reg = LOSSES.build(loss_reg)
        self.normalizer_momentum = normalizer_momentum
        # A buffer, so that a resumed training goes on with the same value.
        self.register_buffer("loss_normalizer", torch.tensor(float(loss_normalizer)))
        self.register_buffer("open_points", torch.zeros(3), persistent=False)

    @torch.no_grad()
    def silence_classes(self, empty_classes: Sequence[int]) -> None:
        """Start the classifier of these classes at a probability of about 1e-6."""
        for label in empty_classes:
            self.cls_conv.bias[label] = logit(EMPTY_CLASS_PROB)  # type: ignore[index]

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Raw predictions of every point.

        Args:
            features: Per level (B, C, T_l).
            masks: Per level bool (B, T_l).

        Returns:
            Per level class logits (B, K, T_l), and offsets (B, 2, T_l) >= 0 in level strides.
        """
        gap, lengths = self.cls_conv.kernel_size[0] // 2, [mask.shape[1] for mask in masks]
        x, mask, kept = join_levels(features, masks, gap)
        logits = self.cls_conv(self.cls_tower(x, mask, kept), mask)[0]
        raw = self.reg_conv(self.reg_tower(x, mask, kept), mask)[0]
        offsets = [
            F.relu(level * scale)
            for level, scale in zip(split_levels(raw, lengths, gap), self.level_scales, strict=True)
        ]
        return split_levels(logits, lengths, gap), offsets

    def loss_by_feat(
        self,
        cls_logits: list[Tensor],
        offsets: list[Tensor],
        masks: list[Tensor],
        data_samples: list[TemporalDataSample],
    ) -> dict[str, Tensor]:
        """Losses of raw predictions (see :meth:`forward`)."""
        valid = torch.cat(masks, dim=1)  # (B, P)
        logits = torch.cat([x.transpose(1, 2) for x in cls_logits], dim=1)  # (B, P, K)
        pred_offsets = torch.cat([x.transpose(1, 2) for x in offsets], dim=1)  # (B, P, 2)
        class_targets, offset_targets = self.targets(
            [m.shape[1] for m in masks], data_samples, logits=logits, offsets=pred_offsets
        )
        positive = class_targets.any(-1) & valid
        number, of_instances = positive.sum(), pred_offsets[positive]
        if self.ends_in_relu:
            opened = (of_instances.detach() > 0).sum(0)
            self.open_points += torch.cat((number.view(1), opened))

        # Gradients are averaged over ranks, so each rank's sum over its own points counts
        # world-size times: N ranks then step as one with N times the batch.
        factor = get_world_size() / self.update_normalizer(number)
        return dict(
            loss_cls=factor * self.loss_cls(logits[valid], class_targets[valid]),
            loss_reg=factor * self.loss_reg(of_instances, offset_targets[positive]),
        )

    def targets(
        self,
        lengths: Sequence[int],
        data_samples: list[TemporalDataSample],
        *,
        logits: Tensor | None = None,
        offsets: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Class targets (B, P, K) and offsets (B, P, 2) for levels of these lengths.

        Args:
            lengths: Positions of each level.
            data_samples: With ``gt_instances``.
            logits: Predicted, (B, P, K). Only an assigner whose ``sees_predictions`` is true gets
                them, recording by recording, and the next.
            offsets: Predicted, (B, P, 2).
        """
        points = self.points(lengths, device=self.loss_normalizer.device)
        targets = []
        for index, sample in enumerate(data_samples):
            predicted: dict[str, Tensor] = {}
            if self.assigner.sees_predictions and logits is not None and offsets is not None:
                predicted = dict(logits=logits[index], offsets=offsets[index])
            instances = sample.gt_instances
            labels = instances.labels
            if self.num_classes == 1:
                labels = torch.zeros_like(labels)
            segments = sample.grid.to_grid(instances.segments)
            targets.append(self.assigner(points, segments, labels, self.num_classes, **predicted))
        classes, distances = zip(*targets, strict=True)
        return torch.stack(classes), torch.stack(distances)

    def closed_sides(self) -> list[str]:
        """Which of "start" and "end" no point of an instance was away from since the last call.

        Of this process's points alone: not all processes need to ask.
        """
        total, *opened = self.open_points.tolist()
        self.open_points.zero_()
        pairs = zip(("start", "end"), opened, strict=True)
        return [side for side, number in pairs if total and not number]

    def update_normalizer(self, num_positives: Tensor) -> Tensor:
        """Count this process's positive points in; what the sums of losses are divided by."""
        total = num_positives.to(self.loss_normalizer.dtype)
        all_reduce(total)
        momentum = self.normalizer_momentum
        self.loss_normalizer.mul_(momentum).add_((1 - momentum) * total.clamp(min=1))
        return self.loss_normalizer.clone()

    @torch.no_grad()
    def candidates_by_feat(
        self, cls_logits: list[Tensor], offsets: list[Tensor], masks: list[Tensor]
    ) -> list[InstanceData]:
        """Decoded raw predictions (see :meth:`forward`) before NMS, which needs whole recordings.

        Pool those of windows by :meth:`best_candidates`, end with :meth:`finish`.

        Returns:
            Of each sample: ``segments`` (M, 2) in grid units of the window, ``scores``, ``labels``
            and ``levels``.
        """
        lengths = [mask.shape[1] for mask in masks]
        points = self.points(lengths, device=masks[0].device)
        positions = points.positions.split(lengths)
        strides = points.level_strides.split(lengths)
        results = []
        for index in range(len(masks[0])):
            levels = [
                self.decode_level(
                    cls_logits[level][index].float(),
                    offsets[level][index].float(),
                    masks[level][index],
                    positions[level],
                    strides[level],
                )
                for level in range(len(masks))
            ]
            segments, scores, labels = (torch.cat(x) for x in zip(*levels, strict=True))
            counts = torch.tensor([len(level[1]) for level in levels], device=labels.device)
            level = torch.arange(len(levels), device=labels.device).repeat_interleave(counts)
            results.append(
                InstanceData(segments=segments, scores=scores, labels=labels, levels=level)
            )
        return results

    def decode_level(
        self, logits: Tensor, offsets: Tensor, mask: Tensor, positions: Tensor, strides: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Best predictions of one level of one recording, before NMS.

        Args:
            logits: (K, T_l).
            offsets: (2, T_l), or whatever :meth:`forward` gives for it.
            mask: Bool (T_l,).
            positions: (T_l,) of the points, in grid units.
            strides: (T_l,), their level's stride.

        Returns:
            M segments (M, 2) in grid units, scores (M,) and labels (M,).
        """
        scores = (logits.sigmoid() * mask).t().flatten()  # (T_l * K,)
        candidates = (scores > self.score_thr).nonzero().squeeze(1)
        scores = scores[candidates]
        if len(scores) > self.pre_nms_topk:
            scores, best = scores.topk(self.pre_nms_topk)
            candidates = candidates[best]
        point = candidates.div(self.num_classes, rounding_mode="floor")
        labels = candidates % self.num_classes
        distances = self.distances(offsets, point, labels)
        return self.coder.decode(positions[point], strides[point], distances), scores, labels

    def distances(self, offsets: Tensor, point: Tensor, labels: Tensor) -> Tensor:
        """Distances of chosen points to both ends, in level strides.

        Args:
            offsets: Of one level of one recording, as :meth:`forward` gives them.
            point: (M,) indices of its points.
            labels: (M,) of the classes in question.

        Returns:
            (M, 2).
        """
        return offsets[:, point].t()
