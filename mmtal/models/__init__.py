"""Layers, backbones, necks, heads, losses, task modules and localizers.

Checkpoints, preparation, inference and experiments may import them.
"""

from mmtal.models.backbones import (
    BlockPyramid,
    ConvNet,
    ConvTransformer,
    windows_of_levels,
)
from mmtal.models.data_preprocessor import TemporalDataPreprocessor
from mmtal.models.heads import AnchorFreeHead
from mmtal.models.localizers import TemporalLocalizer
from mmtal.models.losses import DIoULoss, FocalLoss, GIoULoss
from mmtal.models.necks import FPN, IdentityNeck
from mmtal.models.task_modules import CenterAssigner, OffsetCoder, PointGenerator

__all__ = [
    "FPN",
    "AnchorFreeHead",
    "BlockPyramid",
    "CenterAssigner",
    "ConvNet",
    "ConvTransformer",
    "DIoULoss",
    "FocalLoss",
    "GIoULoss",
    "IdentityNeck",
    "OffsetCoder",
    "PointGenerator",
    "TemporalDataPreprocessor",
    "TemporalLocalizer",
    "windows_of_levels",
]
