"""MS-TCN (Abu Farha and Gall, 2019)."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.mstcn.mstcn.multi_stage import DilatedNet, MultiStageHead

__all__ = ["DilatedNet", "MultiStageHead"]
