"""Check that data and model fit together."""

from collections.abc import Mapping
from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmengine.runner.base_loop import BaseLoop
from torch import nn

from mmtal.registry import HOOKS


@HOOKS.register_module()
class SetupCheckHook(Hook):
    """Compare each data set with the model before the first step, so that no work is lost.

    Also silences the classes without training data, where a model starts from nothing, and names
    the classes of one split only, before training and beside the result of a test.
    """

    priority = "HIGHEST"  # before EMAHook copies the model

    def before_run(self, runner: Runner) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for loop in (runner._train_loop, runner._val_loop, runner._test_loop):
            if isinstance(loop, BaseLoop):
                check_setup(model, loop.dataloader.dataset)
        if isinstance(runner._train_loop, BaseLoop) and hasattr(model.head, "silence_classes"):
            meta = getattr(runner.train_dataloader.dataset, "metainfo", {})
            _print_one_split_classes(meta)
            empty = meta.get("empty_classes", [])
            if empty and model.head.num_classes == len(meta["classes"]):
                names = ", ".join(meta["classes"][label] for label in empty)
                print_log(f"classes without training data, silenced: {names}", "current")
                model.head.silence_classes(empty)

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        _print_one_split_classes(getattr(runner.test_dataloader.dataset, "metainfo", {}))


def _print_one_split_classes(meta: Mapping[str, Any]) -> None:
    if meta.get("one_split_classes"):
        print_log(meta["one_split_classes"], "current")


def check_setup(model: nn.Module, dataset: Any) -> None:
    """Refuse a data set that the model cannot work with.

    ValueError: its classes or channels are not those of the model.
    """
    classes = getattr(dataset, "metainfo", {}).get("classes")
    num_classes = getattr(getattr(model, "head", None), "num_classes", None)
    source = getattr(dataset, "ann_file", type(dataset).__name__)
    if classes is not None and num_classes not in (None, 1, len(classes)):
        raise ValueError(
            f"the model has {num_classes} classes (model.head.num_classes), but {source} has "
            f"{len(classes)} ({', '.join(classes[:5])}{', ...' if len(classes) > 5 else ''}): set "
            f"model.head.num_classes={len(classes)}"
        )
    expected = getattr(getattr(model, "backbone", None), "in_channels", None)
    actual = getattr(dataset, "num_channels", None)
    if None not in (expected, actual) and expected != actual:
        raise ValueError(
            f"the model expects features with {expected} channels (model.backbone.in_channels), "
            f"but those of {source} have {actual}: set model.backbone.in_channels={actual}"
        )
