"""Says how a trial is getting on, and stops it where it is told to."""

import time
from collections.abc import Callable

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmtal.experiments.search.settings import progress_step

Report = Callable[[int, float], bool]
"""Takes the step and the mAP in [0, 1]; returns whether to go on."""


class TrialStopped(Exception):  # noqa: N818 - no error
    """A trial is not worth going on with."""


class TrialReportHook(Hook):
    """Report ``tal/mAP`` after each validation.

    Args:
        report: Gets the figures.

    Raises:
        TrialStopped: ``report`` says so.
        ValueError: Validation gives no mAP.
    """

    priority = "LOWEST"  # after EMAHook has put the trained weights back

    def __init__(self, report: Report) -> None:
        self.report = report
        self.value = float("nan")
        self.seconds = 0.0
        """Spent on validation so far."""
        self._started = 0.0

    def before_val(self, runner: Runner) -> None:
        self._started = time.monotonic()

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        self.seconds += time.monotonic() - self._started
        if "tal/mAP" not in (metrics or {}):
            raise ValueError(
                f"a search compares tal/mAP, but validation gives {list(metrics or {})}"
            )
        self.value = float((metrics or {})["tal/mAP"])
        epoch = runner.epoch  # counts finished epochs when a validation ends
        go_on = self.report(progress_step(epoch, runner.max_epochs), self.value)
        if not go_on and epoch < runner.max_epochs:
            raise TrialStopped
