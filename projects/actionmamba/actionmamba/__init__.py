"""ActionMamba of the Video Mamba Suite (Chen et al., 2024), as OpenTAD builds it."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.actionmamba.actionmamba.mixers import DecomposedMamba, VisionMamba
    from projects.actionmamba.actionmamba.scan_pyramid import ActionMamba, ScanBlock, ScanPyramid

__all__ = ["ActionMamba", "DecomposedMamba", "ScanBlock", "ScanPyramid", "VisionMamba"]
