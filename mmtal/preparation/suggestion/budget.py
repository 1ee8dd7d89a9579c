"""The cost that a training may have."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What a training may cost.

    Attributes:
        gpu_bytes: Memory of the GPU; None: training on a CPU.
    """

    gpu_bytes: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """``cpu``, or the memory of a GPU such as ``24GB``; ValueError: it is neither."""
        if text.lower() == "cpu":
            return cls()
        number = text.lower().removesuffix("gb").strip()
        try:
            size = float(number)
        except ValueError:
            size = math.nan
        if not 1 <= size <= 1000:
            raise ValueError(
                f"budget must be 'cpu' or a GPU's memory such as 24GB, but got '{text}'"
            )
        return cls(gpu_bytes=size * 2**30)
