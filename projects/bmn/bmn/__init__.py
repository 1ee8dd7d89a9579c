"""BMN (Lin et al., ICCV 2019), as OpenTAD builds it."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.bmn.bmn.boundary_matching_head import BoundaryMatchingHead
    from projects.bmn.bmn.boundary_net import BoundaryNet
    from projects.bmn.bmn.map_sampling import MapSampling

__all__ = ["BoundaryMatchingHead", "BoundaryNet", "MapSampling"]
