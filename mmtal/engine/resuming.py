"""Go on with a training by today's settings, whatever those in its checkpoint were."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.optim import _ParamScheduler
from mmengine.runner import EpochBasedTrainLoop, Runner

_PROGRESS = {"last_step", "_global_step", "_last_value", "best", "num_bad_epochs",
             "cooldown_counter"}  # fmt: skip
"""What a scheduler has come to; its other attributes are settings."""


class Settings:
    """The optimizer's settings and the schedules of a runner that has done no step yet."""

    def __init__(self, runner: Runner) -> None:
        self.groups = [
            {key: copy.deepcopy(value) for key, value in group.items() if key != "params"}
            for group in _groups(runner)
        ]
        self.schedules = [_state(scheduler) for scheduler in _schedulers(runner)]

    def restore(self, runner: Runner) -> None:
        """Give them to the runner, and bring the schedules to its iteration."""
        for group, settings in zip(_groups(runner), self.groups, strict=True):
            group.update(settings)
        for scheduler, state in zip(_schedulers(runner), self.schedules, strict=True):
            scheduler.load_state_dict(copy.deepcopy(state))
            scheduler.optimizer._global_step = 0  # or it warns that no step has been done
        by_step = [s for s in _schedulers(runner) if not s.by_epoch]
        by_epoch = [s for s in _schedulers(runner) if s.by_epoch]
        length = steps_per_epoch(runner)
        for step in range(1, runner.iter + 1):  # one by one, as they build on each other's values
            for scheduler in by_step:
                scheduler.step()
            if length and step % length == 0:
                for scheduler in by_epoch:
                    scheduler.step()


def check_resumable(runner: Runner, checkpoint: Mapping[str, Any], source: str) -> None:
    """Refuse a checkpoint, the content of a file, that the runner's training cannot go on from.

    ValueError: it is of another training, or of one that today's settings end before.
    """
    if not {"meta", "message_hub", "optimizer"} <= checkpoint.keys():
        raise ValueError(
            f"checkpoint {source} holds weights alone, so that no training can go on from "
            "it: start a new one with load_from, without resume"
        )
    asked, stored = runner._randomness_cfg.get("seed"), checkpoint["meta"].get("seed")
    if None not in (asked, stored) and asked != stored:
        raise ValueError(
            f"the training of {source} has the seed {stored}, and no other can be taken on the "
            f"way: resume it with seed {stored}, or begin a new one with seed {asked} in another "
            "work dir"
        )
    groups = checkpoint["optimizer"].get("param_groups", [])
    own = [group for group in _groups(runner) if group is not _base(runner)]
    if len(groups) != len(own) or any(
        _keys(a) - _keys(b) and _keys(b) - _keys(a) for a, b in zip(groups, own, strict=True)
    ):
        raise ValueError(
            f"{source} holds the state of another optimizer than the config's "
            f"{type(runner.optim_wrapper.optimizer).__name__}: resume with that one, or start a "
            "new training from its weights with load_from, without resume"
        )
    by_epoch = isinstance(runner.train_loop, EpochBasedTrainLoop)
    unit, end = ("epoch", runner.max_epochs) if by_epoch else ("iter", runner.max_iters)
    done, before = checkpoint["meta"][unit], _info(checkpoint).get(f"max_{unit}s", end)
    if done > end or (done == end and before != end):
        raise ValueError(
            f"{source} has been trained for {done} {unit}s of {before}, so that none is left of "
            f"train_cfg.max_{unit}s={end}: ask for more, or begin a new training in another work "
            "dir"
        )


def go_on(runner: Runner, wanted: Settings, found: Mapping[str, Any]) -> str:
    """Continue a training that MMEngine has resumed as one of today's settings would.

    ``wanted`` are its settings, taken before, ``found`` the ``runtime_info`` of the checkpoint's
    message hub. Returned is what differs; empty: nothing, and nothing was changed. ValueError: a
    schedule that follows validation results cannot be computed from the start.
    """
    differences = list(_differences(runner, wanted, found))
    length = steps_per_epoch(runner)
    before, rest = divmod(runner.iter, runner.epoch) if length and runner.epoch else (length, 0)
    if length and not rest and before != length:
        differences.append(f"steps per epoch {before} -> {length}")
        runner.train_loop._iter = runner.epoch * length
    if not differences:
        differences = list(_schedule_differences(runner, wanted))
    if not differences:
        return ""
    if any(getattr(scheduler, "need_val_args", False) for scheduler in _schedulers(runner)):
        raise ValueError(
            f"resumed with other settings ({', '.join(differences)}), but a schedule that follows "
            "validation results cannot be computed from its start: resume with the settings of "
            "before, or begin a new training"
        )
    wanted.restore(runner)
    return ", ".join(differences)


def steps_per_epoch(runner: Runner) -> int:
    """Length of an epoch; 0 where training does not count in epochs."""
    by_epoch = isinstance(runner.train_loop, EpochBasedTrainLoop)
    return len(runner.train_dataloader) if by_epoch else 0


def _differences(runner: Runner, wanted: Settings, found: Mapping[str, Any]) -> Iterator[str]:
    for unit in ("epochs", "iters"):
        before, now = found.get(f"max_{unit}"), getattr(runner, f"max_{unit}")
        if before not in (None, now) and (unit == "epochs" or not steps_per_epoch(runner)):
            yield f"{unit} {before} -> {now}"
    said = set()
    for group, settings in zip(_groups(runner), wanted.groups, strict=True):
        for key, now in settings.items():
            if f"initial_{key}" in settings or key not in group:  # a schedule sets it
                continue
            before = group[key]
            if _plain(before) != _plain(now):
                said.add(f"{key.removeprefix('initial_')} {before} -> {now}")
    yield from sorted(said)


def _schedule_differences(runner: Runner, wanted: Settings) -> Iterator[str]:
    for scheduler, settings in zip(_schedulers(runner), wanted.schedules, strict=True):
        before = _state(scheduler)
        for key in settings.keys() - _PROGRESS:
            if _plain(before.get(key)) != _plain(settings[key]):
                yield f"{type(scheduler).__name__}.{key} {before.get(key)} -> {settings[key]}"


def _groups(runner: Runner) -> list[dict[str, Any]]:
    """Of the optimizer, and MMEngine's record of its base values; none of several optimizers."""
    groups = runner.optim_wrapper.param_groups
    return groups if isinstance(groups, list) else []


def _base(runner: Runner) -> dict[str, Any] | None:
    return getattr(runner.optim_wrapper, "base_param_settings", None)


def _schedulers(runner: Runner) -> list[_ParamScheduler]:
    found = runner.param_schedulers or []
    parts = found.values() if isinstance(found, Mapping) else [found]
    return [scheduler for part in parts for scheduler in part]


def _state(scheduler: _ParamScheduler) -> dict[str, Any]:
    return {k: v for k, v in scheduler.state_dict().items() if not callable(v)}


def _info(checkpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    return checkpoint["message_hub"].get("runtime_info", {})


def _keys(group: Mapping[str, Any]) -> set[str]:
    return {key for key in group if key != "params" and not key.startswith("initial_")}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value
