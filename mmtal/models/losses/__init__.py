"""Losses of classification and of boundary regression."""

from mmtal.models.losses.focal_loss import FocalLoss
from mmtal.models.losses.tiou_loss import DIoULoss, GIoULoss

__all__ = ["DIoULoss", "FocalLoss", "GIoULoss"]
