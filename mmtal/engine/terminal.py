"""Show a run to the person at the terminal; the log file keeps everything that MMEngine says."""

import logging
import re
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mmengine.hooks import CheckpointHook, Hook
from mmengine.logging import MMLogger
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmengine.runner.base_loop import BaseLoop
from rich.console import Console
from rich.text import Text

from mmtal.utils.progress import progress_line
from mmtal.utils.repeats import is_new
from mmtal.utils.wording import counted

SECONDS_BETWEEN_LINES, MOST_LINES = 10.0, 100
"""Plain lines of progress, where there is no terminal: time between two, and how many in all."""

SECONDS_BETWEEN_REFRESHES = 0.2

FEW = 5
"""Items of a list that are printed."""

LEFT_OUT = ('"FileClient', '"HardDiskBackend', "resumed key: loop_stage")
"""Warnings of MMEngine about its own workings begin so."""


class TerminalHandler(logging.Handler):
    """Print warnings, and what mmtal or the user's own code says.

    What MMEngine reports of its own accord (environment, config, steps, saved checkpoints) is left
    to the log file, and so is what is said during a validation, which ends with one line.
    """

    def __init__(self, level: int = logging.INFO) -> None:
        super().__init__(level)
        self.console = Console(soft_wrap=True, markup=False, emoji=False, highlight=False)
        self.is_validating = False

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message, above the line of progress if there is one."""
        text = _shortened(record.getMessage())
        if record.levelno >= logging.WARNING:
            if not text.startswith(LEFT_OUT) and is_new(text):
                self.console.print(Text(f"{record.levelname.lower()}: {text}", "yellow"))
        elif not self.is_validating and not _is_said_by_mmengine():
            self.console.print(text.removeprefix("\n"))


_LIST = re.compile(r"\[([^\[\]]{80,})\]")


def _shortened(text: str) -> str:
    """Of long lists the first five: the log file has all."""

    def short(found: re.Match[str]) -> str:
        items = found[1].split(", ")
        if len(items) <= FEW:
            return found[0]
        return f"[{', '.join(items[:FEW])}, ... {len(items)} in all, which the log file lists]"

    return _LIST.sub(short, text)


def _is_said_by_mmengine() -> bool:
    """Whether the code that called the logger is MMEngine's."""
    frame = sys._getframe(1)
    between = {"logging", "mmengine.logging.logger", __name__}
    while frame.f_back is not None and frame.f_globals.get("__name__") in between:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")).startswith("mmengine.")


def terminal_handler(logger: MMLogger) -> TerminalHandler:
    """The logger's handler for the terminal; the first call replaces MMEngine's by it."""
    for index, handler in enumerate(logger.handlers):
        if type(handler) is logging.StreamHandler:
            # without the filter of repeated warnings, which are counted
            logger.handlers[index] = TerminalHandler(handler.level)
    return next(h for h in logger.handlers if isinstance(h, TerminalHandler))


