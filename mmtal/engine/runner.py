"""Load configs, apply command-line choices and build runners."""

import copy
import difflib
import inspect
import os
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as torch_dist
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.runner import BaseLoop, Runner

from mmtal.checkpoints.latest import latest_readable_checkpoint
from mmtal.config_files import find_config, output_name, read_config
from mmtal.engine.config_check import check_config, takes_argument
from mmtal.engine.resuming import Settings, go_on
from mmtal.engine.short_runs import build_loader, shorten_warm_up
from mmtal.engine.terminal import TerminalHook, terminal_handler
from mmtal.engine.work_dir_lock import make_work_dir
from mmtal.models.localizers.limits import LIMITS
from mmtal.plugins import load_plugins
from mmtal.registry import METRICS, is_kind_of
from mmtal.renames import update_option
from mmtal.utils.errors import USER_ERRORS
from mmtal.utils.files import FULL, whole_file
from mmtal.utils.processor import multiplies_bfloat16

_READ_KEYS = (
    set(inspect.signature(Runner.__init__).parameters)
    | set(inspect.signature(Runner.from_cfg).parameters)
    | {"custom_imports", "model_wrapper_cfg", "find_unused_parameters"}
) - {"self", "cfg"}

_ELSEWHERE = {
    "custom_imports": "write it into the config file, which is read before",
    "launcher": "use --launcher",
}
"""What options cannot set, and what can."""

SAFETY_HOOKS = {
    "safe_checkpoint": "SafeCheckpointHook",
    "divergence": "DivergenceHook",
    "limits": "LimitsHook",
}
"""Default hooks of every shipped config, which the front door adds to others."""


def load_config(
    path: str | Path,
    *,
    work_dir: str | None = None,
    launcher: str = "none",
    options: Mapping[str, Any] | None = None,
    classes: Sequence[str] | None = None,
) -> Config:
    """Read a config and settle what every tool needs.

    Args:
        path: A config, by its path or its name, see :func:`mmtal.config_files.find_config`.
        work_dir: Where results go; None: the config's own, else the folder below ``work_dirs/``
            that :func:`mmtal.config_files.output_name` names.
        launcher: ``none``, ``pytorch``, ``slurm`` or ``mpi``.
        options: Values to override, by dotted name.
        classes: Names by label for all data sets; None: the config's.
    """
    path = find_config(path)
    terminal_handler(MMLogger.get_current_instance())  # what is said before there is a run
    load_plugins()
    config = _read(path)
    override(config, options or {})
    for name in ("train_dataloader", "val_dataloader", "test_dataloader"):
        loader = config.get(name)
        if loader:  # more workers than cores only cost memory
            loader.num_workers = min(loader.get("num_workers", 0), os.cpu_count() or 1)
            if classes is not None:
                loader.dataset.classes = list(classes)
    config.launcher = launcher
    config.work_dir = work_dir or config.get("work_dir") or f"./work_dirs/{output_name(path)}"
    return config


def _read(path: Path) -> Config:
    try:
        return read_config(path)
    except FileNotFoundError as error:
        if error.filename is None:
            raise
        raise FileNotFoundError(f"config {path}: its _base_ {error.filename} is missing") from error
    except (*USER_ERRORS, KeyboardInterrupt):
        raise
    except Exception as error:  # a config is Python, which can fail in any way
        raise ValueError(
            f"config {path} cannot be read: {type(error).__name__}: {error}"
        ) from error


def override(config: Config, options: Mapping[str, Any]) -> None:
    """Replace values by dotted name.

    Raises:
        ValueError: The config has no such key, or it is one that nothing reads after the config
            file was (such as ``max_seq_len``), so that the option would do nothing; or the config
            is wrong, see :func:`mmtal.engine.config_check.check_config`.
    """
    for name in options:
        top = name.split(".")[0]
        if top in _ELSEWHERE:
            raise ValueError(f"--cfg-options {name}: this has no effect; {_ELSEWHERE[top]}")
        if top not in _READ_KEYS:
            close = difflib.get_close_matches(top, _READ_KEYS, n=1)
            raise ValueError(
                f"--cfg-options {name}: nothing reads '{top}'"
                + (
                    " once the config file has been read: override the values that it sets"
                    if top in config
                    else ""
                )
                + (f"; did you mean '{close[0]}'?" if close else "")
            )
    try:
        config.merge_from_dict({update_option(name): value for name, value in options.items()})
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        text = textwrap.shorten(str(error.args[0]), 120, placeholder=" ...")
        raise ValueError(f"--cfg-options {' '.join(options)}: {text}") from error
    check_config(config)
    _fix_limits(config, options)


