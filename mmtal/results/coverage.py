"""Refuse results that say too little about the recordings that they should be about."""

from collections.abc import Collection, Sequence
from pathlib import Path

from mmtal.results.instance_table import InstanceTable
from mmtal.utils.wording import counted, first_of

LEAST = 0.95
"""Share of the recordings that results must have, unless fewer are asked for."""


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
