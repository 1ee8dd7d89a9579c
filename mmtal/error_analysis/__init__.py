"""Error analysis of detections after DETAD (Alwassel et al., ECCV 2018) and more.

The cli may import it.
"""

from mmtal.error_analysis.analysis import ErrorAnalysis, analyze_errors, analyze_result_file

__all__ = ["ErrorAnalysis", "analyze_errors", "analyze_result_file"]
