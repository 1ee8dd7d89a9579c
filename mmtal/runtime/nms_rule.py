"""Rules that lower the score of a candidate by its overlap in NMS."""

import numpy as np

METHODS = ("hard", "linear", "gaussian")
NEAR = 1e-6
"""tIoU from which on segments of one length, the ``distance`` in NMS, are nearer than that."""
Rule = tuple[int, np.float32, np.float32, np.float32]
"""Index of the method, tiou_thr, sigma, min_score."""
