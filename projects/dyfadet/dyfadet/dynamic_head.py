"""DyFADet's head. B batch, C channels, K kernel size, T_l positions of level l."""

import math
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.checkpoints.names import Rule
from mmtal.models.layers import ChannelLayerNorm, MaskedConv1d, zero_padding
from mmtal.registry import HEADS
from projects.opentad_actionformer.opentad_actionformer.network import NORM_EPS, OpenTADHead

THRESHOLD = 1.5
"""What a gate is open above, far below 0: half of it lets a third through, 0 nothing."""


def gate(x: Tensor) -> Tensor:
    """From 0, where x <= 0, to 1."""
    low = math.tanh(THRESHOLD)
    return F.relu((torch.tanh(x - THRESHOLD) + low) / (1 + low))


class Shift(nn.Module):
    """Each position's neighbors beside it, channel by channel: (B, C, T) -> (B, C K, T).

    Args:
        channels: C.
        kernel_size: K, odd.
    """

    weight: Tensor

    def __init__(self, channels: int, *, kernel_size: int) -> None:
        super().__init__()
        # a buffer, since OpenTAD saves it
        self.register_buffer("weight", torch.eye(kernel_size).repeat(channels, 1)[:, None])

    def forward(self, x: Tensor) -> Tensor:
        K = self.weight.shape[2]
        return F.conv1d(x, self.weight.to(x.dtype), padding=K // 2, groups=x.shape[1])


def _draw_biases(module: nn.Module) -> None:
    """Start as OpenTAD's do: with biases of 0, a gate that closes everywhere is closed for good."""
    for conv in module.children():
        if isinstance(conv, MaskedConv1d):
            conv.reset_parameters()


class ChannelGatedConv(nn.Module):
    """Convolution of squares, which a gate of each channel and position lets through.

    Squares, since OpenTAD's gate returns the features with it, and both are multiplied.

    Args:
        channels: C.
        kernel_size: K, odd.
    """

    def __init__(self, channels: int, *, kernel_size: int) -> None:
        super().__init__()
        self.shift = Shift(channels, kernel_size=kernel_size)
        self.gate = MaskedConv1d(channels, channels, kernel_size=kernel_size, groups=channels)
        self.conv = MaskedConv1d(channels * kernel_size, channels, kernel_size=1)
        self.norm = ChannelLayerNorm(channels, eps=NORM_EPS)
        _draw_biases(self)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, C, T), (B, T) -> (B, C, T); zero in the padding."""
        shifted = self.shift(x).unflatten(1, (x.shape[1], -1))  # (B, C, K, T)
        opened = gate(self.gate(x, mask)[0]).unsqueeze(2)
        y = self.conv((shifted * shifted * opened).flatten(1, 2), mask)[0]
        return zero_padding(self.norm(y), mask)


class GatedConv(nn.Module):
    """Convolution of features that another one weights, and a gate of each position lets through.

    Args:
        in_channels: C.
        channels: Channels out.
        kernel_size: K, odd.
    """

    def __init__(self, in_channels: int, channels: int, *, kernel_size: int) -> None:
        super().__init__()
        wide = in_channels * kernel_size
        self.shift = Shift(in_channels, kernel_size=kernel_size)
        self.weight_conv = MaskedConv1d(wide, in_channels, kernel_size=kernel_size)
        self.weight_norm = ChannelLayerNorm(in_channels, eps=NORM_EPS)
        self.gate = MaskedConv1d(wide, 1, kernel_size=kernel_size)
        self.conv = MaskedConv1d(wide, channels, kernel_size=1)
        self.norm = ChannelLayerNorm(channels, eps=NORM_EPS)
        _draw_biases(self)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, C, T), (B, T) -> (B, channels, T); zero in the padding."""
        shifted = self.shift(x)
        weight = self.weight_norm(self.weight_conv(shifted, mask)[0])
        weight = zero_padding(weight * gate(self.gate(shifted, mask)[0]), mask).unsqueeze(2)
        y = (shifted.unflatten(1, (x.shape[1], -1)) * weight).flatten(1, 2)
        return zero_padding(self.norm(self.conv(y, mask)[0]), mask)


