from mmtal.structures.data_sample import TemporalDataSample
from mmtal.structures.feature_grid import FeatureGrid
from mmtal.structures.points import Points
from mmtal.structures.segments import clip_segments, pairwise_tiou, segment_lengths

__all__ = [
    "FeatureGrid",
    "Points",
    "TemporalDataSample",
    "clip_segments",
    "pairwise_tiou",
    "segment_lengths",
]
