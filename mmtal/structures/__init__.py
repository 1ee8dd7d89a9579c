"""Data samples, feature grids, segments, and the arrays of one recording for pictures.

Everything but utils may import them.
"""

from mmtal.runtime.feature_grid import FeatureGrid
from mmtal.structures.data_sample import TemporalDataSample
from mmtal.structures.points import Points
from mmtal.structures.recording_view import (
    TIOU_OF_HIT,
    TIOU_OF_NEAR,
    RecordingHits,
    RecordingView,
    without_classes,
)
from mmtal.structures.segments import (
    clip_segments,
    pairwise_tiou,
    segment_lengths,
    tiou,
    to_boxes,
    to_segments,
)

__all__ = [
    "TIOU_OF_HIT",
    "TIOU_OF_NEAR",
    "FeatureGrid",
    "Points",
    "RecordingHits",
    "RecordingView",
    "TemporalDataSample",
    "clip_segments",
    "pairwise_tiou",
    "segment_lengths",
    "tiou",
    "to_boxes",
    "to_segments",
    "without_classes",
]
