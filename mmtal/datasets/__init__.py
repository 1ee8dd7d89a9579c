"""Annotation files, features, the data set and its transforms.

All that prepares or reads data may import them; models may not.
"""

from mmtal.datasets.features import FeatureArray, open_features
from mmtal.datasets.pose_files import split_animals
from mmtal.datasets.samplers import LengthGroupedSampler
from mmtal.datasets.temporal_dataset import TemporalDataset
from mmtal.datasets.transforms.augment import ChannelDropout, FeatureNoise, RotateSensor
from mmtal.datasets.transforms.frames import (
    CropFrames,
    FlipFrames,
    FrameTransform,
    JitterFrames,
    RandAugmentFrames,
    RandomCropFrames,
    ResizeFrames,
)
from mmtal.datasets.transforms.loading import LoadFeatures, LoadFrames, SlidingWindow
from mmtal.datasets.transforms.normalize import Normalize
from mmtal.datasets.transforms.pack_inputs import PackInputs
from mmtal.datasets.transforms.pose import FillKeypoints, PoseFeatures
from mmtal.datasets.transforms.temporal import ResizeFeatures, TemporalStride, Truncate
from mmtal.datasets.transforms.windows import TrainingWindows

__all__ = [
    "ChannelDropout",
    "CropFrames",
    "FeatureArray",
    "FeatureNoise",
    "FillKeypoints",
    "FlipFrames",
    "FrameTransform",
    "JitterFrames",
    "LengthGroupedSampler",
    "LoadFeatures",
    "LoadFrames",
    "Normalize",
    "PackInputs",
    "PoseFeatures",
    "RandAugmentFrames",
    "RandomCropFrames",
    "ResizeFeatures",
    "ResizeFrames",
    "RotateSensor",
    "SlidingWindow",
    "TemporalDataset",
    "TemporalStride",
    "TrainingWindows",
    "Truncate",
    "open_features",
    "split_animals",
]
