"""Checkpoints without pickled objects."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmtal.checkpoints.loading import make_plain
from mmtal.registry import HOOKS


@HOOKS.register_module()
class SafeCheckpointHook(Hook):
    """Save checkpoints of plain types and tensors, which load with ``weights_only=True`` anywhere.

    MMEngine would pickle its message hub with NumPy arrays and functions in it. What is turned
    into plain types here becomes objects again in :func:`mmtal.checkpoints.loading` on loading.
    """

    priority = "LOWEST"  # after every hook that adds to the checkpoint

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        make_plain(checkpoint)
