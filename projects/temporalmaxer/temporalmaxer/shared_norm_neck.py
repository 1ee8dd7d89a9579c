"""TemporalMaxer's neck."""

from torch import Tensor, nn

from mmtal.models.layers import ChannelLayerNorm
from mmtal.registry import NECKS

GROUPS = 4


@NECKS.register_module()
class SharedNormNeck(nn.Module):
    """One norm for all levels.

    Args:
        in_channels: Width of the backbone (given by the localizer).
        num_levels: Levels of the backbone (given by the localizer).
        norm: ``layer``: over the channels of each position. ``group``: over a quarter of the
            channels and the whole sequence, padding included, without learned scales; the
            backbone needs ``full_padding`` then, or results depend on the batch.

    Attributes:
        out_channels (int): Width of every level.
    """

    def __init__(self, in_channels: int, *, num_levels: int, norm: str = "layer") -> None:
        super().__init__()
        if norm not in ("layer", "group"):
            raise ValueError(f"norm must be 'layer' or 'group', but got '{norm}'")
        if norm == "group" and in_channels % GROUPS:
            raise ValueError(
                f"norm='group' needs a width that {GROUPS} divides, but got {in_channels}: change "
                "the backbone's embed_channels"
            )
        self.out_channels = in_channels
        shared: nn.Module = (
            ChannelLayerNorm(in_channels)
            if norm == "layer"
            else nn.GroupNorm(GROUPS, in_channels, affine=False)
        )
        # The same module once a level: so the release's checkpoints have it, under six names.
        self.norms = nn.ModuleList([shared] * num_levels)

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
        """Per level (B, C, T_l) and (B, T_l) -> per level (B, C, T_l); not masked."""
        return [norm(x) for norm, x in zip(self.norms, features, strict=True)]
