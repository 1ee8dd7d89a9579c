"""TadTR (Liu et al., IEEE TIP 2022), as OpenTAD builds it."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.tadtr.tadtr.encoder import TadTREncoder
    from projects.tadtr.tadtr.head import TadTRHead

__all__ = ["TadTREncoder", "TadTRHead"]
