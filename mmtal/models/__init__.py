from mmtal.models.backbones import ConvNet, ConvTransformer
from mmtal.models.data_preprocessor import TemporalDataPreprocessor
from mmtal.models.heads import AnchorFreeHead
from mmtal.models.localizers import TemporalLocalizer
from mmtal.models.losses import DIoULoss, FocalLoss, GIoULoss
from mmtal.models.necks import FPN, IdentityNeck
from mmtal.models.task_modules import CentreAssigner, OffsetCoder, PointGenerator

__all__ = [
    "FPN",
    "AnchorFreeHead",
    "CentreAssigner",
    "ConvNet",
    "ConvTransformer",
    "DIoULoss",
    "FocalLoss",
    "GIoULoss",
    "IdentityNeck",
    "OffsetCoder",
    "PointGenerator",
    "TemporalDataPreprocessor",
    "TemporalLocalizer",
]
