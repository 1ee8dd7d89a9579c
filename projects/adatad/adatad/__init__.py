"""AdaTAD (Liu et al., CVPR 2024), as OpenTAD builds it."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.adatad.adatad.video_backbone import AdaTADBackbone

__all__ = ["AdaTADBackbone"]
