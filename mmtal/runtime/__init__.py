"""Find actions with an exported model: needs NumPy, onnxruntime and numba, not PyTorch or MMEngine.

The parts of prediction that need no PyTorch lie here. Everything but utils may import them.
"""

from mmtal.runtime.detections import Detection, FoundActions
from mmtal.runtime.inferencer import OnnxStream, TemporalActionInferencer

__all__ = ["Detection", "FoundActions", "OnnxStream", "TemporalActionInferencer"]
