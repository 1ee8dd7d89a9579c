"""Mean and deviation of features over a data set, for transforms that ask for them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mmtal.datasets.temporal_dataset import TemporalDataset
from mmtal.runtime.stages import safe_deviation
from mmtal.utils.progress import progress

Statistics = dict[str, list[float]]
"""``mean`` and ``std``, a value for each channel."""


def waiting(transforms: Iterable[Any]) -> list[Any]:
    """The transforms that still need the mean and deviation of the training features."""
    return [transform for transform in transforms if getattr(transform, "needs_statistics", False)]


def give_statistics(
    transforms: Iterable[Any], statistics: Statistics | None, *, source: str
) -> None:
    """Set what training measured where transforms need it; ValueError: it is not in ``source``."""
    for transform in waiting(transforms):
        if statistics is None:
            raise ValueError(
                f"{source} holds no statistics of the training features, which {transform} needs: "
                "give a checkpoint that was trained with this config"
            )
        transform.set_statistics(**statistics)


def feature_statistics(training: TemporalDataset, transforms: Sequence[Any]) -> Statistics:
    """Mean and standard deviation (1 if constant) of each channel over all features of a data set.

    Its recordings count in full length. What the transforms, of a data set for testing, before the
    first that needs statistics give is measured; values are of float64.
    """
    before = transforms[: transforms.index(waiting(transforms)[0])]
    count, total, squares = 0, np.zeros(1), np.zeros(1)
    shift: np.ndarray | None = None  # keeps the sum of squares exact far from zero
    last = None
    for index in progress(range(len(training)), len(training), text="measuring features"):
        results = training.loaded(index)
        if "window" in results and last == results["video_id"]:
            continue  # another window of the same recording
        last = results["video_id"]
        for transform in before:
            results = transform(results)
        values = results["feats"].read().astype(np.float64)  # (T, C)
        shift = values.mean(axis=0) if shift is None else shift
        values -= shift
        count += len(values)
        total = total + values.sum(axis=0)
        squares = squares + np.square(values).sum(axis=0)
    if shift is None or not count:
        raise ValueError(
            "the training recordings have no features, whose mean Normalize could take"
        )
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - np.square(mean), 0))
    return {"mean": (shift + mean).tolist(), "std": safe_deviation(shift + mean, std).tolist()}
