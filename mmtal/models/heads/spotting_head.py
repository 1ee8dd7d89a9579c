"""A head for events without duration: every point classifies itself and tells how far they are.

B batch, C channels, K classes, L levels, T_l positions of level l, P points of all levels,
M predictions.
"""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dist import get_world_size
from torch import Tensor

from mmtal.models.heads.anchor_free_head import AnchorFreeHead
from mmtal.models.layers import MaskedConv1d, join_levels, split_levels
from mmtal.registry import HEADS
from mmtal.structures import TemporalDataSample

NEVER = -50.0
"""Logit of the levels that own no event."""


@HEADS.register_module()
class SpottingHead(AnchorFreeHead):
    """A score of every class at each position, and the way to the nearest event of the class.

    Events are the middles of the data's segments (``point_width`` of the data set); detections are
    segments that end where they begin.

    Args:
        in_channels: Width of the neck (given by the localizer).
        level_strides: Grid steps between the points of each level (given by the localizer).
        assigner: Config of a :class:`mmtal.models.RadiusAssigner` or of one with its ``levels``.
        min_duration: None: events have none.
        kwargs: As for :class:`mmtal.models.AnchorFreeHead`; ``loss_reg`` gets distances (Q,) of
            pairs of a point and a class, and the right ones. NMS wants a ``distance``.

    Attributes:
        event_reach (float): How far an event lies from its point at most, in grid units.
        reads_all_levels (bool): Whether all parameters of the backbone and the neck get a gradient.
    """

    runtime_decoding = "events"
    ends_in_relu = False

    def __init__(
        self,
        in_channels: int,
        *,
        level_strides: Sequence[int],
        assigner: dict[str, Any],
        min_duration: None = None,
        **kwargs: Any,
    ) -> None:
        if min_duration is not None:
            raise ValueError(
                f"min_duration must be None, since events have no duration, but got {min_duration}"
            )
        super().__init__(
            in_channels,
            level_strides=level_strides,
            assigner=assigner,
            min_duration=None,
            **kwargs,
        )
        if self.nms is not None and not self.nms.get("distance"):
            raise ValueError(
                "nms must have a distance, in grid units, since events do not overlap, but got "
                f"{dict(self.nms)}"
            )
        (kernel,) = self.reg_conv.kernel_size
        self.reg_conv = MaskedConv1d(
            self.channels, self.num_classes, kernel_size=kernel, exact=True
        )
        del self.level_scales
        self.radius: float = self.assigner.radius  # type: ignore[attr-defined]
        self.levels: tuple[int, ...] = tuple(self.assigner.levels)  # type: ignore[attr-defined]
        if max(self.levels) >= len(level_strides):
            raise ValueError(
                f"assigner.levels must be below {len(level_strides)}, the levels of the backbone, "
                f"but got {list(self.levels)}"
            )
        self.reads_all_levels = len(self.levels) == len(level_strides)
        self.event_reach = self.radius * max(level_strides[level] for level in self.levels)

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Raw predictions of every point.

        Args:
            features: Per level (B, C, T_l).
            masks: Per level bool (B, T_l).

        Returns:
            Per level class logits (B, K, T_l), and the way to the nearest event of each class,
            (B, K, T_l) in level strides, later ones positive. Levels without events say no.
        """
        gap, lengths = self.cls_conv.kernel_size[0] // 2, [masks[i].shape[1] for i in self.levels]
        x, mask, kept = join_levels(
            [features[i] for i in self.levels], [masks[i] for i in self.levels], gap
        )
        towers = ((self.cls_tower, self.cls_conv, NEVER), (self.reg_tower, self.reg_conv, 0.0))
        raw = []
        for tower, conv, nothing in towers:
            own = split_levels(conv(tower(x, mask, kept), mask)[0], lengths, gap)
            shape = own[0].shape[:2]
            raw.append([own[0].new_full((*shape, m.shape[1]), nothing) for m in masks])
            for level, values in zip(self.levels, own, strict=True):
                raw[-1][level] = values
        if self.training:
            return raw[0], raw[1]
        # no further than any target: what a stream waits for
        return raw[0], [x.clamp(-self.radius, self.radius) for x in raw[1]]

    def loss_by_feat(
        self,
        cls_logits: list[Tensor],
        offsets: list[Tensor],
        masks: list[Tensor],
        data_samples: list[TemporalDataSample],
    ) -> dict[str, Tensor]:
        """Losses of raw predictions (see :meth:`forward`)."""
        owning = [m if i in self.levels else torch.zeros_like(m) for i, m in enumerate(masks)]
        valid = torch.cat(owning, dim=1)  # (B, P)
        logits, ways = (torch.cat(x, dim=2).transpose(1, 2) for x in (cls_logits, offsets))
        classes, wanted = self.targets([m.shape[1] for m in masks], data_samples)  # (B, P, K)
        positive = (classes > 0) & valid[..., None]
        factor = get_world_size() / self.update_normalizer(positive.sum())
        return dict(
            loss_cls=factor * self.loss_cls(logits[valid], classes[valid]),
            loss_reg=factor * self.loss_reg(ways[positive], wanted[positive]),
        )

    def distances(self, offsets: Tensor, point: Tensor, labels: Tensor) -> Tensor:
        """As the parent: an event starts and ends at the same distance."""
        way = offsets[labels, point]
        return torch.stack((-way, way), dim=-1)
