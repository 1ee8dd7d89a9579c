from mmtal.apis.detections import Detection, Detections
from mmtal.apis.inferencer import TemporalActionInferencer
from mmtal.apis.official_checkpoint import load_official_state_dict
from mmtal.apis.streaming import DetectionStream

__all__ = [
    "Detection",
    "DetectionStream",
    "Detections",
    "TemporalActionInferencer",
    "load_official_state_dict",
]
