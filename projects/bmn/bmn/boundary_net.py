"""BMN's backbone, the base module. B batch, C channels, T features."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.checkpoints.names import Rule
from mmtal.models.layers import FixedPadding, MaskedConv1d
from mmtal.registry import BACKBONES


@BACKBONES.register_module()
class BoundaryNet(nn.Module):
    """Grouped convolutions over time, one level.

    Source: BMN (Lin et al., ICCV 2019), section 3.3, base module.

    Args:
        in_channels: Channels of the features, or of each of several sources.
        embed_channels: C.
        max_seq_len: T, to which every sequence is padded.
        num_convs: Convolutions.
        groups: Of them; divides the channels.
    """

    level_strides = (1,)
    naming_rules: ClassVar = {
        "opentad": (
            Rule("projection.convs.{i}.conv.{p}", "backbone.convs.{i}.{p}"),
            Rule("rpn_head.tem.{i}.0.conv.{p}", "head.boundary_towers.{i}.0.{p}"),
            Rule("rpn_head.tem.{i}.1.conv.{p}", "head.boundary_towers.{i}.2.{p}"),
            Rule("roi_head.proposal_roi_extractor.reduce_dim.0.{p}", "head.reduce.{p}"),
            Rule("roi_head.proposal_roi_extractor.conv3d.0.weight", "head.sampling.weight", (0, 1)),
            Rule("roi_head.proposal_roi_extractor.conv3d.0.bias", "head.sampling.bias"),
            Rule("roi_head.proposal_roi_extractor.conv2d.0.{p}", "head.map_convs.0.{p}"),
            Rule("roi_head.proposal_head.head.0.0.{p}", "head.map_convs.2.{p}"),
            Rule("roi_head.proposal_head.head.1.0.{p}", "head.map_convs.4.{p}"),
            Rule("roi_head.proposal_head.head.2.{p}", "head.map_convs.6.{p}"),
        )
    }

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int = 256,
        max_seq_len: int,
        num_convs: int = 2,
        groups: int = 4,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels if isinstance(in_channels, int) else sum(in_channels)
        self.out_channels = embed_channels
        for name, width in (("in_channels", self.in_channels), ("embed_channels", embed_channels)):
            if width % groups:
                raise ValueError(
                    f"model.backbone.groups must divide {name}={width}, but got {groups}: set "
                    "model.backbone.groups=1"
                )
        self.padding = FixedPadding(max_seq_len, coarsest_stride=1, divisor=1)
        widths = [self.in_channels, *[embed_channels] * num_convs]
        self.convs = nn.ModuleList(
            MaskedConv1d(before, after, kernel_size=3, groups=groups)
            for before, after in pairwise(widths)
        )
        xavier(self)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """(B, C_in, T), (B, T) -> one level, (B, C, T) and (B, T)."""
        for conv in self.convs:
            x = F.relu(conv(x, mask)[0])
        return [x], [mask]


def xavier(module: nn.Module) -> None:
    """Start all convolutions of a module as BMN does."""
    for part in module.modules():
        if isinstance(part, nn.Conv1d | nn.Conv2d):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
