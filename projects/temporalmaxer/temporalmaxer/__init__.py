"""TemporalMaxer (Tang, Kim and Sohn, 2023) as a plugin."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.temporalmaxer.temporalmaxer.cheapest_assigner import CheapestAssigner
    from projects.temporalmaxer.temporalmaxer.first_channels import FirstChannels
    from projects.temporalmaxer.temporalmaxer.max_pool_pyramid import MaxPoolPyramid
    from projects.temporalmaxer.temporalmaxer.shared_norm_neck import SharedNormNeck
    from projects.temporalmaxer.temporalmaxer.temporal_maxer_head import TemporalMaxerHead

__all__ = [
    "CheapestAssigner",
    "FirstChannels",
    "MaxPoolPyramid",
    "SharedNormNeck",
    "TemporalMaxerHead",
]
