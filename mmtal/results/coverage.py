"""Refuse results that say too little, or nothing, about the recordings they should be about."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from mmtal.datasets.segment_checks import unit_of_times
from mmtal.results.instance_table import InstanceTable
from mmtal.utils.wording import counted, first_of

LEAST = 0.95
"""Share of the recordings that results must have, unless fewer are asked for."""
SHARES_FROM = 20.0
"""Seconds of a recording whose detections do not all end within the first one."""


def check_coverage(
    found: Collection[str],
    listed: Collection[str],
    *,
    detections: int,
    source: str | Path,
    allow_partial: bool = False,
) -> None:
    """Refuse results of too few recordings: those that are absent count as empty.

    Args:
        found: Recordings that the results have.
        listed: Recordings that they should have.
        detections: Their number in the results.
        source: Where the results are from, for messages.
        allow_partial: Less than 95 % will do.

    Raises:
        ValueError: There is no detection; or fewer recordings than that.
    """
    if not detections:
        raise ValueError(
            f"{source} holds no detection ({counted(len(found), 'recording')}): there is nothing "
            "to evaluate"
        )
    there, wanted = set(found), set(listed)
    absent = [video for video in listed if video not in there]
    present = len(listed) - len(absent)
    if (allow_partial and present) or present >= LEAST * len(listed):
        return
    text = f"{source} holds results of {present:,} of {counted(len(listed), 'recording')}, not of "
    text += first_of(absent)
    if others := [video for video in found if video not in wanted]:
        text += f". It has others, such as '{others[0]}': choose --ann and --subset to fit"
    if present:
        text += ". With --allow-partial, recordings without results count as empty"
    raise ValueError(text)


def check_classes(detections: InstanceTable, classes: Sequence[str], source: str | Path) -> None:
    """Refuse results whose numbers of classes are all beyond those of the annotations.

    Raises:
        ValueError: No detection is of one of ``classes``.
    """
    labels = detections.labels
    if len(labels) and labels.min() >= len(classes):
        raise ValueError(
            f"{source}: no detection is of a class of the annotations: labels are "
            f"{labels.min()} to {labels.max()}, and those of {counted(len(classes), 'class')} 0 to "
            f"{len(classes) - 1}. Give the annotations (--ann) that the results were made with, or "
            "say what the numbers are by --classes FILE"
        )


def check_times(
    detections: InstanceTable,
    durations: Mapping[str, float],
    rates: Mapping[str, float],
    source: str | Path,
) -> None:
    """Refuse results whose times are not in seconds from the start to the end of an action.

    Args:
        detections: To be evaluated.
        durations: Of recordings in seconds, as far as they are known.
        rates: Likewise frames per second.
        source: Where the results are from, for messages.

    Raises:
        ValueError: More than 5 % of the detections end before they start; or the last ends of most
            recordings are where frames, milliseconds or shares of the duration would be.
    """
    starts, ends = detections.segments.T
    number = int((ends < starts).sum())
    if number > (1 - LEAST) * len(ends):
        first = detections.segments[ends < starts][0]
        raise ValueError(
            f"{source}: {number:,} of {counted(len(ends), 'detection')} end before they start, "
            f"such as [{first[0]:g}, {first[1]:g}]: segments must be start and end in seconds"
        )
    known = {
        name: (float(ends[rows].max()), durations[name])
        for name, rows in detections.rows_by_recording()
        if name in durations and len(rows)
    }
    unit = unit_of_times((end, d, rates.get(name)) for name, (end, d) in known.items())
    last, longest = np.array([*known.values()]).reshape(-1, 2).max(axis=0, initial=0.0)
    if len(known) > 1 and last <= 1 and longest >= SHARES_FROM:
        unit = "shares of the duration"
    if unit:
        name, (end, duration) = max(known.items(), key=lambda item: item[1])
        raise ValueError(
            f"{source}: the times look like {unit}, but must be seconds: recording '{name}' lasts "
            f"{duration:g} s, and its last detection ends at {end:g}"
        )
