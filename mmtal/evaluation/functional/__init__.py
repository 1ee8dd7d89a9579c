"""Figures for temporal action localization in NumPy alone: no model, no framework."""

from mmtal.evaluation.functional.average_precision import (
    DetectionScores,
    LabelHandling,
    detection_scores,
)
from mmtal.evaluation.functional.average_recall import average_recall
from mmtal.evaluation.functional.external_scores import (
    ExternalRule,
    ExternalScores,
    check_external_scores,
    fuse_external_scores,
    name_detections,
    read_external_scores,
)
from mmtal.evaluation.functional.frames import frame_labels, frame_scores, segmental_f1
from mmtal.evaluation.functional.instance_table import InstanceTable, without_duplicates
from mmtal.evaluation.functional.thresholds import tiou_grid

__all__ = [
    "DetectionScores",
    "ExternalRule",
    "ExternalScores",
    "InstanceTable",
    "LabelHandling",
    "average_recall",
    "check_external_scores",
    "detection_scores",
    "frame_labels",
    "frame_scores",
    "fuse_external_scores",
    "name_detections",
    "read_external_scores",
    "segmental_f1",
    "tiou_grid",
    "without_duplicates",
]
