"""TriDet's head.

B batch, C channels, K classes, L levels, N bins, T_l positions of level l, P points of all levels,
Q pairs of a point and a class.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.dist import get_world_size
from torch import Tensor, nn

from mmtal.models import AnchorFreeHead
from mmtal.models.layers import ConvTower, MaskedConv1d, logit
from mmtal.registry import HEADS
from mmtal.structures import TemporalDataSample

EPS = 1e-8


@HEADS.register_module()
class TridentHead(AnchorFreeHead):
    """Every point asks its N neighbors on each side how likely they are a start or an end.

    A distance is the expected bin of a softmax: the point's own opinion of bin n, plus the start
    (or end) logit, of the class in question, at the position n steps away. So the ends that a
    point predicts differ from class to class.

    Source: TriDet (Shi et al., CVPR 2023), section 3.3.

    Args:
        in_channels: Width of the neck (given by the localizer).
        num_bins: N; no predicted distance is longer than N level strides.
        boundary_kernel: Kernel size of the convolutions of the start and end branches.
        prior_prob: Of the classes, and of starts and ends, as for the parent.
        kwargs: As for :class:`mmtal.models.AnchorFreeHead`; ``loss_cls`` gets the tIoU of the
            positives, as :class:`TIoUFocalLoss` wants it.
    """

    runtime_decoding = "bins"
    ends_in_relu = False

    def __init__(
        self,
        in_channels: int,
        *,
        num_bins: int = 16,
        boundary_kernel: int = 3,
        prior_prob: float = 0.01,
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, prior_prob=prior_prob, **kwargs)
        if num_bins < 1:
            raise ValueError(f"num_bins must be >= 1, but got {num_bins}")
        self.num_bins = num_bins
        channels, (kernel,) = self.channels, self.reg_conv.kernel_size
        self.reg_conv = MaskedConv1d(channels, 2 * (num_bins + 1), kernel_size=kernel, exact=True)
        self.boundary_towers = nn.ModuleList(
            ConvTower(
                in_channels, channels, num_convs=self.num_convs - 1, kernel_size=boundary_kernel
            )
            for _ in ("start", "end")
        )
        self.boundary_convs = nn.ModuleList(
            MaskedConv1d(channels, self.num_classes, kernel_size=boundary_kernel, exact=True)
            for _ in ("start", "end")
        )
        for conv in self.boundary_convs:
            nn.init.constant_(conv.bias, logit(prior_prob))  # type: ignore[arg-type]

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Raw predictions of every point.

        Args:
            features: Per level (B, C, T_l).
            masks: Per level bool (B, T_l).

        Returns:
            Per level class logits (B, K, T_l), and (B, 2 (N + 1) + 2 K, T_l): the point's logits
            of its bins to the start and to the end, start logits and end logits.
        """
        logits, bins = super().forward(features, masks)
        boundaries = []
        for x, mask, own in zip(features, masks, bins, strict=True):
            start, end = (
                conv(tower(x.detach(), mask), mask)[0]
                for tower, conv in zip(self.boundary_towers, self.boundary_convs, strict=True)
            )
            boundaries.append(torch.cat((own, start, end), dim=1))
        return logits, boundaries

    def loss_by_feat(
        self,
        cls_logits: list[Tensor],
        boundaries: list[Tensor],
        masks: list[Tensor],
        data_samples: list[TemporalDataSample],
    ) -> dict[str, Tensor]:
        """Losses of raw predictions (see :meth:`forward`)."""
        valid = torch.cat(masks, dim=1)  # (B, P)
        logits = torch.cat(cls_logits, dim=2).transpose(1, 2)  # (B, P, K)
        classes, distances = self.targets([m.shape[1] for m in masks], data_samples)
        classes = classes * valid[..., None]
        sample, point, label = classes.nonzero().unbind(1)
        predicted = self.offsets_of(boundaries, sample, point, label)  # (Q, 2)
        wanted = distances[sample, point]
        factor = get_world_size() / self.update_normalizer(classes.any(-1).sum())
        return dict(
            loss_cls=factor * self.loss_cls(logits[valid], classes[valid], tiou(predicted, wanted)),
            loss_reg=factor * self.loss_reg(predicted, wanted),
        )

    def distances(self, offsets: Tensor, point: Tensor, labels: Tensor) -> Tensor:
        """As the parent, with ends that differ from class to class."""
        return self.offsets_of([offsets[None]], torch.zeros_like(point), point, labels)

    def offsets_of(
        self, boundaries: Sequence[Tensor], sample: Tensor, point: Tensor, label: Tensor
    ) -> Tensor:
        """Distances of chosen points to both ends, for chosen classes.

        Args:
            boundaries: Of some levels, as :meth:`forward` returns them.
            sample: (Q,) indices into the batch.
            point: (Q,) indices into the points of these levels, one after the other.
            label: (Q,) classes.

        Returns:
            (Q, 2) in level strides.
        """
        N, K = self.num_bins, self.num_classes
        bins, starts, ends = [], [], []
        for level in boundaries:
            own, start, end = level.split((2 * (N + 1), K, K), dim=1)
            bins.append(own)
            starts.append(F.pad(start, (N, 0)))  # beyond the sequence, the point decides alone
            ends.append(F.pad(end, (0, N)))
        lengths = torch.tensor([x.shape[-1] for x in boundaries], device=point.device)
        level = torch.bucketize(point, lengths.cumsum(0), right=True)
        # Each level before it has N positions of padding; of the start branch they come first.
        near = (point + N * level)[:, None] + torch.arange(N + 1, device=point.device)  # (Q, N+1)
        own = torch.cat(bins, dim=2)[sample, :, point].unflatten(1, (2, N + 1))
        at = (sample[:, None], label[:, None], near)
        neighbors = torch.stack((torch.cat(starts, dim=2)[at], torch.cat(ends, dim=2)[at]), dim=1)
        probs = (own + neighbors).float().softmax(-1)  # (Q, 2, N + 1), in order of time
        steps = torch.arange(N + 1, dtype=probs.dtype, device=probs.device)
        return (probs * torch.stack((steps.flip(0), steps))).sum(-1)


def tiou(offsets: Tensor, targets: Tensor) -> Tensor:
    """tIoU of segments that share a point: distances to both ends (Q, 2), (Q, 2) -> (Q,)."""
    overlap = torch.minimum(offsets, targets).sum(-1)
    return overlap / (torch.maximum(offsets, targets).sum(-1)).clamp(min=EPS)
