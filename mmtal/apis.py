"""The few names that most users need, from the folders where they live."""

from mmtal.checkpoints.official import load_official_state_dict
from mmtal.config_files import demo_recording
from mmtal.inference.detections import Detection, Detections
from mmtal.inference.inferencer import TemporalActionInferencer
from mmtal.inference.streaming import DetectionStream

__all__ = [
    "Detection",
    "DetectionStream",
    "Detections",
    "TemporalActionInferencer",
    "demo_recording",
    "load_official_state_dict",
]
