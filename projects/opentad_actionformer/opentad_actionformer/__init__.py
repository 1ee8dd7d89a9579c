"""ActionFormer as OpenTAD builds it, as a plugin."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.opentad_actionformer.opentad_actionformer.all_instances_assigner import (
        AllInstancesAssigner,
    )
    from projects.opentad_actionformer.opentad_actionformer.network import (
        OpenTADHead,
        OpenTADNeck,
        OpenTADTransformer,
    )
    from projects.opentad_actionformer.opentad_actionformer.transforms import (
        OpenTADResize,
        OpenTADTruncate,
    )

__all__ = [
    "AllInstancesAssigner",
    "OpenTADHead",
    "OpenTADNeck",
    "OpenTADResize",
    "OpenTADTransformer",
    "OpenTADTruncate",
]
