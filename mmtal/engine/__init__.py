"""Training machinery that MMEngine lacks."""

from mmtal.engine.hooks import SafeCheckpointHook, SeedHook, SetupCheckHook
from mmtal.engine.weight_decay_constructor import WeightDecayConstructor

__all__ = ["SafeCheckpointHook", "SeedHook", "SetupCheckHook", "WeightDecayConstructor"]
