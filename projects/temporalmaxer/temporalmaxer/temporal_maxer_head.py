"""ActionFormer's head, by the name that the configs of recorded runs have for it."""

from mmtal.models import AnchorFreeHead
from mmtal.registry import HEADS


@HEADS.register_module()
class TemporalMaxerHead(AnchorFreeHead):
    """:class:`mmtal.models.AnchorFreeHead`, whose assigner may see the predictions."""
