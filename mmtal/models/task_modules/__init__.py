"""Points, assigners and coders: what a head predicts where."""

from mmtal.models.task_modules.assigner import CenterAssigner
from mmtal.models.task_modules.coder import OffsetCoder
from mmtal.models.task_modules.hungarian_matcher import HungarianMatcher
from mmtal.models.task_modules.points import PointGenerator
from mmtal.models.task_modules.radius_assigner import RadiusAssigner

__all__ = ["CenterAssigner", "HungarianMatcher", "OffsetCoder", "PointGenerator", "RadiusAssigner"]
