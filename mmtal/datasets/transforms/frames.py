"""Transforms of pictures, each alike for all pictures of a recording.

They come after :class:`~mmtal.datasets.LoadFrames` and decode nothing: what they do is done with
each picture, uint8 (H, W, 3), RGB, as it is decoded. Numbers are drawn once for a recording.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import cv2
import numpy as np
import torch

from mmtal.datasets.frames import check_size
from mmtal.registry import TRANSFORMS

Picture = np.ndarray
Change = Callable[[Picture], Picture]


@dataclass(eq=False)
class FrameTransform:
    """Base of the transforms: a subclass says what is done with a picture."""

    changes_grid = False

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        results["feats"] = results["feats"].changed(self.draw(results["rng"]))
        return results

    def draw(self, rng: np.random.Generator) -> Change:
        """What is done with every picture."""
        raise NotImplementedError


@TRANSFORMS.register_module()
@dataclass(eq=False)
class ResizeFrames(FrameTransform):
    """Resize pictures, bilinearly.

    Args:
        size: Pixels of the shorter side, or (height, width).
    """

    size: int | Sequence[int]

    def __post_init__(self) -> None:
        check_size(self.size)

    def draw(self, rng: np.random.Generator) -> Change:
        return lambda picture: resized(picture, self.size)


@TRANSFORMS.register_module()
@dataclass(eq=False)
class CropFrames(FrameTransform):
    """Keep the middle of pictures.

    Args:
        size: Pixels of both sides.
    """

    size: int

    def __post_init__(self) -> None:
        check_size(self.size)

    def draw(self, rng: np.random.Generator) -> Change:
        def crop(picture: Picture) -> Picture:
            top, left = ((side - self.size) // 2 for side in picture.shape[:2])
            if min(top, left) < 0:
                raise ValueError(
                    f"size of CropFrames must be at most the pictures' {picture.shape[:2]}, but "
                    f"got {self.size}: put ResizeFrames before it"
                )
            return picture[top : top + self.size, left : left + self.size]

        return crop


@TRANSFORMS.register_module()
@dataclass(eq=False)
class RandomCropFrames(FrameTransform):
    """Cut a random box out of the pictures, and resize it.

    Source: Inception's crops (Szegedy et al., 2015).

    Args:
        size: Pixels of both sides, afterwards.
        area: Least and greatest share of the picture.
        ratio: Least and greatest width by height.
    """

    size: int
    _: KW_ONLY
    area: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        check_size(self.size)
        for name, most in (("area", 1.0), ("ratio", math.inf)):
            low, high = getattr(self, name)
            if not 0 < low <= high <= most:
                rule = f"0 < low <= high <= {most:g}"
                raise ValueError(f"{name} must be (low, high), {rule}, but got {low, high}")

    def draw(self, rng: np.random.Generator) -> Change:
        tries = rng.random((10, 4))

        def crop(picture: Picture) -> Picture:
            top, left, height, width = self.box(picture.shape[0], picture.shape[1], tries)
            return resized(picture[top : top + height, left : left + width], (self.size, self.size))

        return crop

    def box(self, height: int, width: int, tries: np.ndarray) -> tuple[int, int, int, int]:
        """Top, left, height and width of the first of the tries (N, 4) that fits, or the middle."""
        low, high = map(math.log, self.ratio)
        for area, ratio, y, x in tries:
            pixels = height * width * (self.area[0] + area * (self.area[1] - self.area[0]))
            shape = math.exp(low + ratio * (high - low))
            rows, columns = round(math.sqrt(pixels / shape)), round(math.sqrt(pixels * shape))
            if 0 < rows <= height and 0 < columns <= width:
                top, left = int(y * (height - rows + 1)), int(x * (width - columns + 1))
                return top, left, rows, columns
        side = min(height, width)
        return (height - side) // 2, (width - side) // 2, side, side


@TRANSFORMS.register_module()
@dataclass(eq=False)
class FlipFrames(FrameTransform):
    """Mirror pictures, left to right.

    Args:
        prob: Chance of a recording to be mirrored.
    """

    prob: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.prob <= 1:
            raise ValueError(f"prob must be in [0, 1], but got {self.prob}")

    def draw(self, rng: np.random.Generator) -> Change:
        return np.fliplr if rng.random() < self.prob else lambda picture: picture


@TRANSFORMS.register_module()
@dataclass(eq=False)
class JitterFrames(FrameTransform):
    """Change brightness, contrast, saturation and hue, in random order.

    Args:
        brightness: Greatest share by which values are scaled.
        contrast: The same, of what differs from the picture's mean gray.
        saturation: The same, of what differs from each pixel's gray.
        hue: Greatest turn of the hues, in whole turns.
    """

    _: KW_ONLY
    brightness: float = 0.5
    contrast: float = 0.5
    saturation: float = 0.5
    hue: float = 0.1

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation", "hue"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be >= 0, but got {getattr(self, name)}")

    def draw(self, rng: np.random.Generator) -> Change:
        limits = (self.brightness, self.contrast, self.saturation)
        scales = [rng.uniform(max(0.0, 1 - limit), 1 + limit) for limit in limits]
        turn, order = rng.uniform(-self.hue, self.hue), rng.permutation(4).tolist()

        def jitter(picture: Picture) -> Picture:
            for step in order:
                if step == 3:
                    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
                    hsv[..., 0] = (hsv[..., 0].astype(int) + round(180 * turn)) % 180
                    picture = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
                    continue
                gray: Any = 0.0
                if step:
                    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
                    gray = gray.mean() if step == 1 else gray
                values = gray + np.float32(scales[step]) * (picture.astype(np.float32) - gray)
                picture = np.rint(values).clip(0, 255).astype(np.uint8)
            return picture

        return jitter


@TRANSFORMS.register_module()
@dataclass(eq=False)
class RandAugmentFrames(FrameTransform):
    """Some of fourteen changes of color and geometry, drawn at random; needs torchvision.

    Source: RandAugment (Cubuk et al., 2020).

    Args:
        num_ops: How many, one after the other.
        magnitude: Strength of each, 0 to 30.
    """

    num_ops: int = 2
    magnitude: int = 9

    def __post_init__(self) -> None:
        try:
            v2 = importlib.import_module("torchvision.transforms.v2")
        except ImportError:
            raise ImportError(
                "RandAugmentFrames needs torchvision: pip install torchvision"
            ) from None
        self.augment = v2.RandAugment(num_ops=self.num_ops, magnitude=self.magnitude)

    def draw(self, rng: np.random.Generator) -> Change:
        seed = int(rng.integers(2**63))

        def change(picture: Picture) -> Picture:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                values = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)
                return self.augment(values).permute(1, 2, 0).numpy()

        return change


def resized(picture: Picture, size: int | Sequence[int]) -> Picture:
    """A picture whose shorter side has so many pixels, or of so many rows and columns."""
    height, width = picture.shape[:2]
    if isinstance(size, int):
        factor = size / min(height, width)
        rows, columns = (int(side * factor + 0.5) for side in (height, width))
    else:
        rows, columns = size
    return cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_LINEAR)
