from mmtal.models.task_modules.assigner import CentreAssigner
from mmtal.models.task_modules.coder import OffsetCoder
from mmtal.models.task_modules.points import PointGenerator, Points

__all__ = ["CentreAssigner", "OffsetCoder", "PointGenerator", "Points"]
