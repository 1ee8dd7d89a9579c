"""Public names that most users need, imported lazily."""

import importlib
from typing import TYPE_CHECKING, Any

from mmtal.utils.errors import import_hints

if TYPE_CHECKING:
    from mmtal.checkpoints.files import load_official_state_dict, save_whole
    from mmtal.config_files import demo_recording
    from mmtal.inference.detections import Detections
    from mmtal.inference.inferencer import TemporalActionInferencer
    from mmtal.inference.models import init_model
    from mmtal.inference.streaming import DetectionStream
    from mmtal.runtime.detections import Detection

__all__ = [
    "Detection",
    "DetectionStream",
    "Detections",
    "TemporalActionInferencer",
    "demo_recording",
    "init_model",
    "load_official_state_dict",
    "save_whole",
]
_MODULES = {
    "Detection": "mmtal.runtime.detections",
    "DetectionStream": "mmtal.inference.streaming",
    "Detections": "mmtal.inference.detections",
    "TemporalActionInferencer": "mmtal.inference.inferencer",
    "demo_recording": "mmtal.config_files",
    "init_model": "mmtal.inference.models",
    "load_official_state_dict": "mmtal.checkpoints.files",
    "save_whole": "mmtal.checkpoints.files",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    with import_hints():
        return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
