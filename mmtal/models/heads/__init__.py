"""Heads: from the levels of a pyramid to losses or detections."""

from mmtal.models.heads.anchor_free_head import AnchorFreeHead

__all__ = ["AnchorFreeHead"]
