"""Hooks that MMEngine lacks."""

from mmtal.engine.hooks.cuda_graph_hook import CudaGraphHook
from mmtal.engine.hooks.divergence_hook import DivergenceHook
from mmtal.engine.hooks.feature_statistics_hook import FeatureStatisticsHook
from mmtal.engine.hooks.limits_hook import LimitsHook
from mmtal.engine.hooks.operating_point_hook import OperatingPointHook
from mmtal.engine.hooks.prediction_pictures_hook import PredictionPicturesHook
from mmtal.engine.hooks.safe_checkpoint_hook import SafeCheckpointHook
from mmtal.engine.hooks.seed_hook import SeedHook
from mmtal.engine.hooks.setup_check_hook import SetupCheckHook

__all__ = [
    "CudaGraphHook",
    "DivergenceHook",
    "FeatureStatisticsHook",
    "LimitsHook",
    "OperatingPointHook",
    "PredictionPicturesHook",
    "SafeCheckpointHook",
    "SeedHook",
    "SetupCheckHook",
]
