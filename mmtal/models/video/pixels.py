"""Gray pixels and their differences: what a learned backbone must beat."""

import torch

from mmtal.models.video.snippet_backbone import SnippetBackbone
from mmtal.registry import BACKBONES


@BACKBONES.register_module("pixels")
class Pixels(SnippetBackbone):
    """The mean picture of a snippet in gray, how it changes, and how much: C is 3 * H * W.

    Change is the last picture less the first, and the mean absolute difference of neighbors. Gray
    is that of ITU-R BT.601, from 0 to 1. At 16 x 12 pixels that is 576 numbers.
    """

    size = (12, 16)
    fps = 8.0
    feature_stride = 2.0
    snippet_frames = 2

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        gray = frames.float() @ frames.new_tensor([0.299, 0.587, 0.114], dtype=torch.float32) / 255
        steps = gray.diff(dim=1) if gray.shape[1] > 1 else torch.zeros_like(gray)
        parts = (gray.mean(1), gray[:, -1] - gray[:, 0], steps.abs().mean(1))
        return torch.cat([part.flatten(1) for part in parts], dim=1)
