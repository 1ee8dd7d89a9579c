"""Check that data and model fit together."""

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmengine.runner.base_loop import BaseLoop
from torch import nn

from mmtal.checkpoints.loading import notes_of
from mmtal.registry import HOOKS
from mmtal.utils.wording import counted


@HOOKS.register_module()
class SetupCheckHook(Hook):
    """Compare each data set with the model before the first step, so that no work is lost.

    Also silences the classes without training data, where a model starts from nothing, and names
    the classes of one split only, before training and beside the result of a test.
    """

    priority = "HIGHEST"  # before EMAHook copies the model

    def before_run(self, runner: Runner) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for what, loop in (
            ("training", runner._train_loop),
            ("validation", runner._val_loop),
            ("a test", runner._test_loop),
        ):
            if isinstance(loop, BaseLoop):
                check_setup(model, loop.dataloader.dataset)
                metrics = getattr(getattr(loop, "evaluator", None), "metrics", ())
                if what != "a test" or not any(getattr(m, "out_file", None) for m in metrics):
                    check_instances(loop.dataloader.dataset, what)
        if isinstance(runner._train_loop, BaseLoop):
            check_truth(model.head, runner.train_dataloader.dataset)
            meta = getattr(runner.train_dataloader.dataset, "metainfo", {})
            model.made_for = meta.get("longest_recording")
            if not hasattr(model.head, "silence_classes"):
                return
            _print_one_split_classes(meta)
            empty = meta.get("empty_classes", [])
            if empty and model.head.num_classes == len(meta["classes"]):
                names = ", ".join(meta["classes"][label] for label in empty)
                print_log(f"classes without training data, silenced: {names}", "current")
                model.head.silence_classes(empty)

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        _print_one_split_classes(getattr(runner.test_dataloader.dataset, "metainfo", {}))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        if not isinstance(runner._train_loop, BaseLoop):
            model = runner.model.module if is_model_wrapper(runner.model) else runner.model
            trained = data_facts(checkpoint)
            model.made_for = trained.get("longest_recording")
            for loop in (runner._val_loop, runner._test_loop):
                if isinstance(loop, BaseLoop) and getattr(model.head, "num_classes", 1) > 1:
                    check_classes(trained, loop.dataloader.dataset)


def _print_one_split_classes(meta: Mapping[str, Any]) -> None:
    if meta.get("one_split_classes"):
        print_log(meta["one_split_classes"], "current")


def data_facts(checkpoint: Any) -> Mapping[str, Any]:
    """What a checkpoint says of its training data: MMEngine's ``dataset_meta``, may be empty."""
    return notes_of(checkpoint).get("dataset_meta") or {}


def check_classes(trained: Mapping[str, Any], dataset: Any) -> None:
    """Refuse to test a model on data whose classes have other names than in training.

    ``trained`` is what the checkpoint says of its training data. ValueError: the first that
    differs.
    """
    theirs = getattr(dataset, "metainfo", {}).get("classes")
    for label, (was, now) in enumerate(zip(trained.get("classes", ()), theirs or (), strict=False)):
        if was != now:
            raise ValueError(
                f"the model was trained for other classes than the data have: class {label} was "
                f"'{was}', but is '{now}' in {getattr(dataset, 'ann_file', 'the data')}. Test on "
                "the data that it was trained for, or set test_dataloader.dataset.classes to the "
                "names of the training, in their order"
            )


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


def check_truth(head: Any, dataset: Any) -> None:
    """Refuse (ValueError) training instances that the head says it cannot learn."""
    classes = getattr(dataset, "metainfo", {}).get("classes", ())
    for index in range(len(dataset) if hasattr(head, "check_instances") else 0):
        info = dataset.get_data_info(index)
        head.check_instances(
            torch.from_numpy(info["segments"]),
            torch.from_numpy(info["labels"]),
            step=info["duration"] / info["num_features"],
            name=info["video_id"],
            classes=classes,
        )


def check_instances(dataset: Any, what: str) -> None:
    """Refuse (ValueError) a data set without instances where they are needed.

    ``what`` needs them: ``training``, ``validation`` or ``a test``.
    """
    meta = getattr(dataset, "metainfo", {})
    classes, absent = meta.get("classes"), meta.get("empty_classes")
    if classes and absent and len(absent) == len(classes):
        number = counted(len(meta["video_ids"]), "recording")
        ways = {
            "validation": "choose another subset, or train without: val_dataloader=None "
            "val_cfg=None val_evaluator=None",
            "a test": "choose another subset; mmtal test --out FILE only writes the detections",
        }
        raise ValueError(
            f"{getattr(dataset, 'ann_file', type(dataset).__name__)}, subset {meta['subset']}: "
            f"{what} needs instances, but {number} and 0 instances are there: "
            + ways.get(what, "choose another subset, or annotate it")
        )
