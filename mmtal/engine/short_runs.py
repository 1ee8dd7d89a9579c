"""Let configs work with fewer epochs, recordings and processes than they were written for."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.dataset import InfiniteSampler
from mmengine.logging import print_log
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmtal.utils.wording import counted


def shorten_warm_up(parts: Sequence[Any], *, epochs: int, steps: int) -> list[Any]:
    """Schedules that have all of their parts within a training, which is said if it takes a change.

    Where the last part begins at its end or later, all begin and end earlier by one factor: that of
    a training with so many epochs after the warm-up, squeezed into these epochs of ``steps``.
    """
    ours = [isinstance(part, Mapping) and part.get("by_epoch", True) for part in parts]
    last = max((p.get("begin", 0) for p, our in zip(parts, ours, strict=True) if our), default=0)
    if not last >= epochs > 0:
        return list(parts)
    factor = epochs / (last + epochs)
    print_log(
        f"the warm-up is shortened from {last:g} to {last * factor:.2g} epochs, in proportion to "
        f"train_cfg.max_epochs={epochs}",
        "current",
    )
    fitted = []
    for part, our in zip(parts, ours, strict=True):
        if our:
            unit = steps if part.get("convert_to_iter_based") else 1
            moved = {
                key: int(part[key] * factor * unit) / unit
                for key in ("begin", "end")
                if key in part
            }
            if round(moved.get("begin", 0) * unit) >= round(moved.get("end", epochs) * unit):
                continue  # shorter than a step
            part = {**part, **moved}
        fitted.append(part)
    return fitted


def build_loader(config: Any, **options: Any) -> DataLoader[Any]:
    """MMEngine's ``Runner.build_dataloader``, for any number of workers and recordings.

    Settings of workers are left out where there are none, and a batch holds no more than all
    recordings, which is said.
    """
    if isinstance(config, Mapping) and not config.get("num_workers"):
        left_out = ("persistent_workers", "prefetch_factor")
        config = {key: value for key, value in config.items() if key not in left_out}
    loader: DataLoader[Any] = Runner.build_dataloader(config, **options)
    if isinstance(loader.sampler, InfiniteSampler) or not isinstance(config, Mapping):
        return loader
    size, largest = loader.batch_size, len(loader.sampler)  # type: ignore[arg-type]
    if size is None or not size > largest > 0 or not loader.drop_last:
        return loader
    print_log(f"batch_size {size} -> {largest}: {counted(largest, 'recording')} in all", "current")
    return Runner.build_dataloader(
        {**config, "dataset": loader.dataset, "batch_size": largest}, **options
    )
