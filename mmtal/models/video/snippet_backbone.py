"""What makes one feature of the pictures of a snippet.

N snippets of S pictures of H x W pixels, C channels.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from mmtal.registry import BACKBONES
from mmtal.utils.live_source import LiveSource
from mmtal.utils.video_reader import open_video


class SnippetBackbone(nn.Module):
    """Makes features of snippets: uint8 (N, S, H, W, 3), RGB, to float32 (N, C).

    Attributes:
        size: Of pictures, where the user does not say: pixels of the shorter side, or
            (height, width).
        fps: Pictures per second, where the user does not say.
        feature_stride: Pictures between the starts of two snippets, likewise.
        snippet_frames: Pictures of a snippet, likewise.
        out_channels: C; None: it depends on the pictures.
        unused: Parts that :meth:`sequence` makes no use of.
        own_parts: Parts that files of weights may lack.
        num_layers: How many groups of its weights may have learning rates of their own.
        model_example: Of a name that follows the backbone's and a slash; empty: none does.
    """

    model_example: ClassVar[str] = ""
    size: int | tuple[int, int]
    fps: float
    feature_stride: float
    snippet_frames: int
    out_channels: int | None = None
    unused: tuple[str, ...] = ()
    own_parts: tuple[str, ...] = ()
    num_layers: int = 1

    @classmethod
    def default_weights(cls, model: str = "") -> Path | None:
        """The file of weights that comes with it; None: it needs none.

        ValueError: it needs weights of the user's.
        """
        return None

    @classmethod
    def from_folder(cls, folder: Path) -> "SnippetBackbone":
        """One whose weights are in a folder; ValueError: they must be in a file."""
        raise ValueError(f"weights must be a file, but got the folder {folder}")

    @classmethod
    def duration(cls, video: Path) -> float:
        """Seconds of a video; ValueError: it cannot be read, or holds nothing to look at."""
        return open_video(video).duration

    def read(
        self, video: Path | LiveSource, times: Iterable[float], size: int | tuple[int, int]
    ) -> Iterator[np.ndarray]:
        """What it looks at at each of the times (s, rising): pictures uint8 (H, W, 3)."""
        source = open_video(video) if isinstance(video, Path) else video
        return source.pictures(times, size=size)

    def sequence(self, frames: torch.Tensor) -> torch.Tensor:
        """Features (B, C, T) of a whole sequence, uint8 (B, F, H, W, 3).

        F is a multiple of ``snippet_frames``, the T features are spread evenly over it.
        """
        snippets = frames.unflatten(1, (-1, self.snippet_frames)).flatten(0, 1)
        return self(snippets).unflatten(0, (len(frames), -1)).mT

    def layer_of(self, name: str) -> int:
        """The layer, from the pictures on, that a weight belongs to: 0 to ``num_layers`` - 1."""
        return 0

    def renamed(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The weights of a file, by the names that they have here."""
        return dict(weights)

    def check(self, snippet_frames: int, size: int | tuple[int, int]) -> None:
        """Refuse (ValueError) snippets that it cannot take."""


def find_backbone(name: str) -> tuple[type[SnippetBackbone], tuple[str, ...]]:
    """The class that is registered as ``name``, and its argument: what follows a slash there.

    ValueError: nothing that makes features of pictures is, or a model's name is missing or not
    wanted.
    """
    name, slash, model = name.partition("/")
    found = BACKBONES.get(name) if name in BACKBONES else None
    if found is None or not issubclass(found, SnippetBackbone):
        known = {
            other: f"{other}/{kind.model_example}" if kind.model_example else other
            for other, kind in BACKBONES.module_dict.items()
            if issubclass(kind, SnippetBackbone)
        }
        close = difflib.get_close_matches(name.lower(), known)
        raise ValueError(
            f"backbone must make features of pictures, as {', '.join(known.values())}, but "
            f"'{name}' does not" + (f". Did you mean {' or '.join(close)}?" if close else "")
        )
    if bool(model) != bool(found.model_example):
        example = f"{name}/{found.model_example}" if found.model_example else name
        raise ValueError(f"backbone must be such as {example}, but got '{name}{slash}{model}'")
    return found, (model,) if model else ()


def as_images(frames: torch.Tensor) -> torch.Tensor:
    """Pictures uint8 (N, S, H, W, 3) as images float32 (N * S, 3, H, W) from 0 to 1."""
    return frames.flatten(0, 1).permute(0, 3, 1, 2).float() / 255
