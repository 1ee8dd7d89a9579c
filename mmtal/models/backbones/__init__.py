"""Backbones: from features to a pyramid of levels."""

from mmtal.models.backbones.block_pyramid import BlockPyramid, windows_of_levels
from mmtal.models.backbones.conv_net import ConvNet
from mmtal.models.backbones.conv_transformer import ConvTransformer

__all__ = ["BlockPyramid", "ConvNet", "ConvTransformer", "windows_of_levels"]
