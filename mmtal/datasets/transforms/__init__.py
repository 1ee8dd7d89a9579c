"""Transforms of the data pipeline."""

from mmtal.datasets.transforms.augment import ChannelDropout, FeatureNoise, RotateSensor
from mmtal.datasets.transforms.loading import LoadFeatures, SlidingWindow
from mmtal.datasets.transforms.normalize import Normalize
from mmtal.datasets.transforms.pack_inputs import PackInputs
from mmtal.datasets.transforms.temporal import ResizeFeatures, TemporalStride, Truncate

__all__ = [
    "ChannelDropout",
    "FeatureNoise",
    "LoadFeatures",
    "Normalize",
    "PackInputs",
    "ResizeFeatures",
    "RotateSensor",
    "SlidingWindow",
    "TemporalStride",
    "Truncate",
]
