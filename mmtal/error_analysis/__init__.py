"""Why the mAP is what it is: DETAD's diagnosis (Alwassel et al., ECCV 2018) and more."""

from mmtal.error_analysis.analysis import ErrorAnalysis, analyze_errors, analyze_result_file
from mmtal.evaluation.normalized_precision import normalized_detection_scores

__all__ = [
    "ErrorAnalysis",
    "analyze_errors",
    "analyze_result_file",
    "normalized_detection_scores",
]
