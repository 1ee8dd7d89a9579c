"""How many detections a recording may have: more where it is longer than those of training.

But for limits that a head says are fixed, such as those that the user gives.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mmtal.structures import TemporalDataSample

LIMITS = ("max_per_video", "pre_nms_topk")
"""Attributes of heads that limit what is found in a whole recording."""


TRAINING_LENGTH = "max_seq_len"
"""As ``made_for`` of a model: its longest training sequence, where nothing else is known."""


def length_factor(model: Any, sample: TemporalDataSample) -> int:
    """What the limits of a head are multiplied by: how often the longest usual recording fits in.

    Args:
        model: A localizer, whose ``made_for`` are the seconds of that recording,
            ``TRAINING_LENGTH``, or None: the limits stay.
        sample: With ``duration`` and ``grid``.
    """
    usual = model.made_for
    if usual == TRAINING_LENGTH:
        usual = sample.grid.to_seconds(float(model.padding.max_seq_len))
    if not usual or not sample.duration < float("inf"):
        return 1
    return max(1, int(sample.duration // usual))


@contextmanager
def limits_times(head: Any, factor: int) -> Iterator[None]:
    """Multiply the limits of a head, but for its ``fixed_limits``, while the block runs."""
    growing = set(LIMITS).difference(getattr(head, "fixed_limits", ()))
    kept = {name: getattr(head, name) for name in growing if hasattr(head, name)}
    try:
        for name, value in kept.items():
            setattr(head, name, value * factor)
        yield
    finally:
        for name, value in kept.items():
            setattr(head, name, value)


def limits_warning(
    reached: Mapping[str, Mapping[str, float]], *, score_thr: float, total: int
) -> str | None:
    """What is lost where a limit cut off detections that would be shown; None: nothing.

    Args:
        reached: Of each recording, by its name: ``limits_reached``, the score of the last one kept
            by the limit's name.
        score_thr: From which on detections are shown.
        total: Recordings in all.
    """
    parts = []
    for limit in LIMITS:
        names = [name for name, scores in reached.items() if 0 < scores.get(limit, 0) >= score_thr]
        if names:
            parts.append(f"{limit} was reached in {len(names)} of {total}, such as '{names[0]}'")
    if not parts:
        return None
    return (
        f"detections that score at least {score_thr:g} may be missing: {'; '.join(parts)}. Raise "
        "model.head.max_per_video and model.head.pre_nms_topk"
    )
