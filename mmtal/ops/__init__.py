"""NMS, segment voting and RoI align.

Models, and all that works on detections, may import them.
"""

from mmtal.ops.nms import segment_nms
from mmtal.ops.roi_align import roi_align
from mmtal.ops.voting import vote_segments

__all__ = ["roi_align", "segment_nms", "vote_segments"]
