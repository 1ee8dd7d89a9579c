"""Check segments against the recordings that they lie in; all is in seconds."""

import math
from collections.abc import Iterable

import numpy as np

OUTSIDE_TOLERANCE = 1e-6
"""Seconds that a segment may end after its recording: rounding, not a mistake."""

FRAME = 0.04
"""Seconds of a frame where the frame rate is not known."""


def segment_problem(start: float, end: float, duration: float) -> str | None:
    """What is wrong with a segment of a recording, all in seconds; None where nothing is."""
    if start > end:
        return "reversed segment"
    if start == end:
        return "empty segment"
    if start < -OUTSIDE_TOLERANCE or end > duration + OUTSIDE_TOLERANCE:
        return "segment outside the recording"
    return None


def clip_segment(
    start: float, end: float, duration: float, *, tolerance: float
) -> tuple[float, float]:
    """A segment that lies outside its recording by at most ``tolerance``, moved into it.

    Any other segment is as it was. All is in seconds.
    """
    inside = max(start, 0.0), min(end, duration)
    outside = max(inside[0] - start, end - inside[1])
    near = OUTSIDE_TOLERANCE < outside <= tolerance + OUTSIDE_TOLERANCE
    return inside if near and inside[0] < inside[1] else (start, end)


def end_tolerance(fps: float | None, stride: float | None = None) -> float:
    """Seconds of a frame or, where that is longer, of a feature of ``stride`` frames.

    A segment that lies outside its recording by no more is clipped: tools round differently.
    """
    return max(stride or 1.0, 1.0) / fps if fps else FRAME


def unit_of_times(recordings: Iterable[tuple[float, float, float | None]]) -> str | None:
    """The unit, ``frames`` or ``ms``, that times look to be in which should be seconds.

    Of each recording come the end of the last instance, the duration in seconds and the frame rate.
    None: seconds, or not clear.
    """
    known = [(e / d, fps) for e, d, fps in recordings if e > 0 and 0 < d < math.inf]
    if not known:
        return None
    ratio = float(np.median([ratio for ratio, _ in known]))
    rates = [fps for _, fps in known if fps]
    rate = float(np.median(rates)) if rates else None
    if (0.25 * rate if rate else 2) <= ratio <= 1.05 * (rate or 240) and ratio >= 2:
        return "frames"
    return "ms" if 100 <= ratio <= 1050 else None
