"""Layers that backbones, necks and heads are built from."""

from mmtal.models.layers.attention import ConvAttention, global_attention, local_attention
from mmtal.models.layers.blocks import ConvBlock, TransformerBlock
from mmtal.models.layers.conv import MaskedConv1d, downsample_mask, max_pool, zero_padding
from mmtal.models.layers.conv_tower import ConvTower, join_levels, split_levels
from mmtal.models.layers.deformable_attention import DeformableAttention
from mmtal.models.layers.drop_path import AffineDropPath
from mmtal.models.layers.embedding import ConvEmbedding, sinusoid_table, sinusoids
from mmtal.models.layers.norm import ChannelLayerNorm
from mmtal.models.layers.prior import logit
from mmtal.models.layers.products import Linear
from mmtal.models.layers.selective_scan import selective_scan
from mmtal.models.layers.selective_ssm import SelectiveSSM
from mmtal.runtime.padding import FixedPadding, FullPadding, NoPadding, PaddingRule

__all__ = [
    "AffineDropPath",
    "ChannelLayerNorm",
    "ConvAttention",
    "ConvBlock",
    "ConvEmbedding",
    "ConvTower",
    "DeformableAttention",
    "FixedPadding",
    "FullPadding",
    "Linear",
    "MaskedConv1d",
    "NoPadding",
    "PaddingRule",
    "SelectiveSSM",
    "TransformerBlock",
    "downsample_mask",
    "global_attention",
    "join_levels",
    "local_attention",
    "logit",
    "max_pool",
    "selective_scan",
    "sinusoid_table",
    "sinusoids",
    "split_levels",
    "zero_padding",
]
