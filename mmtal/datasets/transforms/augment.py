"""Random changes of feature values, for training."""

import numpy as np

from mmtal.datasets.features import FeatureArray
from mmtal.registry import TRANSFORMS


@TRANSFORMS.register_module()
class FeatureNoise:
    """Add Gaussian noise to every feature value.

    Args:
        std: Standard deviation of the noise, in feature units.
    """

    def __init__(self, std: float) -> None:
        if std < 0:
            raise ValueError(f"std must be >= 0, but got {std}")
        self.std = std

    def __call__(self, results: dict) -> dict:
        values = results["feats"].read()  # (T, C)
        values += self.std * results["rng"].standard_normal(values.shape, dtype=np.float32)
        results["feats"] = FeatureArray((values,))
        return results

    def __repr__(self) -> str:
        return f"FeatureNoise({self.std})"


@TRANSFORMS.register_module()
class ChannelDropout:
    """Set random channels to 0 over the whole sequence, and scale the others up accordingly.

    Args:
        prob: Chance of each channel to be dropped, [0, 1).
    """

    def __init__(self, prob: float) -> None:
        if not 0 <= prob < 1:
            raise ValueError(f"prob must be in [0, 1), but got {prob}")
        self.prob = prob

    def __call__(self, results: dict) -> dict:
        values = results["feats"].read()  # (T, C)
        kept = results["rng"].random(values.shape[1]) >= self.prob
        values *= (kept / (1 - self.prob)).astype(np.float32)
        results["feats"] = FeatureArray((values,))
        return results

    def __repr__(self) -> str:
        return f"ChannelDropout({self.prob})"
