"""OpenTAD's assignment on Ego4D."""

import math

from mmtal.models import CenterAssigner
from mmtal.registry import TASK_UTILS


@TASK_UTILS.register_module()
class AllInstancesAssigner(CenterAssigner):
    """A point learns the classes of all instances that it may predict, not the shortest one's.

    Its boundaries are those of the shortest.
    """

    tie_tolerance = math.inf
