"""Hooks, runner and optimizer constructor that MMEngine lacks.

Inference, experiments and cli may import them.
"""

from mmtal.engine.hooks import PredictionPicturesHook, SafeCheckpointHook, SeedHook, SetupCheckHook
from mmtal.engine.weight_decay_constructor import WeightDecayConstructor

__all__ = [
    "PredictionPicturesHook",
    "SafeCheckpointHook",
    "SeedHook",
    "SetupCheckHook",
    "WeightDecayConstructor",
]
