"""Stages of dilated convolutions. B batch, C channels, T positions, O outputs of the head."""

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.checkpoints.names import Rule
from mmtal.models import SegmentationHead
from mmtal.models.layers import MaskedConv1d, PaddingRule
from mmtal.registry import BACKBONES, HEADS


def _release_rules(theirs: str, ours: str, classifier: str) -> tuple[Rule, ...]:
    """The release's names of a stage's parameters."""
    return (
        Rule(f"{theirs}.conv_1x1.{{p}}", f"{ours}.embed.{{p}}"),
        Rule(f"{theirs}.layers.{{i}}.conv_dilated.{{p}}", f"{ours}.layers.{{i}}.conv.{{p}}"),
        Rule(f"{theirs}.layers.{{i}}.conv_1x1.{{p}}", f"{ours}.layers.{{i}}.proj.{{p}}"),
        Rule(f"{theirs}.conv_out.{{p}}", f"head.{classifier}.{{p}}"),
    )


class DilatedLayer(nn.Module):
    """A residual pair of convolutions, the first with gaps: (B, C, T), (B, 1, T) -> (B, C, T)."""

    def __init__(self, channels: int, *, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.proj = nn.Conv1d(channels, channels, 1)
        self.dropout = dropout

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        y = self.proj(F.relu(self.conv(x)))
        if self.training and self.dropout:  # several times as fast as nn.Dropout on CPUs
            y = y * (torch.rand_like(y) >= self.dropout) / (1 - self.dropout)
        return (x + y) * valid


class DilatedStage(nn.Module):
    """Layers whose gaps double: (B, C_in, T) and bool (B, T) -> (B, C, T), zero in the padding."""

    def __init__(self, in_channels: int, channels: int, *, num_layers: int, dropout: float) -> None:
        super().__init__()
        self.embed = nn.Conv1d(in_channels, channels, 1)
        self.layers = nn.ModuleList(
            DilatedLayer(channels, dilation=2**i, dropout=dropout) for i in range(num_layers)
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        valid = mask.unsqueeze(1).to(x.dtype)
        x = self.embed(x) * valid
        for layer in self.layers:
            x = layer(x, valid)
        return x


@BACKBONES.register_module()
class DilatedNet(nn.Module):
    """The first stage of MS-TCN, without its classifier: one level at full length.

    Args:
        in_channels: Channels of the features.
        embed_channels: Width.
        max_seq_len: Longest sequence in training.
        num_layers: The last one's gap is 2 ** (num_layers - 1) positions.
        dropout: Probability of dropping what a layer adds.
    """

    naming_rules: ClassVar = {"official": _release_rules("stage1", "backbone.stage", "classifier")}

    def __init__(
        self,
        in_channels: int,
        *,
        embed_channels: int = 64,
        max_seq_len: int,
        num_layers: int = 10,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = embed_channels
        self.level_strides = [1]
        self.padding = PaddingRule(max_seq_len, coarsest_stride=1, divisor=1)
        self.stage = DilatedStage(
            in_channels, embed_channels, num_layers=num_layers, dropout=dropout
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """(B, C_in, T) and bool (B, T) -> [(B, C, T)] and [(B, T)]."""
        return [self.stage(x, mask)], [mask]


@HEADS.register_module()
class MultiStageHead(SegmentationHead):
    """Each further stage refines the class probabilities of the one before; all have the loss.

    Source: MS-TCN (Abu Farha and Gall, CVPR 2019), section 3.2.

    Args:
        in_channels: Width of the neck (given by the localizer).
        num_stages: The first one, whose layers are the backbone, included.
        channels: Width of the further stages.
        num_layers: Of each of them.
        dropout: Probability of dropping what a layer adds.
        head: Arguments of :class:`SegmentationHead`.
    """

    naming_rules: ClassVar = {
        "official": _release_rules("stages.{n}", "head.stages.{n}", "classifiers.{n}")
    }

    def __init__(
        self,
        in_channels: int,
        *,
        num_stages: int = 4,
        channels: int = 64,
        num_layers: int = 10,
        dropout: float = 0.5,
        **head: Any,
    ) -> None:
        super().__init__(in_channels, **head)
        self.stages = nn.ModuleList(
            DilatedStage(self.num_outputs, channels, num_layers=num_layers, dropout=dropout)
            for _ in range(num_stages - 1)
        )
        self.classifiers = nn.ModuleList(
            MaskedConv1d(channels, self.num_outputs, kernel_size=1, exact=True) for _ in self.stages
        )

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> tuple[list[Tensor], ...]:
        raw, mask = [*super().forward(features, masks)], masks[0]
        for stage, classifier in zip(self.stages, self.classifiers, strict=True):
            chance = raw[-1][0].softmax(1) * mask.unsqueeze(1)
            raw.append([classifier(stage(chance, mask), mask)[0]])
        return tuple(raw)
