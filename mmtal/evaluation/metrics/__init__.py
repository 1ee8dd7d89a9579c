"""Metrics, as MMEngine's evaluator runs them."""

from mmtal.evaluation.metrics.average_recall import AverageRecall
from mmtal.evaluation.metrics.frame_metrics import FrameMetrics
from mmtal.evaluation.metrics.temporal_map import TemporalMAP

__all__ = ["AverageRecall", "FrameMetrics", "TemporalMAP"]