class TerminalHook(Hook):
    """One line of progress with the time left, and one line for each validation.

    Where the output is no terminal, progress is a plain line now and then.
    """

    priority = "LOWEST"  # after CheckpointHook, which knows whether a validation was the best

    def __init__(self, handler: TerminalHandler) -> None:
        self.handler = handler
        self.console = handler.console
        self.progress = progress_line(
            "{task.percentage:>3.0f} %",
            console=self.console,
            auto_refresh=False,
            disable=not self.console.is_terminal,
            redirect_stderr=sys.stderr.isatty(),
            speed_estimate_period=120,
        )
        self._shown = 0.0
        self._best: str | None = None

    def close(self) -> None:
        """Remove the line of progress; also after an error."""
        self.handler.is_validating = False
        self.progress.stop()
        for task in self.progress.task_ids:
            self.progress.remove_task(task)

    def before_train(self, runner: Runner) -> None:
        length = counted(runner.max_iters, "step")
        if isinstance(runner.train_loop, EpochBasedTrainLoop):
            steps = counted(len(runner.train_dataloader), "step")
            length = f"{counted(runner.max_epochs, 'epoch')} of {steps}"
        dataset = runner.train_dataloader.dataset
        names = getattr(dataset, "metainfo", {}).get("video_ids", range(len(dataset)))
        done = f", after {_moment(runner, runner.epoch, runner.iter)}" if runner.iter else ""
        self.console.print(f"training on {counted(len(names), 'recording')}, {length}{done}")
        self._best = runner.message_hub.get_info("best_ckpt")
        self._start("training", total=runner.max_iters, completed=runner.iter)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        self.progress.update(self._task, completed=runner.iter + 1)
        if self._is_due():
            task = self.progress.tasks[0]
            loss = runner.message_hub.get_scalar("train/loss").mean(20)
            text = f"{_moment(runner, runner.epoch + 1, runner.iter + 1)}, loss {loss:.3f}"
            rest = f", {task.percentage:.0f} %"
            if task.time_remaining is not None:  # one step says nothing yet
                rest += f", {timedelta(seconds=round(task.time_remaining))} left"
            self._show(text, rest)

    def after_train(self, runner: Runner) -> None:
        self.close()

    def before_val_epoch(self, runner: Runner) -> None:
        self.handler.is_validating = isinstance(runner._train_loop, BaseLoop)

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        if self.handler.is_validating and self._is_due():
            self._show(f"validating, {batch_idx + 1}/{len(runner.val_dataloader)}")

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        was_validating, self.handler.is_validating = self.handler.is_validating, False
        if not was_validating or not metrics:
            return
        checkpoint = next((h for h in runner.hooks if isinstance(h, CheckpointHook)), None)
        main = next(iter(metrics))
        if checkpoint is not None and checkpoint.save_best:
            main = checkpoint.key_indicators[0]
        before, self._best = self._best, runner.message_hub.get_info("best_ckpt")
        end = "   best so far" if self._best != before else ""
        moment = _moment(runner, runner.epoch, runner.iter)
        self.console.print(f"{moment}   {figures_line(metrics, main)}{end}")

    def before_test_epoch(self, runner: Runner) -> None:
        self._start("testing", total=len(runner.test_dataloader))

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        self.progress.update(self._task, completed=batch_idx + 1)
        if self._is_due():
            self._show(f"testing, {batch_idx + 1}/{len(runner.test_dataloader)}")

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        self.close()

    def _start(self, text: str, *, total: int, completed: int = 0) -> None:
        self._task = self.progress.add_task(text, total=total, completed=completed)
        self.progress.start()
        self._shown = time.monotonic()

    def _is_due(self) -> bool:
        task = self.progress.tasks[0]
        wait = SECONDS_BETWEEN_REFRESHES
        if not self.console.is_terminal:
            whole = (task.elapsed or 0) + (task.time_remaining or 0)
            wait = max(SECONDS_BETWEEN_LINES, whole / MOST_LINES)
        return time.monotonic() - self._shown >= wait

    def _show(self, text: str, rest: str = "") -> None:
        """Show how far it is; the rest where no line of progress shows it."""
        self._shown = time.monotonic()
        if self.console.is_terminal:
            self.progress.update(self._task, description=text)
            self.progress.refresh()
        else:
            self.console.print(text + rest)


def figures_line(metrics: Mapping[str, float], main: str) -> str:
    """Such as ``mAP 65.12 %   0.30: 80.11   0.50: 66.02   0.70: 41.90``, which fits a terminal.

    Of figures in [0, 1] the first is ``main``, and its own at three tIoU thresholds at most follow.
    """
    at = [name for name in metrics if name.startswith(f"{main}@")]
    if len(at) > 3:
        at = [at[0], at[len(at) // 2], at[-1]]
    parts = [f"{main.rpartition('/')[2]} {100 * metrics[main]:5.2f} %"]
    parts += [f"{name.removeprefix(f'{main}@')}: {100 * metrics[name]:5.2f}" for name in at]
    return "   ".join(parts)


def _moment(runner: Runner, epoch: int, step: int) -> str:
    if isinstance(runner.train_loop, EpochBasedTrainLoop):
        return f"epoch {epoch:{len(str(runner.max_epochs))}}/{runner.max_epochs}"
    return f"step {step}/{runner.max_iters}"
