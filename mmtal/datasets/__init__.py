"""Annotation files, features, the data set and its transforms.

All that prepares or reads data may import them; models may not.
"""

from mmtal.datasets.features import FeatureArray, open_features
from mmtal.datasets.samplers import LengthGroupedSampler
from mmtal.datasets.temporal_dataset import TemporalDataset
from mmtal.datasets.transforms import (
    ChannelDropout,
    FeatureNoise,
    LoadFeatures,
    Normalize,
    PackInputs,
    ResizeFeatures,
    RotateSensor,
    SlidingWindow,
    TemporalStride,
    Truncate,
)

__all__ = [
    "ChannelDropout",
    "FeatureArray",
    "FeatureNoise",
    "LengthGroupedSampler",
    "LoadFeatures",
    "Normalize",
    "PackInputs",
    "ResizeFeatures",
    "RotateSensor",
    "SlidingWindow",
    "TemporalDataset",
    "TemporalStride",
    "Truncate",
    "open_features",
]
