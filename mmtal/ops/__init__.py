from mmtal.ops.nms import segment_nms
from mmtal.ops.voting import vote_segments

__all__ = ["segment_nms", "vote_segments"]
