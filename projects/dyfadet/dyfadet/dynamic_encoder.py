"""DyFADet's backbone. B batch, C channels, T positions."""

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.checkpoints.names import Rule
from mmtal.models import BlockPyramid
from mmtal.models.layers import AffineDropPath, ChannelLayerNorm, Linear, max_pool
from mmtal.registry import BACKBONES
from projects.actionmamba.actionmamba.scan_pyramid import PADDING, pool_mask
from projects.opentad_actionformer.opentad_actionformer.network import NORM_EPS, OpenTADEmbedding

NORM_GROUPS = 16
_CONVS = {
    "psi": "gate_conv",
    "convw": "short_conv",
    "convkw": "long_conv",
    "fc": "instant_conv",
    "global_fc": "video_conv",
}


class DynamicBlock(nn.Module):
    """Features weighted by what is around them, and by the whole sequence; then an MLP.

    The means and the norm of the whole sequence see the padding, and what they leave in it.

    Source: DyFADet (Yang et al., ECCV 2024), section 3.3.

    Args:
        channels: C, a multiple of 16.
        window: Kernel of the short convolution, odd.
        widen: Kernel of the long convolution, in ``window + 1``; rounded, to an odd number.
        stride: Temporal downsampling, 1 or 2, by a max pool before all else.
        hidden: Width of the MLP.
        init_std: Standard deviation of the depthwise kernels at first; 0: an identity and an MLP.
        drop_path: Probability of dropping a residual branch of a sample; 0 leaves out the
            branches' learned scales.
    """

    gate_conv: nn.Conv1d
    short_conv: nn.Conv1d
    long_conv: nn.Conv1d
    instant_conv: nn.Conv1d
    video_conv: nn.Conv1d

    def __init__(
        self,
        channels: int,
        *,
        window: int,
        widen: float,
        stride: int,
        hidden: int,
        init_std: float,
        drop_path: float,
    ) -> None:
        super().__init__()
        if channels % NORM_GROUPS:
            raise ValueError(
                f"embed_channels must be a multiple of {NORM_GROUPS}, but got {channels}"
            )
        self.stride = stride
        self.norm = ChannelLayerNorm(channels, eps=NORM_EPS)
        long = round((window + 1) * widen) // 2 * 2 + 1  # an even number becomes the next odd one
        kernels = dict(zip(_CONVS.values(), (window, window, long, 1, 1), strict=True))
        for name, kernel in kernels.items():
            conv = nn.Conv1d(channels, channels, kernel, padding=kernel // 2, groups=channels)
            nn.init.normal_(conv.weight, 0, init_std)
            nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
            self.add_module(name, conv)
        self.mlp_norm = nn.GroupNorm(NORM_GROUPS, channels, eps=NORM_EPS)
        self.mlp = nn.Sequential(Linear(channels, hidden), nn.GELU(), Linear(hidden, channels))
        self.conv_drop_path, self.mlp_drop_path = (
            AffineDropPath(channels, drop_prob=drop_path) if drop_path > 0 else nn.Identity()
            for _ in range(2)
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, T), (B, T) -> (B, C, T / stride), (B, T / stride); not zero in the padding."""
        if self.stride > 1:
            x, mask = max_pool(x, kernel_size=3, stride=self.stride), pool_mask(mask, self.stride)
        y = self.norm(x)
        video = F.relu(self.video_conv(y.mean(2, keepdim=True)))
        around = F.relu(self.short_conv(y) + self.long_conv(y))
        y = self.instant_conv(y) * video + around * self.gate_conv(y) + y
        x = x * mask.unsqueeze(1).to(x.dtype) + self.conv_drop_path(y)
        return x + self.mlp_drop_path(self.mlp(self.mlp_norm(x).mT).mT), mask


@BACKBONES.register_module()
class DynamicEncoder(BlockPyramid):
    """ActionFormer's pyramid, with :class:`DynamicBlock` in place of transformer blocks.

    What its norms and means read in the padding reaches the valid positions.

    Args:
        in_channels: As :class:`mmtal.models.BlockPyramid`'s, like the following.
        embed_channels: Width, a multiple of 16.
        max_seq_len: Longest sequence in training; length of the position table.
        depths: Numbers of embedding convolutions, of stem blocks and of branch blocks.
        window: Kernel of the branch blocks' short convolutions; the stem's is 1.
        widen: Kernel of the long convolutions, in ``window + 1``.
        hidden: Width of the blocks' MLPs.
        init_std: Standard deviation of the blocks' depthwise kernels at first.
        noise: Standard deviation of what is added to the features in training, padding included.
        padding: Of recordings in testing: ``none`` or ``full``, to ``max_seq_len``.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        drop_path: Probability of dropping a residual branch of a sample, in the branch blocks.
    """

    embedding_class = OpenTADEmbedding
    pools_masks = True  # otherwise than mmtal.runtime, which exported models need to know
    naming_rules: ClassVar = {
        "opentad": (
            Rule("projection.{part}.{i}.ln.{p}", "backbone.{part}.{i}.norm.{p}"),
            Rule("projection.{part}.{i}.gn.{p}", "backbone.{part}.{i}.mlp_norm.{p}"),
            Rule(
                "projection.{part}.{i}.drop_path_out.scale",
                "backbone.{part}.{i}.conv_drop_path.scale",
                (1, 1),
            ),
            *(
                Rule(f"projection.{{part}}.{{i}}.{t}.{{p}}", f"backbone.{{part}}.{{i}}.{o}.{{p}}")
                for t, o in _CONVS.items()
            ),
        )
    }

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        depths: tuple[int, int, int] = (2, 2, 5),
        window: int = 1,
        widen: float = 5,
        hidden: int = 768,
        init_std: float = 0.0,
        noise: float = 0.0,
        padding: str = "none",
        abs_pos: bool = False,
        drop_path: float = 0.1,
    ) -> None:
        if padding not in PADDING:
            raise ValueError(f"padding must be one of {tuple(PADDING)}, but got '{padding}'")
        if window % 2 == 0:
            raise ValueError(f"window must be odd, but got {window}")

        def block(channels: int, level: int) -> DynamicBlock:
            return DynamicBlock(
                channels,
                window=window if level else 1,
                widen=widen,
                stride=2 if level else 1,
                hidden=hidden,
                init_std=init_std,
                drop_path=drop_path if level else 0.0,
            )

        super().__init__(
            in_channels,
            embed_channels=embed_channels,
            max_seq_len=max_seq_len,
            depths=depths,
            block=block,
            divisor=1,
            padding_rule=PADDING[padding],
            abs_pos=abs_pos,
        )
        self.noise = noise

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """As :class:`mmtal.models.BlockPyramid`; the levels are not zero in the padding."""
        if self.training and self.noise > 0:
            x = x + self.noise * torch.randn_like(x)
        return super().forward(x, mask)
