from mmtal.models.heads.anchor_free_head import AnchorFreeHead

__all__ = ["AnchorFreeHead"]
