"""NMS and segment voting.

Models, and all that works on detections, may import them.
"""

from mmtal.ops.nms import segment_nms
from mmtal.ops.voting import vote_segments

__all__ = ["segment_nms", "vote_segments"]
