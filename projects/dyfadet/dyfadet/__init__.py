"""DyFADet (Yang et al., 2024), as OpenTAD builds it."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.dyfadet.dyfadet.dynamic_encoder import DynamicBlock, DynamicEncoder
    from projects.dyfadet.dyfadet.dynamic_head import DynamicHead, DynamicTower
    from projects.dyfadet.dyfadet.squeeze import SqueezeLong

__all__ = ["DynamicBlock", "DynamicEncoder", "DynamicHead", "DynamicTower", "SqueezeLong"]
