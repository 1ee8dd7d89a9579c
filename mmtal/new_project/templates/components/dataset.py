"""A data set."""

import math
from typing import Any

from mmtal.datasets import TemporalDataset
from mmtal.registry import DATASETS


@DATASETS.register_module()
class MyComponent(TemporalDataset):
    """Leaves out recordings that are too long.

    Args:
        ann_file: Annotation JSON.
        max_duration: Longest recording kept, in seconds.
        kwargs: As for :class:`mmtal.datasets.TemporalDataset`.
    """

    def __init__(self, ann_file: str, *, max_duration: float = math.inf, **kwargs: Any) -> None:
        self.max_duration = max_duration  # before the parent reads the data
        super().__init__(ann_file, **kwargs)

    def load_data_list(self) -> list[dict[str, Any]]:
        """One dict per recording (its keys: see the parent).

        Raises:
            ValueError: All recordings are too long.
        """
        found = super().load_data_list()
        kept = [info for info in found if info["duration"] <= self.max_duration]
        if not kept:
            shortest = min(info["duration"] for info in found)
            raise ValueError(
                f"{self.ann_file}: max_duration must be >= {shortest:g} s, the shortest "
                f"recording's, but got {self.max_duration:g}"
            )
        return kept
