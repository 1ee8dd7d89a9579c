from projects.tridet.tridet.official_checkpoint import load_tridet_state_dict
from projects.tridet.tridet.sgp_net import SGPNet
from projects.tridet.tridet.tiou_focal_loss import TIoUFocalLoss
from projects.tridet.tridet.trident_head import TridentHead

__all__ = ["SGPNet", "TIoUFocalLoss", "TridentHead", "load_tridet_state_dict"]
