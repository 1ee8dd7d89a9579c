"""TriDet (Shi et al., CVPR 2023) as a plugin."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.tridet.tridet.sgp_net import SGPNet
    from projects.tridet.tridet.tiou_focal_loss import TIoUFocalLoss
    from projects.tridet.tridet.trident_head import TridentHead

__all__ = ["SGPNet", "TIoUFocalLoss", "TridentHead"]
