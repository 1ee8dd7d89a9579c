"""A backbone of pictures inside a localizer.

B recordings of T steps with S pictures of H x W pixels each; C channels.
"""

import re
from collections.abc import Sequence
from math import gcd
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmtal.models.video.snippet_backbone import SnippetBackbone, find_backbone
from mmtal.registry import BACKBONES, WEIGHT_INITIALIZERS
from mmtal.structures.contracts import Backbone, check_contract


@BACKBONES.register_module()
class VideoBackbone(nn.Module):
    """Makes features of pictures, for a backbone of features; both are trained together.

    The pictures, of all steps one after the other, are cut into clips of as many as ``video`` sees
    at once, and its features brought to one for each step by linear interpolation. A backbone that
    is not trained at all stays as in testing.

    Args:
        video: Config of a :class:`mmtal.models.SnippetBackbone`; or its name, as in
            ``mmtal data extract --backbone``.
        features: Config of a backbone of features, a :class:`~mmtal.structures.contracts.Backbone`,
            which gets ``in_channels``, where it has none, for pictures of the size that ``video``
            has by default.
        trained: Regular expressions, of which one is found in the names of those weights of
            ``video`` that are trained, such as ``adapter`` or ``^blocks.11.``; None: all; empty:
            none.
        channel_dropout: Chance of each channel of the features of ``video`` to be dropped, in
            training, over a whole sequence.
        weights: File or URL of the weights that ``video`` begins its training with, by the names of
            those who made it; ``default``: those that come with it; None: random ones.
    """

    in_channels = 3

    def __init__(
        self,
        *,
        video: str | dict[str, Any],
        features: dict[str, Any],
        trained: Sequence[str] | None = None,
        channel_dropout: float = 0.0,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        if isinstance(video, str):
            kind, model = find_backbone(video)
            self.video: SnippetBackbone = kind(*model)
        else:
            self.video = BACKBONES.build(video)
        if not isinstance(self.video, SnippetBackbone):
            raise ValueError(f"video must make features of pictures, but got {video}")
        if "in_channels" not in features:
            features = dict(features, in_channels=self._num_channels())
        self.features: Backbone = BACKBONES.build(features)
        check_contract(self.features, Backbone, name="model.backbone.features")
        self.out_channels = self.features.out_channels
        self.level_strides = self.features.level_strides
        self.padding = self.features.padding
        self.dropout = nn.Dropout1d(channel_dropout)
        self.weights = weights
        names = [name for name, _ in self.video.named_parameters()]
        for part in trained or ():
            if not any(re.search(part, name) for name in names):
                raise ValueError(
                    f"trained must describe names of weights such as '{names[0] if names else ''}',"
                    f" but '{part}' is found in none"
                )
        for name, weight in self.video.named_parameters():
            is_trained = trained is None or any(re.search(part, name) for part in trained)
            weight.requires_grad_(is_trained and name.split(".")[0] not in self.video.unused)
        self.is_trained = any(weight.requires_grad for weight in self.video.parameters())

    def _num_channels(self) -> int:
        """C of what ``video`` gives, where need be of pictures of its own size."""
        if self.video.out_channels is not None:
            return self.video.out_channels
        size = self.video.size
        height, width = (size, size) if isinstance(size, int) else size
        shape = (1, self.video.snippet_frames, height, width, 3)
        with torch.no_grad():
            return self.video.eval().sequence(torch.zeros(shape, dtype=torch.uint8)).shape[1]

    def init_weights(self) -> None:
        """Load ``weights``: when training begins, not where a checkpoint has them."""
        weights = self.weights
        if weights == "default":
            weights = str(self.video.default_weights() or "") or None
        if weights is not None:
            init = dict(type="Pretrained", checkpoint=weights)
            try:
                WEIGHT_INITIALIZERS.build(init)(self.video)
            except FileNotFoundError as error:
                raise FileNotFoundError(
                    f"{error}: say where the video backbone's weights are, with "
                    "--cfg-options model.backbone.weights=FILE"
                ) from None

    def train(self, mode: bool = True) -> "VideoBackbone":
        """Layers that are not trained, such as their batch norms, stay as in testing."""
        super().train(mode)
        if not self.is_trained:
            self.video.eval()
        for module in self.video.modules():
            own = list(module.parameters(recurse=False))
            if own and not any(weight.requires_grad for weight in own):
                module.training = False
        return self

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features and masks of every level, finest first.

        Args:
            x: Pictures, uint8, RGB: (B, H, W, 3, T) or, of several for each step, (B, S, H, W, 3,
                T). Padding repeats the last one.
            mask: Bool (B, T).
        """
        return self.features(self.dropout(self.extract(x)), mask)

    def extract(self, x: Tensor) -> Tensor:
        """Pictures, as in :meth:`forward`, to features float32 (B, C, T)."""
        steps = x.movedim(-1, 1)
        if steps.dim() == 5:
            steps = steps.unsqueeze(2)  # (B, T, S, H, W, 3)
        T, S = steps.shape[1:3]
        clip = self.video.snippet_frames
        lacking = -T % (clip // gcd(clip, S))
        if lacking:
            steps = torch.cat((steps, steps[:, -1:].expand(-1, lacking, *steps.shape[2:])), dim=1)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.is_trained):
            found = self.video.sequence(steps.flatten(1, 2)).float()
        if found.shape[2] != T + lacking:
            found = F.interpolate(found, T + lacking, mode="linear", align_corners=False)
        return found[:, :, :T]
