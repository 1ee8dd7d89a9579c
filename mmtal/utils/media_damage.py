"""What is damaged in videos and sound: it is left out, and reported."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mmtal.utils.wording import counted

Frame = tuple[float, Any]
"""Seconds, and PyAV's ``VideoFrame`` or ``AudioFrame``."""


class DamageWarning(UserWarning):
    """Something in a file was left out, since it is damaged."""


def say_damage(
    path: str | Path, damaged: Sequence[float], warn: Callable[[str], None] | None = None
) -> None:
    """Warn of packets at these times (s) that were left out."""
    if damaged:
        text = (
            f"{path}: {counted(len(damaged), 'damaged packet')} left out, the first at about "
            f"{damaged[0]:.2f} s"
        )
        warnings.warn(text, DamageWarning, stacklevel=2) if warn is None else warn(text)


def rising(frames: Iterable[Frame], damaged: list[float]) -> Iterator[Frame]:
    """Frames in order of time; one whose stamp lies before or beyond its neighbors is left out.

    The times (s) before these are added to ``damaged``. A time that is not known (NaN) passes.
    """
    held: Frame | None = None
    last = -math.inf
    for frame in frames:
        before = held[0] if held else -math.inf
        if frame[0] < before:
            damaged.append(max(last, 0.0))
        if frame[0] == before or frame[0] <= last:
            continue
        if held and not frame[0] < before:
            last = before
            yield held
        held = frame
    if held:
        yield held
