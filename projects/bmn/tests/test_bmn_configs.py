"""The recipes have OpenTAD's values, and they run."""

import json
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from tiny import CHANNELS, ROOT, make_dataset

from mmtal.registry import DATASETS, MODELS

PROJECT = ROOT / "projects" / "bmn"
NAMES = sorted(path.stem for path in (PROJECT / "configs").glob("*.py"))
# channels, T, D, sigma, kept, least score, learning rate, its drop, epochs, decay of the backbone,
# classes of a recording: OpenTAD's configs/bmn; test_epoch only chooses among checkpoints
RECIPES = {
    "thumos_i3d": (2048, 128, 64, 0.3, 200, 1e-4, 1e-4, 5, 8, 10, 2),
    "thumos_tsn": (2048, 128, 64, 0.3, 200, 1e-4, 1e-4, 5, 8, 10, 2),
    "anet_tsp": (512, 128, 128, 0.5, 100, 0.01, 1e-3, 7, 10, 10, 2),
    "anet_tsn": (400, 128, 128, 0.5, 100, 0.01, 1e-3, 7, 10, 10, 2),
    "hacs_slowfast": (2304, 192, 192, 0.5, 100, 0.001, 4e-4, 5, 6, 1, 3),
}


@cache
def load(name: str) -> Config:
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


@pytest.mark.parametrize("name", RECIPES)
def test_values_are_opentads(name: str) -> None:
    config = load(name)
    backbone, head, optim = config.model.backbone, config.model.head, config.optim_wrapper
    [schedule], (metric, recall) = config.param_scheduler, config.test_evaluator
    keys = (optim.paramwise_cfg or {}).get("custom_keys", {})
    found = (
        *(backbone.in_channels, backbone.max_seq_len, head.max_duration),
        *(head.nms.sigma, head.max_per_video, head.nms.min_score),
        *(optim.optimizer.lr, *schedule.milestones, config.train_cfg.max_epochs),
        *(keys.get("backbone", {}).get("decay_mult", 1), metric.get("top_classes", 2)),
    )
    assert found == RECIPES[name]
    assert (schedule.gamma, config.train_dataloader.batch_size) == (0.1, 16)
    assert (optim.optimizer.type, optim.optimizer.weight_decay) == ("Adam", 1e-4)
    assert recall.type == "AverageRecall" and "custom_hooks" not in config, "no averaged weights"


def test_values_are_those_behind_the_golden_figures() -> None:
    resolved = json.loads((PROJECT / "tests/data/bmn_thumos_i3d_seed0.json").read_text())
    resolved = resolved["resolved"]
    config = load("thumos_i3d")
    nms, head = dict(resolved["post_processing"]["nms"]), config.model.head
    kept = nms.pop("max_seg_num")
    assert nms == dict(
        use_soft_nms=head.nms.method == "gaussian",
        sigma=head.nms.sigma,
        min_score=head.nms.min_score,
        multiclass=not head.nms.class_agnostic,
        voting_thresh=head.nms.voting_thr,
    )
    assert kept == head.max_per_video
    train, windows = resolved["dataset"]["train"], config.train_dataloader.dataset.pipeline[1]
    step = round(train["window_size"] * (1 - train["window_overlap_ratio"]))
    assert (windows.max_len, windows.step) == config.model.test_window == (128, step)
    assert windows.min_overlap == train["ioa_thresh"]
    data = config.train_dataloader.dataset
    assert (data.feature_stride, data.snippet_frames / 2) == (
        train["feature_stride"] * train["sample_stride"],
        train["offset_frames"],
    )
    assert config.optim_wrapper.clip_grad.max_norm == resolved["solver"]["clip_grad_norm"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("bmn") / "data", num_train=2, num_test=2)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_trains_and_predicts(name: str, folder: Path) -> None:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    config = load(name).copy()
    model = config.model
    model.backbone.update(in_channels=CHANNELS, embed_channels=8, groups=2, max_seq_len=32)
    model.head.update(channels=4, sample_channels=4, max_duration=24)
    windowed = model.get("test_window") is not None
    if windowed:
        model.test_window = (32, 16)
    datasets = []
    for phase, subset in (("train", "training"), ("test", "validation")):
        dataset = config[f"{phase}_dataloader"].dataset
        dataset.update(
            *[dict(data_root=str(folder), ann_file="annotations.json", features="features")],
            **dict(subset=subset, feature_stride=1, snippet_frames=0, fps=1, file_prefix=""),
        )
        dataset.pop("classes", None)
        dataset.pipeline = [t for t in dataset.pipeline if t.type != "TemporalStride"]
        for transform in dataset.pipeline:
            if transform.type == "TrainingWindows":
                transform.update(max_len=32, step=16, min_overlap=0.5)
            elif transform.type == "OpenTADResize":
                transform.length = 32
        datasets.append(DATASETS.build(dataset))
    train, test = datasets
    built = MODELS.build(model)

    batch = {key: [train[i][key] for i in (0, 1)] for key in ("inputs", "data_samples")}
    losses = built(**built.data_preprocessor(batch, training=True), mode="loss")
    sum(losses.values()).backward()
    assert all(loss.isfinite() and loss > 0 for loss in losses.values())
    assert all(p.grad is not None and p.grad.isfinite().all() for p in built.parameters())

    built.eval()
    [sample] = built.test_step({key: [test[0][key]] for key in ("inputs", "data_samples")})
    found = sample.pred_instances
    assert 0 < len(found) <= model.head.max_per_video and not found.labels.any()
    assert (found.scores[:-1] >= found.scores[1:]).all()
    assert found.segments.min() >= 0 and found.segments.max() <= sample.duration
    if windowed:  # proposals from every window
        assert found.segments.max() > 32 and len(test[0]["inputs"]) > 32
