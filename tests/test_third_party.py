"""Components without a parent class of mmtal's go through all that is done with a model."""

import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from tiny import CHANNELS, CLASSES, make_dataset, write_config

from mmtal.apis import TemporalActionInferencer
from mmtal.experiments.experiment import prepare_config, run_experiment
from mmtal.inference.windowing import reach_of
from mmtal.preparation.verification import verify_config
from mmtal.registry import MODELS

PLUGIN = f"""
custom_imports = dict(imports=['third_party'])
model = dict(
    _delete_=True,
    type='TemporalLocalizer',
    backbone=dict(type='MeanPyramid', channels={CHANNELS}, width=16, levels=3),
    neck=dict(type='NoNeck'),
    head=dict(type='PlainHead', num_classes=3),
)
load, pack = dict(type='LoadFeatures'), dict(type='PackInputs')
new = [load, dict(type='PairMeans'), dict(type='Sign')]
train_dataloader['num_workers'], train_dataloader['persistent_workers'] = 0, False
train_dataloader['dataset']['pipeline'] = [
    *new, dict(type='Truncate', max_len=96, min_overlap=0.5), pack,
]
test_dataloader['dataset']['pipeline'] = [*new, pack]
val_evaluator = test_evaluator = dict(type='StrictMAP', tiou_thresholds=[0.3])
train_cfg['max_epochs'], train_cfg['val_interval'] = 2, 1
param_scheduler = []
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    init_default_scope("mmtal")
    return make_dataset(tmp_path_factory.mktemp("third_party") / "data")


def plugin_config(folder: Path, text: str = "") -> Path:
    sys.path.insert(0, str(Path(__file__).parent))  # for third_party
    return write_config(folder.parent / "plugin.py", folder, PLUGIN + text)


def test_it_trains_tests_and_infers_in_one_pass_and_in_windows(folder: Path, tmp_path: Path):
    config = prepare_config(str(plugin_config(folder)), data_path=folder, work_dir=tmp_path)
    assert set(run_experiment(config)) >= {"tal/mAP"}  # a subclass of the mAP metric
    assert (tmp_path / "results.json").is_file()

    infer = TemporalActionInferencer(config, tmp_path / "epoch_2.pth")
    signal = np.random.default_rng(0).normal(size=(400, CHANNELS)).astype(np.float32)
    infer.model.head.nms["min_score"] = infer.model.head.score_thr = 0.3
    [whole] = infer(signal, fps=1)
    infer.window = 120.0
    [windowed] = infer(signal, fps=1)
    assert infer.classes == CLASSES and len(whole) == len(windowed) > 10
    ordered = [np.sort(found.segments, axis=0) for found in (whole, windowed)]  # scores are tied
    np.testing.assert_allclose(*ordered, atol=1e-3)
    assert reach_of(config.model).level_strides == (1, 2, 4)


def test_its_data_are_verified_against_it(folder: Path):
    config = Config.fromfile(
        plugin_config(folder, "model['head']['assigner'] = dict(type='InsideAssigner')")
    )
    report = verify_config(config)
    assert report.notes == []
    split = report.statistics["splits"]["training"]
    assert report.statistics["model"]["level_strides"] == [1, 2, 4]
    assert split["sequence_lengths"]["max"] <= 45, "pairs of at most 90 features"
    assert split["reach"] == dict(split["reach"], unreachable=0, lost_in_competition=0)
    assert split["reach"]["per_level"][0] == split["reach"]["instances"] > 0


@pytest.mark.parametrize(
    ("channels", "problems"), [(2, []), (3, ["and become 2, but in_channels is 3"])]
)
def test_channels_that_a_transform_leaves_are_those_that_count(
    folder: Path, channels: int, problems: list[str]
):
    config = Config.fromfile(plugin_config(folder))
    config.model.backbone.channels = channels
    config.train_dataloader.dataset.pipeline.insert(1, dict(type="FirstTwo"))
    found = [f for f in verify_config(config).findings if f.kind == "channels do not fit the model"]
    assert len(found) == len(problems)
    assert all(text in f.value for text, f in zip(problems, found, strict=True))


def test_what_does_not_answer_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch):
    import third_party

    class PairMeans:  # a new one: Python 3.12 remembers which classes have had the attribute
        __call__ = third_party.PairMeans.__call__

    monkeypatch.setitem(third_party.TRANSFORMS.module_dict, "PairMeans", PairMeans)
    config = Config.fromfile(
        plugin_config(folder, "model['head']['assigner'] = dict(type='SilentAssigner')")
    )
    transform, assigner = verify_config(config).notes
    assert "not known: PairMeans (they have no attribute 'changes_grid')" in transform
    assert "its assigner, SilentAssigner, has no method 'coverage'" in assigner


# part, what its class loses, what the message says
LACKS = [
    ("backbone", "MeanPyramid", "in_channels"),
    ("backbone", "MeanPyramid", "padding"),
    ("neck", "NoNeck", "out_channels"),
    ("head", "PlainHead", "num_classes"),
    ("head", "PlainHead", "predict_by_feat"),
]


@pytest.mark.parametrize(("part", "name", "attribute"), LACKS)
def test_a_part_that_lacks_something_is_refused_when_the_model_is_built(
    folder: Path, monkeypatch: pytest.MonkeyPatch, part: str, name: str, attribute: str
):
    import third_party

    def hidden(self, key):
        if key == attribute:
            raise AttributeError(key)
        return object.__getattribute__(self, key)

    config = Config.fromfile(plugin_config(folder))
    monkeypatch.setattr(getattr(third_party, name), "__getattribute__", hidden)
    message = rf"model.{part} must have '{attribute}', but {name} does not"
    with pytest.raises(ValueError, match=message):
        MODELS.build(config.model)


@pytest.mark.parametrize(
    ("key", "kind", "missing"),
    [("assigner", "OffsetCoder", "sees_predictions"), ("coder", "CenterAssigner", "decode")],
)
def test_so_are_the_parts_of_the_head(folder: Path, key: str, kind: str, missing: str):
    config = Config.fromfile(write_config(folder.parent / "tiny.py", folder))
    ranges = {} if kind == "OffsetCoder" else dict(regression_ranges=[(0, 4)])
    config.model.head[key] = dict(type=kind, **ranges)
    with pytest.raises(ValueError, match=rf"model.head.{key} must have .*'{missing}', but {kind}"):
        MODELS.build(config.model)
