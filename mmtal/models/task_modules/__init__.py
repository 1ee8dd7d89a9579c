"""Points, assigners and coders: what a head predicts where."""

from mmtal.models.task_modules.assigner import CenterAssigner
from mmtal.models.task_modules.coder import OffsetCoder
from mmtal.models.task_modules.points import PointGenerator

__all__ = ["CenterAssigner", "OffsetCoder", "PointGenerator"]
