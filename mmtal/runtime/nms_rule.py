"""Rules that lower the score of a candidate by its overlap in NMS."""

import numpy as np

METHODS = ("hard", "linear", "gaussian")
Rule = tuple[int, np.float32, np.float32, np.float32]
"""Index of the method, tiou_thr, sigma, min_score."""
