"""The neck of the official recipes."""

from torch import Tensor, nn

from mmtal.models.layers import ChannelLayerNorm
from mmtal.registry import NECKS


@NECKS.register_module()
class IdentityNeck(nn.Module):
    """Normalize each level of the backbone, nothing else.

    Args:
        in_channels: Width of the backbone (given by the localizer).
        num_levels: Levels of the backbone (given by the localizer).
        with_norm: LayerNorm on each level.

    Attributes:
        out_channels (int): Width of every level.
        norm_eps (float): Added to the variance by the norms.
    """

    norm_eps = 1e-5

    def __init__(self, in_channels: int, *, num_levels: int, with_norm: bool = True) -> None:
        super().__init__()
        self.out_channels = in_channels
        self.norms = nn.ModuleList(
            ChannelLayerNorm(in_channels, eps=self.norm_eps) if with_norm else nn.Identity()
            for _ in range(num_levels)
        )

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
        """Per level (B, C, T_l) and (B, T_l) -> per level (B, C, T_l); not masked."""
        return [norm(x) for norm, x in zip(self.norms, features, strict=True)]
