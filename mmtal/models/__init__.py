"""Layers, backbones, necks, heads, losses, task modules and localizers.

Checkpoints, preparation, inference and experiments may import them.
"""

from mmtal.models.backbones.block_pyramid import BlockPyramid, windows_of_levels
from mmtal.models.backbones.conv_net import ConvNet
from mmtal.models.backbones.conv_transformer import ConvTransformer
from mmtal.models.backbones.video_backbone import VideoBackbone
from mmtal.models.data_preprocessor import TemporalDataPreprocessor
from mmtal.models.heads.anchor_free_head import AnchorFreeHead
from mmtal.models.heads.detection_head import DetectionHead
from mmtal.models.heads.query_head import QueryHead
from mmtal.models.heads.segmentation_head import SegmentationHead
from mmtal.models.heads.spotting_head import SpottingHead
from mmtal.models.localizers.temporal_localizer import TemporalLocalizer
from mmtal.models.losses.focal_loss import FocalLoss
from mmtal.models.losses.smooth_l1_loss import SmoothL1Loss
from mmtal.models.losses.tiou_loss import DIoULoss, GIoULoss
from mmtal.models.necks.fpn import FPN
from mmtal.models.necks.identity_neck import IdentityNeck
from mmtal.models.task_modules import (
    CenterAssigner,
    HungarianMatcher,
    OffsetCoder,
    PointGenerator,
    RadiusAssigner,
)
from mmtal.models.video.efficientnet_lite0 import EfficientNetLite0
from mmtal.models.video.i3d import I3D, I3DFlow
from mmtal.models.video.library_backbones import (
    TimmBackbone,
    TorchvisionBackbone,
    TransformersBackbone,
)
from mmtal.models.video.log_mel import LogMel
from mmtal.models.video.pixels import Pixels
from mmtal.models.video.snippet_backbone import SnippetBackbone
from mmtal.models.video.videomae import VideoMAE

__all__ = [
    "FPN",
    "I3D",
    "AnchorFreeHead",
    "BlockPyramid",
    "CenterAssigner",
    "ConvNet",
    "ConvTransformer",
    "DIoULoss",
    "DetectionHead",
    "EfficientNetLite0",
    "FocalLoss",
    "GIoULoss",
    "HungarianMatcher",
    "I3DFlow",
    "IdentityNeck",
    "LogMel",
    "OffsetCoder",
    "Pixels",
    "PointGenerator",
    "QueryHead",
    "RadiusAssigner",
    "SegmentationHead",
    "SmoothL1Loss",
    "SnippetBackbone",
    "SpottingHead",
    "TemporalDataPreprocessor",
    "TemporalLocalizer",
    "TimmBackbone",
    "TorchvisionBackbone",
    "TransformersBackbone",
    "VideoBackbone",
    "VideoMAE",
    "windows_of_levels",
]
