"""Layers, backbones, necks, heads, losses, task modules and localizers.

Checkpoints, preparation, inference and experiments may import them.
"""

from mmtal.models.backbones.block_pyramid import BlockPyramid, windows_of_levels
from mmtal.models.backbones.conv_net import ConvNet
from mmtal.models.backbones.conv_transformer import ConvTransformer
from mmtal.models.data_preprocessor import TemporalDataPreprocessor
from mmtal.models.heads.anchor_free_head import AnchorFreeHead
from mmtal.models.localizers.temporal_localizer import TemporalLocalizer
from mmtal.models.losses.focal_loss import FocalLoss
from mmtal.models.losses.tiou_loss import DIoULoss, GIoULoss
from mmtal.models.necks.fpn import FPN
from mmtal.models.necks.identity_neck import IdentityNeck
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
