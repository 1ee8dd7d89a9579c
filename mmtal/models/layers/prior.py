"""Initial bias of a classifier."""

import math


def logit(prob: float) -> float:
    """The bias that makes an untrained sigmoid classifier say ``prob``, in (0, 1)."""
    return -math.log((1 - prob) / prob)
