"""Stop a training that has diverged; warn of one that cannot learn where instances end."""

import logging
from typing import Any

import torch
from mmengine.hooks import Hook, LoggerHook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.optim import AmpOptimWrapper
from mmengine.runner import Runner

from mmtal.registry import HOOKS

OVERFLOWS = 20
"""Steps in a row that mixed precision may skip: its scaler then has tried all scales down to 1."""

INTERVAL = 20

PATIENCE = 50
"""Steps that a head's offsets may be 0 at all instances."""

CAUSES = (
    "Usual causes: too high a learning rate or too short a warm-up; features of extreme size "
    "(mmtal data verify); mixed precision; a loss of one's own that divides by zero. Start again "
    "with a lower learning rate"
)


@HOOKS.register_module()
class DivergenceHook(Hook):
    """Stop a training whose loss is NaN or infinite, with an error.

    Each step's loss is judged on its device. The judgment is read at the logging interval, before
    each validation and before each checkpoint, so that no step waits for it and no checkpoint
    holds what came after. Steps that the scaler of mixed precision skips are allowed, but not
    ``OVERFLOWS`` in a row.

    With a loss that is finite, a training may still learn nothing of where instances begin or end:
    when the ReLU of one side lets no gradient through. That is a warning.
    """

    priority = "VERY_HIGH"  # before the learning rate changes, and before all that saves

    def __init__(self) -> None:
        self._steps: list[tuple[int, float, list[str], torch.Tensor]] = []
        self._in_a_row: torch.Tensor | None = None
        self._first: torch.Tensor | None = None
        self._closed_for = 0

    def before_train(self, runner: Runner) -> None:
        self._interval = next(
            (hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)), INTERVAL
        )
        self._allowed = OVERFLOWS if isinstance(runner.optim_wrapper, AmpOptimWrapper) else 1

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, torch.Tensor] | None = None,
    ) -> None:
        loss = (outputs or {}).get("loss")
        if loss is None:
            return
        if self._in_a_row is None or self._first is None:
            self._in_a_row = torch.zeros((), dtype=torch.long, device=loss.device)
            self._first = torch.full_like(self._in_a_row, -1)
        self._in_a_row = (self._in_a_row + 1) * ~loss.isfinite()
        is_first = (self._in_a_row >= self._allowed) & (self._first < 0)
        self._first = torch.where(is_first, len(self._steps), self._first)
        rate = next(iter(runner.optim_wrapper.get_lr().values()))[0]
        self._steps.append((runner.iter + 1, rate, _recordings(data_batch), loss))
        if len(self._steps) >= self._interval:
            self._read(runner)

    def before_val(self, runner: Runner) -> None:
        self._read(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        self._read(runner)

    def after_train(self, runner: Runner) -> None:
        self._read(runner)
        if self._closed_for >= PATIENCE:
            self._warn_of_sides()

    def _read(self, runner: Runner) -> None:
        """Wait for the device; stop if a step was wrong, else forget the steps."""
        first = -1 if self._first is None else int(self._first)
        if first >= 0:
            iteration, rate, recordings, loss = self._steps[first]
            skipped = f", as in {OVERFLOWS} steps in a row" if self._allowed > 1 else ""
            raise ValueError(
                f"training has diverged: the loss is {float(loss)} in iteration {iteration} of "
                f"{runner.max_iters}{skipped}, at a learning rate of {rate:g}, on the recordings "
                f"{', '.join(recordings)}. Weights from then on were not saved. {CAUSES}"
            )
        self._read_sides(runner)
        self._steps.clear()

    def _read_sides(self, runner: Runner) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        closed_sides = getattr(getattr(model, "head", None), "closed_sides", None)
        if not self._steps or closed_sides is None:
            return
        self._sides: list[str] = closed_sides()
        before = self._closed_for
        self._closed_for = before + len(self._steps) if self._sides else 0
        if before < PATIENCE <= self._closed_for:
            self._warn_of_sides()

    def _warn_of_sides(self) -> None:
        sides = " and to the ".join(self._sides)
        print_log(
            f"the distance to the {sides} was 0 at all points of instances in the last "
            f"{self._closed_for} steps: the ReLU that it ends in lets no gradient through, and the "
            "model may never learn where instances begin or end. Start again with "
            "model.head.offset_bias=1",
            "current",
            logging.WARNING,
        )


def _recordings(batch: Any) -> list[str]:
    """Names of a batch's recordings; numbers where it has none."""
    samples = batch.get("data_samples", ()) if isinstance(batch, dict) else ()
    return [f"'{getattr(sample, 'video_id', index)}'" for index, sample in enumerate(samples)]
