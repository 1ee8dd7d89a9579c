"""Annotation files, features, the data set and its transforms.

All that prepares or reads data may import them; models may not.
"""

from mmtal.datasets.features import FeatureArray, open_features
from mmtal.datasets.samplers import LengthGroupedSampler
from mmtal.datasets.temporal_dataset import TemporalDataset
from mmtal.datasets.transforms.augment import ChannelDropout, FeatureNoise, RotateSensor
from mmtal.datasets.transforms.loading import LoadFeatures, SlidingWindow
from mmtal.datasets.transforms.normalize import Normalize
from mmtal.datasets.transforms.pack_inputs import PackInputs
from mmtal.datasets.transforms.pose import FillKeypoints, PoseFeatures
from mmtal.datasets.transforms.temporal import ResizeFeatures, TemporalStride, Truncate

__all__ = [
    "ChannelDropout",
    "FeatureArray",
    "FeatureNoise",
    "FillKeypoints",
    "LengthGroupedSampler",
    "LoadFeatures",
    "Normalize",
    "PackInputs",
    "PoseFeatures",
    "ResizeFeatures",
    "RotateSensor",
    "SlidingWindow",
    "TemporalDataset",
    "TemporalStride",
    "Truncate",
    "open_features",
]
