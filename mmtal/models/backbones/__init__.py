from mmtal.models.backbones.conv_net import ConvNet
from mmtal.models.backbones.conv_transformer import ConvTransformer

__all__ = ["ConvNet", "ConvTransformer"]