class DynamicLayer(nn.Module):
    """Each level takes from the finer and the coarser one, then a gated convolution and ReLU.

    Source: DyFADet (Yang et al., ECCV 2024), section 3.4.

    Args:
        in_channels: Channels in.
        channels: Channels out.
        kernel_size: Of all convolutions, odd.
    """

    def __init__(self, in_channels: int, channels: int, *, kernel_size: int) -> None:
        super().__init__()
        self.from_finer, self.from_coarser = (
            ChannelGatedConv(in_channels, kernel_size=kernel_size) for _ in range(2)
        )
        self.others_scale = nn.Parameter(torch.zeros(1))
        self.own_scale = nn.Parameter(torch.ones(1))
        self.conv = GatedConv(in_channels, channels, kernel_size=kernel_size)

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
        """Per level (B, C_in, T_l), (B, T_l) -> per level (B, C, T_l); zero in the padding."""
        levels = list(zip(features, masks, strict=True))
        finer = [None, *(self.from_finer(x, mask) for x, mask in levels[:-1])]
        coarser = [*(self.from_coarser(x, mask) for x, mask in levels[1:]), None]
        results = []
        for (x, mask), *sources in zip(levels, finer, coarser, strict=True):
            near = [F.interpolate(y, x.shape[2]) for y in sources if y is not None]
            mixed = x * self.own_scale + sum(near) * self.others_scale
            results.append(F.relu(self.conv(mixed, mask)))
        return results


class DynamicTower(nn.ModuleList):
    """:class:`DynamicLayer` several times.

    Args:
        in_channels: Channels in.
        channels: Channels out.
        num_convs: Layers.
        kernel_size: Of all convolutions, odd.
        with_norm: Must be True.
    """

    def __init__(
        self, in_channels: int, channels: int, *, num_convs: int, kernel_size: int, with_norm: bool
    ) -> None:
        if not with_norm:
            raise ValueError("with_norm must be True, but got False")
        super().__init__(
            DynamicLayer(channels if i else in_channels, channels, kernel_size=kernel_size)
            for i in range(num_convs)
        )

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
        """Per level (B, C_in, T_l), (B, T_l) -> per level (B, C, T_l); zero in the padding."""
        for layer in self:
            features = layer(features, masks)
        return features


def _opentad_rules() -> tuple[Rule, ...]:
    convs = {
        "dynamic_convs.0.": ("from_finer.", "kernel_conv.gate_conv"),
        "dynamic_convs.1.": ("from_coarser.", "kernel_conv.gate_conv"),
        "depth_module.": ("conv.", "kernel_conv.gate.gate_conv"),
    }
    names = {"scale_weight": "others_scale", "output_weight": "own_scale"}
    for theirs, (ours, gate_name) in convs.items():
        names |= {
            f"{theirs}shift_conv.weight": f"{ours}shift.weight",
            f"{theirs}{gate_name}.{{p}}": f"{ours}gate.{{p}}",
            f"{theirs}conv.{{p}}": f"{ours}conv.{{p}}",
            f"{theirs}norm.{{p}}": f"{ours}norm.{{p}}",
            f"{theirs}kernel_conv.conv.{{p}}": f"{ours}weight_conv.{{p}}",
            f"{theirs}kernel_conv.norm.{{p}}": f"{ours}weight_norm.{{p}}",
        }
    return tuple(
        Rule(f"rpn_head.{{branch}}_convs.{{i}}.{theirs}", f"head.{{branch}}_tower.{{i}}.{ours}")
        for theirs, ours in names.items()
    )


@HEADS.register_module()
class DynamicHead(OpenTADHead):
    """OpenTAD's head with towers that work on all levels at once.

    Args:
        args: As :class:`mmtal.models.AnchorFreeHead`'s.
        gate_bias: Of all gates at first; 1.5 opens half of each. None: drawn, as OpenTAD's; a gate
            that is then closed at every position has no gradient.
        kwargs: As :class:`mmtal.models.AnchorFreeHead`'s.
    """

    tower_class = DynamicTower  # type: ignore[assignment]  # other arguments in forward
    naming_rules: ClassVar = {"opentad": _opentad_rules()}

    def __init__(self, *args: Any, gate_bias: float | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for module in self.modules():
            if gate_bias is not None and isinstance(module, ChannelGatedConv | GatedConv):
                nn.init.constant_(module.gate.bias, gate_bias)  # type: ignore[arg-type]

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """As :class:`mmtal.models.AnchorFreeHead`."""
        cls, reg = self.cls_tower(features, masks), self.reg_tower(features, masks)
        logits = [self.cls_conv(x, mask)[0] for x, mask in zip(cls, masks, strict=True)]
        offsets = [
            F.relu(self.reg_conv(x, mask)[0] * scale)
            for x, mask, scale in zip(reg, masks, self.level_scales, strict=True)
        ]
        return logits, offsets
