"""The block of TriDet's backbone. B batch, C channels, T positions."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers import AffineDropPath, ChannelLayerNorm, downsample_mask, max_pool

GROUPS = 16


class SGPBlock(nn.Module):
    """Scalable-granularity perception: what a transformer block is, with convolutions inside.

    The instant-level branch says how a position differs from the whole sequence, phi(x) fc(x); the
    window-level branch looks around it at two scales, psi(x) (conv_w(x) + conv_kw(x)).

    Source: TriDet (Shi et al., CVPR 2023), section 3.2, equations 1 to 3.

    Args:
        channels: C, a multiple of 16.
        mlp_channels: Inner width of the MLP.
        window: w, kernel size of the short window, odd.
        window_ratio: k; the long window is round(k (w + 1)), made odd.
        init_std: Standard deviation of the five convolutions at first.
        stride: Temporal downsampling, 1 or 2, by max pooling.
        drop_path: Probability of dropping a residual branch of a sample; 0 leaves out the
            branches' learned scales as well.
    """

    def __init__(
        self,
        channels: int,
        *,
        mlp_channels: int,
        window: int,
        window_ratio: float,
        init_std: float,
        stride: int = 1,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        if channels % GROUPS:
            raise ValueError(
                f"embed_channels must be a multiple of {GROUPS} (of a group norm), but got "
                f"{channels}"
            )
        if window < 1 or window % 2 == 0:
            raise ValueError(f"window must be odd and >= 1, but got {window}")
        if window_ratio <= 0:
            raise ValueError(f"window_ratio must be > 0, but got {window_ratio}")
        long_window = round(window_ratio * (window + 1))
        long_window += long_window % 2 == 0
        self.stride = stride
        self.norm = ChannelLayerNorm(channels)
        self.phi = DepthwiseConv(channels, 1, init_std)
        self.fc = DepthwiseConv(channels, 1, init_std)
        self.psi = DepthwiseConv(channels, window, init_std)
        self.conv_w = DepthwiseConv(channels, window, init_std)
        self.conv_kw = DepthwiseConv(channels, long_window, init_std)
        self.mlp_norm = nn.GroupNorm(GROUPS, channels)
        self.mlp = nn.Sequential(
            nn.Conv1d(channels, mlp_channels, 1), nn.GELU(), nn.Conv1d(mlp_channels, channels, 1)
        )
        for layer in (self.mlp[0], self.mlp[2]):
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        self.sgp_drop_path, self.mlp_drop_path = (
            AffineDropPath(channels, drop_prob=drop_path) if drop_path > 0 else nn.Identity()
            for _ in range(2)
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, T), (B, T) -> (B, C, T / stride), not zero in the padding, and its mask."""
        if self.stride > 1:
            x = max_pool(x, kernel_size=self.stride + 1, stride=self.stride)
            mask = downsample_mask(mask, self.stride)
        y = self.norm(x)
        phi = F.relu(self.phi(y.mean(-1, keepdim=True)))  # padding included, as in the release
        y = phi * self.fc(y) + self.psi(y) * (self.conv_w(y) + self.conv_kw(y)) + y
        x = x * mask.unsqueeze(1).to(x.dtype) + self.sgp_drop_path(y)
        return x + self.mlp_drop_path(self.mlp(self.mlp_norm(x))), mask


class DepthwiseConv(nn.Conv1d):
    """Odd-sized convolution of each channel by itself.

    Args:
        channels: C.
        kernel_size: Odd.
        init_std: Standard deviation of the weights at first; the bias starts at 0.
    """

    def __init__(self, channels: int, kernel_size: int, init_std: float) -> None:
        super().__init__(channels, channels, kernel_size, padding=kernel_size // 2, groups=channels)
        nn.init.normal_(self.weight, std=init_std)
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T), in the memory layout of x."""
        if self.kernel_size[0] == 1:
            return x * self.weight[:, 0] + self.bias[:, None]  # type: ignore[index]
        # Depthwise kernels are several times faster on (B, T, C) memory, which only the
        # two-dimensional convolution accepts.
        return F.conv2d(
            x.unsqueeze(2),
            self.weight.unsqueeze(2),
            self.bias,
            padding=(0, self.kernel_size[0] // 2),
            groups=self.groups,
        ).squeeze(2)
