"""Feature pyramid with a top-down path."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers import ChannelLayerNorm, MaskedConv1d
from mmtal.registry import NECKS


@NECKS.register_module()
class FPN(nn.Module):
    """Add each coarser level to the next finer one, then smooth with a depthwise convolution.

    Source: feature pyramid networks (Lin et al., CVPR 2017), in the depthwise form of the
    official ActionFormer release.

    Args:
        in_channels: Width of the backbone (given by the localizer).
        num_levels: Levels of the backbone (given by the localizer).
        out_channels: Width of every level of the result.
        with_norm: LayerNorm on each level.
    """

    def __init__(
        self, in_channels: int, *, num_levels: int, out_channels: int, with_norm: bool = True
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        levels = range(num_levels)
        self.laterals = nn.ModuleList(
            MaskedConv1d(in_channels, out_channels, kernel_size=1, bias=not with_norm)
            for _ in levels
        )
        self.convs = nn.ModuleList(
            MaskedConv1d(
                out_channels, out_channels, kernel_size=3, groups=out_channels, bias=not with_norm
            )
            for _ in levels
        )
        self.norms = nn.ModuleList(
            ChannelLayerNorm(out_channels) if with_norm else nn.Identity() for _ in levels
        )

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
        """Per level (B, C_in, T_l) and (B, T_l) -> per level (B, C, T_l); not masked."""
        merged = [
            lateral(x, mask)[0]
            for lateral, x, mask in zip(self.laterals, features, masks, strict=True)
        ]
        for level in range(len(merged) - 1, 0, -1):
            coarser = F.interpolate(merged[level], size=merged[level - 1].shape[-1])
            merged[level - 1] = merged[level - 1] + coarser
        return [
            norm(conv(x, mask)[0])
            for norm, conv, x, mask in zip(self.norms, self.convs, merged, masks, strict=True)
        ]
