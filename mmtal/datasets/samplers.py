"""Samplers that order the recordings in training."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Dataset, Sampler

from mmtal.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class LengthGroupedSampler(Sampler[int]):
    """Shuffles so that neighbors, and with them batches, have similar lengths.

    Recordings sorted by length are cut into groups; the groups come in random order, and so do
    the recordings inside each. What does not fill a group is chosen at random and comes last, so
    that ``drop_last`` is fair. Every recording comes once per epoch; with several ranks, a few
    come twice where the number of recordings is not a multiple of the number of ranks. The order
    depends on seed and epoch alone.

    Args:
        dataset: Has ``num_features_list``, the length of each recording.
        group_size: Recordings in a group, for each rank; best a multiple of the batch size.
        seed: The same on all ranks; None: a random one.
    """

    def __init__(
        self, dataset: Dataset[Any], *, group_size: int = 16, seed: int | None = None
    ) -> None:
        if group_size < 1:
            raise ValueError(f"group_size must be >= 1, but got {group_size}")
        lengths = getattr(dataset, "num_features_list", None)
        if lengths is None:
            raise ValueError(
                "LengthGroupedSampler needs a dataset with num_features_list, such as "
                f"TemporalDataset, but got {type(dataset).__name__}. Use DefaultSampler"
            )
        self.lengths = np.asarray(lengths)
        self.rank, self.world_size = get_dist_info()
        self.group_size = group_size * self.world_size
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self.seed, self.epoch])
        shuffled = rng.permutation(len(self.lengths))
        full = len(shuffled) // self.group_size * self.group_size
        in_groups, rest = shuffled[:full], shuffled[full:]
        by_length = in_groups[np.argsort(self.lengths[in_groups], kind="stable")]
        groups = rng.permuted(by_length.reshape(-1, self.group_size), axis=1)
        order = np.concatenate([rng.permutation(groups).ravel(), rest])
        padded = np.resize(order, len(self) * self.world_size)  # repeats from the start
        return iter(padded[self.rank :: self.world_size].tolist())

    def __len__(self) -> int:
        """Recordings that this rank sees in an epoch."""
        return math.ceil(len(self.lengths) / self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order follows."""
        self.epoch = epoch