def _fix_limits(config: Config, options: Mapping[str, Any]) -> None:
    """Limits that the user gives are exact, and do not follow the length of a recording."""
    head = (config.get("model") or {}).get("head") or {}
    given = {limit for limit in LIMITS if f"model.head.{limit}" in options}
    if given and takes_argument(head, "fixed_limits"):
        head["fixed_limits"] = sorted(given.union(head.get("fixed_limits", ())))


def main_metric(evaluator: Any) -> dict[str, Any]:
    """The config of the evaluator's mAP metric; an evaluator is one metric or a list.

    Raises:
        ValueError: No metric is a ``TemporalMAP`` or a subclass of it.
    """
    metrics = evaluator if isinstance(evaluator, list) else [evaluator]
    for metric in metrics:
        if is_kind_of(metric, "TemporalMAP", METRICS):
            return metric
    raise ValueError(
        "the config's test_evaluator must contain a metric of type 'TemporalMAP', or a subclass of "
        f"it, but has {[metric.get('type') for metric in metrics]}"
    )


def set_seed(config: Config, *, seed: int | None, deterministic: bool) -> None:
    """Override the config's seed, and ask for deterministic operations."""
    config.setdefault("randomness", {})
    if seed is not None:
        config.randomness.seed = seed
    if deterministic:
        config.randomness.deterministic = True


def amp_precision(how: str) -> str:
    """The ``precision`` of a model that ``--amp`` asks for: ``bfloat16``.

    Raises:
        ValueError: Nothing here multiplies bfloat16, and ``how`` is not ``force``.
    """
    if how != "force" and not torch.cuda.is_available() and not multiplies_bfloat16():
        raise ValueError(
            "--amp would be slower here: there is no GPU, and the CPU has neither AMX nor "
            "AVX512-BF16. Run without it, or give --amp force"
        )
    return "bfloat16"


def use_amp(config: Config, how: str, *, training: bool) -> None:
    """Compute in mixed precision, as ``--amp`` says.

    Args:
        config: Gets ``model.precision='bfloat16'``; for training on a GPU ``AmpOptimWrapper``,
            MMEngine's way with float16 and a scaled loss.
        how: ``auto``, or ``force`` even where it is slower.
        training: Whether the config is for training.

    Raises:
        ValueError: As :func:`amp_precision`, or the config's optimizer wrapper is not a plain one.
    """
    if not training or not torch.cuda.is_available():
        config.model.precision = amp_precision(how)
        return
    if config.optim_wrapper.get("type") not in ("OptimWrapper", "AmpOptimWrapper"):
        raise ValueError(
            f"--amp needs optim_wrapper.type='OptimWrapper', but got "
            f"'{config.optim_wrapper.get('type')}'"
        )
    config.optim_wrapper.type = "AmpOptimWrapper"
    config.optim_wrapper.setdefault("loss_scale", "dynamic")


def save_config(config: Config, path: str | Path) -> None:
    """Write a config from which the same training starts again, from its beginning.

    What a resumed training went on from is left out.
    """
    saved = copy.copy(config)
    if saved.get("resume"):
        saved.resume, saved.load_from = False, None
    with whole_file(path) as temporary:
        saved.dump(temporary)


