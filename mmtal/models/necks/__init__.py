"""Necks: between backbone and head."""

from mmtal.models.necks.fpn import FPN
from mmtal.models.necks.identity_neck import IdentityNeck

__all__ = ["FPN", "IdentityNeck"]
