"""CausalTAD (Liu et al., 2024), as OpenTAD builds it."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.causaltad.causaltad.causal_net import CausalMixer, CausalNet

__all__ = ["CausalMixer", "CausalNet"]
