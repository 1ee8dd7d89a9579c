"""Hooks: the same randomness after a resume, and data that fit the model."""

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from mmengine.runner.base_loop import BaseLoop
from torch import nn

from mmtal.engine.hooks import SeedHook, SetupCheckHook, seed_hook
from mmtal.engine.hooks.setup_check_hook import check_classes, check_setup
from mmtal.registry import HOOKS


class Dataset:
    """What the hooks look at."""

    def __init__(self, classes=("a", "b", "c"), num_channels=6, empty=()):
        self.metainfo = dict(
            classes=classes, empty_classes=list(empty), subset="some", video_ids=["r1", "r2"]
        )
        self.num_channels = num_channels
        self.ann_file = "data/annotations.json"
        self.calls = []

    def set_seed(self, seed):
        self.calls.append(("seed", seed))

    def set_epoch(self, epoch):
        self.calls.append(("epoch", epoch))


def dropout_at(iteration, *, seed=3, steps_before=0):
    """What dropout keeps in one step of a runner."""
    hook, runner = SeedHook(), SimpleNamespace(seed=seed, iter=0)
    for runner.iter in range(iteration - steps_before, iteration):
        hook.before_train_iter(runner, runner.iter)
        F.dropout(torch.ones(runner.iter + 5))
    runner.iter = iteration
    hook.before_train_iter(runner, 0)
    return F.dropout(torch.ones(64)).tolist()


def test_a_resumed_step_drops_what_the_uninterrupted_one_drops():
    assert dropout_at(10, steps_before=10) == dropout_at(10) == dropout_at(10, steps_before=3)


@pytest.mark.parametrize(
    ("other", "why"),
    [(dict(iteration=11), "another step"), (dict(iteration=10, seed=4), "another seed")],
)
def test_other_steps_and_seeds_drop_something_else(other, why):
    assert dropout_at(**other) != dropout_at(10)


def test_each_rank_drops_something_else(monkeypatch):
    first = dropout_at(10)
    monkeypatch.setattr(seed_hook, "get_rank", lambda: 1)
    assert dropout_at(10) != first


def test_the_dataset_learns_seed_and_epoch():
    dataset = Dataset()
    loader = SimpleNamespace(dataset=dataset)
    SeedHook().before_train_epoch(SimpleNamespace(train_dataloader=loader, seed=5, epoch=2))
    assert dataset.calls == [("seed", 5), ("epoch", 2)]


def test_datasets_without_augmentation_are_left_alone():
    loader = SimpleNamespace(dataset=[1, 2])
    SeedHook().before_train_epoch(SimpleNamespace(train_dataloader=loader, seed=5, epoch=2))


class Head(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.num_classes = num_classes
        self.silenced = []

    def silence_classes(self, labels):
        self.silenced += labels


def model(num_classes=3, in_channels=6):
    built = nn.Module()
    built.backbone = nn.Module()
    built.backbone.in_channels = in_channels
    built.head = Head(num_classes)
    return built


@pytest.mark.parametrize(
    ("built", "dataset", "why"),
    [
        (model(), Dataset(), "they fit"),
        (model(num_classes=1), Dataset(), "class-agnostic heads take all classes"),
        (model(), [1, 2, 3], "a dataset that says nothing about itself"),
        (nn.Linear(1, 1), Dataset(), "a model of another kind"),
        (model(), SimpleNamespace(metainfo={}, num_channels=6), "no classes known"),
    ],
)
def test_accepted(built, dataset, why):
    check_setup(built, dataset)


@pytest.mark.parametrize(
    ("built", "dataset", "message"),
    [
        (
            model(num_classes=4),
            Dataset(),
            r"4 classes \(model\.head\.num_classes\), but data/annotations\.json has 3 "
            r"\(a, b, c\): set model\.head\.num_classes=3",
        ),
        (model(num_classes=2), Dataset(tuple("abcdefg")), r"has 7 \(a, b, c, d, e, \.\.\.\)"),
        (
            model(),
            Dataset(num_channels=8),
            r"expects features with 6 channels .* have 8: set model\.backbone\.in_channels=8",
        ),
    ],
)
def test_refused(built, dataset, message):
    with pytest.raises(ValueError, match=message):
        check_setup(built, dataset)


class Loop(BaseLoop):
    def __init__(self, dataset, out_file=None):
        self.dataloader = SimpleNamespace(dataset=dataset)
        self.evaluator = SimpleNamespace(metrics=[SimpleNamespace(out_file=out_file)])

    def run(self):
        raise NotImplementedError


def before_run(built, *, train=None, val=None, test=None):
    runner = SimpleNamespace(model=built, _train_loop=train, _val_loop=val, _test_loop=test)
    if isinstance(train, Loop):
        runner.train_dataloader = train.dataloader
    SetupCheckHook().before_run(runner)


@pytest.mark.parametrize("phase", ["train", "val", "test"])
def test_the_data_of_every_phase_are_checked_before_it_starts(phase):
    with pytest.raises(ValueError, match="have 9"):
        before_run(model(), **{phase: Loop(Dataset(num_channels=9))})
    before_run(model(), **{phase: dict(type="NotYetBuilt")})  # as in the other phases' runs


@pytest.mark.parametrize(
    ("num_classes", "loops", "silenced", "why"),
    [
        (3, dict(train=Loop(Dataset(empty=[1]))), [1], "a class without training data"),
        (3, dict(train=Loop(Dataset())), [], "all classes have data"),
        (1, dict(train=Loop(Dataset(empty=[1]))), [], "a class-agnostic head has no such class"),
        (3, dict(test=Loop(Dataset(empty=[1]))), [], "testing changes no model"),
    ],
)
def test_classes_without_training_data_are_silenced(num_classes, loops, silenced, why):
    built = model(num_classes)
    before_run(built, **loops)
    assert built.head.silenced == silenced


@pytest.mark.parametrize("phase", ["train", "val", "test"])
def test_data_without_an_instance_are_refused_with_their_counts(phase):
    with pytest.raises(ValueError, match=r"subset some: .* 2 recordings and 0 instances"):
        before_run(model(), **{phase: Loop(Dataset(empty=[0, 1, 2]))})


def test_a_test_split_without_labels_may_write_results():
    before_run(model(), test=Loop(Dataset(empty=[0, 1, 2]), out_file="results.json"))
    with pytest.raises(ValueError, match="validation needs instances"):
        before_run(model(), val=Loop(Dataset(empty=[0, 1, 2]), out_file="results.json"))


def test_order_of_hooks():
    """The check comes first of all: EMAHook copies the model, and nothing may start before."""
    with DefaultScope.overwrite_default_scope("mmtal"):
        names = ("SetupCheckHook", "SeedHook", "EMAHook", "SafeCheckpointHook")
        hooks = [HOOKS.build(dict(type=name)) for name in names]
    levels = ["HIGHEST", "VERY_HIGH", "NORMAL", "LOWEST"]
    assert [hook.priority for hook in hooks] == levels


def test_testing_on_other_classes_is_refused():
    trained = dict(classes=("a", "c", "b"))
    with pytest.raises(ValueError, match=r"class 1 was 'c', but is 'b' in data/annotations\.json"):
        check_classes(trained, Dataset())
    for known in (dict(classes=("a", "b", "c")), {}):
        check_classes(known, Dataset())
    check_classes(trained, [1, 2, 3])
