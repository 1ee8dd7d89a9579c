"""Save checkpoints without pickled objects, whole or not at all, and load no others."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.fileio import LocalBackend
from mmengine.hooks import CheckpointHook, Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from torch import Tensor, nn

from mmtal.checkpoints.loading import MapLocation, load_checkpoint_file, make_plain, weights_in
from mmtal.checkpoints.weights import check_finite, fitting_weights
from mmtal.engine.resuming import check_resumable
from mmtal.registry import HOOKS
from mmtal.utils.files import whole_file
from mmtal.utils.wording import counted

OPTION = "--cfg-options default_hooks.safe_checkpoint.may_differ"


@HOOKS.register_module()
class SafeCheckpointHook(Hook):
    """Read and write checkpoints of plain types and tensors alone, and load weights strictly.

    *Reading*: when a run begins, this run's ``load_checkpoint`` is replaced, by which MMEngine
    loads (``load_from``) and resumes. A file that would run code is refused, and all of the
    model's weights must be in it; MMEngine itself would run the one and start from random weights
    with the other. Other runners in the process keep MMEngine's.

    Weights that are NaN or infinite are neither read nor written.

    *Writing*: MMEngine would pickle its message hub with NumPy arrays and functions in it. What is
    turned into plain types here becomes objects again in :func:`load_checkpoint_file`, and anyone
    else can load the file with ``weights_only=True``. It takes its place when it is complete, and
    what it makes superfluous is deleted after that: a full disk or a kill costs no checkpoint.

    Args:
        may_differ: How the names begin of weights that need not fit when training starts from
            another model's (``load_from``), such as ``head.cls_conv`` for other classes; they are
            trained from their initialization. Resuming and testing are always strict.
    """

    priority = "LOWEST"  # after every hook that adds to the checkpoint

    def __init__(self, *, may_differ: str | Sequence[str] = ()) -> None:
        self.may_differ = (may_differ,) if isinstance(may_differ, str) else tuple(may_differ)

    def before_run(self, runner: Runner) -> None:
        runner.load_checkpoint = functools.partial(self._load, runner)
        runner.save_checkpoint = functools.partial(self._save, runner)
        self._outdated: list[str] = []

    def before_train(self, runner: Runner) -> None:
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook) and isinstance(hook.file_backend, LocalBackend):
                hook.file_backend.remove = self._outdated.append
                _look_here(hook, runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        for key in ("state_dict", "ema_state_dict"):
            weights = checkpoint.get(key) or {}
            check_finite(weights, f"not saved: the checkpoint of iteration {runner.iter}")
        make_plain(checkpoint)

    def _save(self, runner: Runner, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        """Runner.save_checkpoint."""
        save = functools.partial(type(runner).save_checkpoint, runner, out_dir)
        if "://" in out_dir or not is_main_process():
            save(filename, *args, **kwargs)
            return
        with whole_file(Path(out_dir) / filename) as temporary:
            save(temporary.name, *args, **kwargs)
        while self._outdated:
            Path(self._outdated.pop()).unlink(missing_ok=True)

    def _load(
        self, runner: Runner, filename: str, map_location: MapLocation = "cpu"
    ) -> dict[str, Any]:
        """Runner.load_checkpoint, which Runner.resume calls, too."""
        content = load_checkpoint_file(filename, map_location)
        weights = weights_in(content, filename)
        rest = content if "state_dict" in content else {}
        if runner._resume:
            check_resumable(runner, rest, filename)
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        checkpoint = {**rest, "state_dict": self._fit(runner, model, weights, filename)}
        check_finite(rest.get("ema_state_dict") or {}, filename)
        runner.call_hook("after_load_checkpoint", checkpoint=checkpoint)
        model.load_state_dict(checkpoint["state_dict"])
        runner._has_loaded = True
        runner.logger.info(f"Load checkpoint from {filename}")
        return checkpoint

    def _fit(
        self, runner: Runner, model: nn.Module, weights: dict[str, Tensor], filename: str
    ) -> dict[str, Tensor]:
        starts_training = isinstance(runner._train_loop, BaseLoop) and not runner._resume
        if not starts_training:
            return fitting_weights(weights, model, source=filename)
        fitting = fitting_weights(
            weights, model, source=filename, may_differ=self.may_differ, option=OPTION
        )
        kept = [name for name, value in fitting.items() if value is not weights.get(name)]
        if kept:
            runner.logger.info(
                f"{counted(len(kept), 'weight')} of {len(fitting)} are not loaded, as may_differ "
                f"allows: {', '.join(kept)}"
            )
        return fitting


def _look_here(hook: CheckpointHook, runner: Runner) -> None:
    """Checkpoints are in today's folder, not where a work dir was that has been copied."""
    for name, path in list(runner.message_hub.runtime_info.items()):
        if name == "last_ckpt" and path is not None:
            moved = Path(hook.out_dir) / Path(path).name
            runner.message_hub.update_info(name, str(moved if moved.is_file() else path))
        if name.startswith("best_ckpt") and path is not None:
            here = str(Path(hook.out_dir) / Path(path).name)
            runner.message_hub.update_info(name, here)
            if name == "best_ckpt":
                hook.best_ckpt_path = here
            else:
                hook.best_ckpt_path_dict[name.removeprefix("best_ckpt_")] = here
