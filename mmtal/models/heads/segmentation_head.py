"""A head that gives every moment one class.

B batch, C channels, K classes, T_l positions of level l, O outputs: K, and background if it is one.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.models.layers import MaskedConv1d
from mmtal.registry import HEADS
from mmtal.structures import TemporalDataSample, clip_segments

UNLABELED = -100
"""Target of positions that take no part in the loss."""


@HEADS.register_module()
class SegmentationHead(nn.Module):
    """Softmax over the classes at each position of the finest level; a loss that smooths over time.

    Its detections are the runs of positions whose best class is the same, background left out;
    they never overlap. A score is the mean probability over the run. The loss is cross entropy,
    and the squared difference between the log-probabilities of neighboring positions, truncated;
    both are means, and the earlier one of two neighbors gets no gradient.

    Source: MS-TCN (Abu Farha and Gall, CVPR 2019), section 3.3, for the loss.

    Args:
        in_channels: C, width of the neck (given by the localizer).
        level_strides: Grid steps between the points of each level (given by the localizer).
        num_classes: K; 1 turns the head class-agnostic, whatever labels the data has.
        background: Whether what no instance covers is a class of its own. Else it takes no part
            in training, and never is predicted.
        smoothing: Weight of the smoothing loss.
        smoothing_limit: Differences of log-probabilities count as no more than this.

    Attributes:
        reads_all_levels (bool): Whether all parameters of the backbone and the neck get a gradient.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        level_strides: Sequence[int],
        num_classes: int,
        background: bool = True,
        smoothing: float = 0.15,
        smoothing_limit: float = 4.0,
    ) -> None:
        super().__init__()
        for name, value, least in (
            ("num_classes", num_classes, 1 if background else 2),
            ("smoothing", smoothing, 0),
            ("smoothing_limit", smoothing_limit, 0),
        ):
            if not value >= least:
                raise ValueError(f"{name} must be >= {least}, but got {value}")
        self.num_classes = num_classes
        self.num_outputs = num_classes + background
        self.stride = level_strides[0]
        self.reads_all_levels = len(level_strides) == 1
        self.smoothing = smoothing
        self.smoothing_limit = smoothing_limit
        self.classifier = MaskedConv1d(in_channels, self.num_outputs, kernel_size=1, exact=True)

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> tuple[list[Tensor], ...]:
        """Logits of every stage, the last of which predicts; here there is one.

        Args:
            features: Per level (B, C, T_l).
            masks: Per level bool (B, T_l).

        Returns:
            For each stage a list of its logits (B, O, T_0) at the finest level alone.
        """
        return ([self.classifier(features[0], masks[0])[0]],)

    def loss_by_feat(self, *raw_masks_and_samples: Any) -> dict[str, Tensor]:
        """Sums over the stages, from raw predictions, level masks and samples."""
        *stages, (mask, *_), samples = raw_masks_and_samples
        targets = torch.stack([self.targets(mask.shape[1], sample) for sample in samples])
        targets = targets.to(mask.device).masked_fill(~mask, UNLABELED)
        labeled = (targets != UNLABELED).sum().clamp(min=1)
        neighbors = mask[:, None, 1:]
        losses = dict(loss_cls=mask.new_zeros((), dtype=torch.float32))
        losses["loss_smooth"] = losses["loss_cls"]
        for (logits,) in stages:
            summed = F.cross_entropy(logits, targets, ignore_index=UNLABELED, reduction="sum")
            losses["loss_cls"] = losses["loss_cls"] + summed / labeled
            chance = logits.log_softmax(1)
            step = (chance[:, :, 1:] - chance[:, :, :-1].detach()).square()
            step = step.clamp(max=self.smoothing_limit**2) * neighbors
            mean = step.sum() / (self.num_outputs * neighbors.sum().clamp(min=1))
            losses["loss_smooth"] = losses["loss_smooth"] + self.smoothing * mean
        return losses

    def targets(self, length: int, sample: TemporalDataSample) -> Tensor:
        """The class at each of ``length`` positions; background is K, or left out of the loss.

        Raises:
            ValueError: Instances of two classes overlap.
        """
        instances, grid = sample.gt_instances, sample.grid
        labels = instances.labels if self.num_classes > 1 else torch.zeros_like(instances.labels)
        step = grid.feature_stride / grid.fps
        self.check_instances(instances.segments, labels, step=step, name=sample.video_id)
        nothing = self.num_classes if self.num_outputs > self.num_classes else UNLABELED
        targets = labels.new_full((length,), nothing)
        edges = (
            (grid.to_grid(instances.segments) / self.stride).ceil().clamp(0, length).long().tolist()
        )
        for (start, end), label in zip(edges, labels, strict=True):
            targets[start:end] = label
        return targets

    def check_instances(
        self,
        segments: Tensor,
        labels: Tensor,
        *,
        step: float,
        name: str,
        classes: Sequence[str] = (),
    ) -> None:
        """Refuse (ValueError) instances of two classes that overlap by more than a position.

        Args:
            segments: (N, 2), seconds.
            labels: (N,).
            step: Seconds from one feature to the next.
            name: The recording.
            classes: Names by label.
        """
        if self.num_classes == 1:
            return
        start, end = segments.double().unbind(1)
        shared = end[:, None].minimum(end) - start[:, None].maximum(start)
        both = (shared > 1.001 * self.stride * step) & (labels[:, None] != labels)
        if both.any():
            found = [
                f"{classes[label] if classes else f'class {label}'} in [{first:g}, {last:g}] s"
                for label, (first, last) in (
                    (int(labels[row]), segments[row].tolist()) for row in both.nonzero()[0]
                )
            ]
            raise ValueError(
                f"instances must not overlap for a {type(self).__name__}, which gives each moment "
                f"one class, but recording '{name}' has {' and '.join(found)}: shorten or remove "
                "one of them in the annotation file, or train a model that detects, such as those "
                "of configs/actionformer"
            )

    @torch.no_grad()
    def predict_by_feat(self, *raw_masks_and_samples: Any) -> list[InstanceData]:
        """Detections of each sample, best first, from raw predictions, level masks and samples.

        The first run begins where the recording does, the last one ends where it does.
        """
        *stages, masks, samples = raw_masks_and_samples
        scores, labels = stages[-1][0].float().softmax(1).max(1)  # (B, T_0)
        found = []
        for row, sample in enumerate(samples):
            valid = masks[0][row]
            runs, counts = labels[row][valid].unique_consecutive(return_counts=True)
            ends = counts.cumsum(0)
            sums = F.pad(scores[row][valid].double().cumsum(0), (1, 0))
            means = (sums[ends] - sums[ends - counts]) / counts
            edges = torch.stack([ends - counts, ends], dim=1) * self.stride - self.stride / 2
            segments = sample.grid.to_seconds(edges)
            segments[0, 0], segments[-1, 1] = 0, sample.duration
            segments = clip_segments(segments, 0.0, sample.duration)
            kept = means.argsort(descending=True, stable=True)
            kept = kept[runs[kept] < self.num_classes]
            found.append(
                InstanceData(segments=segments[kept], scores=means[kept].float(), labels=runs[kept])
            )
        return found
