"""Random changes of feature values, for training."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from mmtal.datasets.features import FeatureArray
from mmtal.registry import TRANSFORMS


@TRANSFORMS.register_module()
@dataclass(eq=False)
class FeatureNoise:
    """Add Gaussian noise to every feature value.

    Args:
        std: Standard deviation of the noise, in feature units.
    """

    changes_grid = False
    std: float

    def __post_init__(self) -> None:
        if self.std < 0:
            raise ValueError(f"std must be >= 0, but got {self.std}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        values = results["feats"].read()  # (T, C)
        values += self.std * results["rng"].standard_normal(values.shape, dtype=np.float32)
        results["feats"] = FeatureArray((values,))
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class ChannelDropout:
    """Set random channels to 0 over the whole sequence, and scale the others up accordingly.

    Args:
        prob: Chance of each channel to be dropped, [0, 1).
    """

    changes_grid = False
    prob: float

    def __post_init__(self) -> None:
        if not 0 <= self.prob < 1:
            raise ValueError(f"prob must be in [0, 1), but got {self.prob}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        values = results["feats"].read()  # (T, C)
        kept = results["rng"].random(values.shape[1]) >= self.prob
        values *= (kept / (1 - self.prob)).astype(np.float32)
        results["feats"] = FeatureArray((values,))
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class RotateSensor:
    """Turn the axes of an inertial sensor by a random angle, another one for each training sample.

    Where a phone or a band sits on the body differs between people, mostly by a turn about the
    limb or the trunk. Features are windows of three axes, flattened axis by axis, as
    ``SlidingWindow`` makes them: C = 3 x samples, or a multiple of it for several sensors, which
    are turned together. Values must still be those of the sensor: put it before ``Normalize``.

    Args:
        axis: Number of the axis (0, 1 or 2) to turn about: the one along the limb or the trunk.
        max_angle: Degrees, (0, 180]; angles are uniform from -max_angle to max_angle.
        window_size: Samples of an axis in one feature.
    """

    changes_grid = False
    _: KW_ONLY
    axis: int
    max_angle: float
    window_size: int = 1

    def __post_init__(self) -> None:
        if self.axis not in (0, 1, 2):
            raise ValueError(f"axis must be 0, 1 or 2, but got {self.axis}")
        if not 0 < self.max_angle <= 180:
            raise ValueError(f"max_angle must be in (0, 180] degrees, but got {self.max_angle}")
        if self.window_size < 1:
            raise ValueError(f"window_size must be >= 1 sample, but got {self.window_size}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        values = results["feats"].read()  # (T, C)
        if values.shape[1] % (3 * self.window_size):
            raise ValueError(
                f"recording '{results['video_id']}' has {values.shape[1]} channels, but "
                f"RotateSensor needs 3 axes x window_size={self.window_size} of them, or a "
                "multiple: set window_size to the samples of an axis in one feature"
            )
        angle = np.deg2rad(results["rng"].uniform(-self.max_angle, self.max_angle))
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        axes = values.reshape(len(values), -1, 3, self.window_size)
        first, second = (axes[:, :, (self.axis + turn) % 3].copy() for turn in (1, 2))
        axes[:, :, (self.axis + 1) % 3] = cos * first - sin * second
        axes[:, :, (self.axis + 2) % 3] = sin * first + cos * second
        results["feats"] = FeatureArray((values,))
        return results