class QuietRunner(Runner):
    """A runner that shows people what they need, see :mod:`mmtal.engine.terminal`.

    Training alone saves the config in the work dir: what it saved is not changed by a test.
    """

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        logger = super().build_logger(*args, **kwargs)
        terminal_handler(logger)
        return logger

    def wrap_model(self, model_wrapper_cfg: dict[str, Any] | None, model: Any) -> Any:
        # else several processes would wait for gradients of levels that the head does not read
        if not getattr(getattr(model, "head", None), "reads_all_levels", True):
            unused = dict(find_unused_parameters=True, broadcast_buffers=False)
            model_wrapper_cfg = unused | (model_wrapper_cfg or {})
        return super().wrap_model(model_wrapper_cfg, model)

    def build_evaluator(self, evaluator: Any) -> Evaluator:
        built = super().build_evaluator(evaluator)
        for metric in built.metrics:  # else processes meet in ./.dist_test, which stays
            if metric.collect_device == "cpu" and metric.collect_dir is None:
                metric.collect_dir = f"{self.log_dir}/results_of_processes"
        return built

    def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
        settings = optim_wrapper if isinstance(optim_wrapper, dict) else {}
        given = settings.get("optimizer")
        if settings.get("paramwise_cfg") and isinstance(given, dict) and given.get("lr") is None:
            raise ValueError(
                "optim_wrapper.optimizer must have an lr, which paramwise_cfg multiplies, but got "
                f"{dict(given)}: set optim_wrapper.optimizer.lr"
            )
        return super().build_optim_wrapper(optim_wrapper)

    def register_hooks(self, *args: Any, **kwargs: Any) -> None:
        super().register_hooks(*args, **kwargs)
        self._terminal = TerminalHook(terminal_handler(self.logger))
        if is_main_process():
            self.register_hook(self._terminal)

    def train(self) -> torch.nn.Module:
        if not torch.cuda.is_available():
            self.logger.info("no GPU: training on the CPU")
        try:
            return super().train()
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise OSError(
                f"cannot write to {self.work_dir}: {error.strerror}. The checkpoints there are "
                "whole: make room, then go on with --resume"
            ) from error
        finally:
            self._terminal.close()

    def dump_config(self) -> None:
        """Nothing yet: MMEngine calls it before it is known whether a training begins."""

    def load_or_resume(self) -> None:
        if self._resume and self._load_from is None:  # type: ignore[has-type]
            found = latest_readable_checkpoint(self.work_dir)
            if found is None:
                self.logger.info(f"no checkpoint in {self.work_dir} yet: training begins")
                self._resume = False
            else:
                self._load_from = str(found)
        super().load_or_resume()
        if is_main_process() and isinstance(self._train_loop, BaseLoop):
            name = Path(self.cfg.filename or f"{self.timestamp}.py").name
            save_config(self.cfg, Path(self.work_dir) / name)

    def resume(self, *args: Any, **kwargs: Any) -> None:
        wanted = Settings(self)
        super().resume(*args, **kwargs)
        changed = go_on(self, wanted, self.message_hub.runtime_info)
        if changed:
            self.logger.info(
                f"resumed with other settings: {changed}; learning rates go on as in a training "
                "that had them from its start"
            )

    def test(self) -> dict[str, float]:
        try:
            return super().test()
        finally:
            self._terminal.close()

    def build_param_scheduler(self, scheduler: Any) -> Any:
        if isinstance(scheduler, (list, tuple)):
            steps = len(self.train_dataloader)
            scheduler = shorten_warm_up(scheduler, epochs=self.max_epochs, steps=steps)
        return super().build_param_scheduler(scheduler)

    @staticmethod
    def build_dataloader(
        dataloader: Any, seed: int | None = None, diff_rank_seed: bool = False
    ) -> Any:
        return build_loader(dataloader, seed=seed, diff_rank_seed=diff_rank_seed)


def build_runner(config: Config) -> Runner:
    """A runner for this machine: NCCL where there are GPUs, else gloo; with ``SAFETY_HOOKS``."""
    check_config(config)
    if config.get("work_dir"):
        make_work_dir(config.work_dir)
    hooks = config.setdefault("default_hooks", {})
    for name, kind in SAFETY_HOOKS.items():
        hooks.setdefault(name, dict(type=f"mmtal.{kind}"))
    if config.launcher != "none" and not torch.cuda.is_available():
        _init_cpu_processes(config)
    return QuietRunner.from_cfg(config)


def _init_cpu_processes(config: Config) -> None:
    if config.launcher != "pytorch":
        raise ValueError(
            f"launcher '{config.launcher}' needs GPUs, but PyTorch finds none: use 'pytorch'"
        )
    # MMEngine's own start-up asks for a CUDA device.
    if not torch_dist.is_initialized():
        torch_dist.init_process_group("gloo")
    wrapper = dict(config.get("model_wrapper_cfg") or {})
    config.model_wrapper_cfg = {"broadcast_buffers": False, **wrapper, "device_ids": None}
