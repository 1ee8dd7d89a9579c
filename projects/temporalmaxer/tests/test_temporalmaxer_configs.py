"""The configs have the release's values, take its checkpoints, and work in all tools."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from tiny import ROOT, make_dataset

from mmtal.apis import TemporalActionInferencer, load_official_state_dict
from mmtal.cli.main import main
from mmtal.evaluation.protocols import find_protocol
from mmtal.evaluation.thresholds import tiou_grid
from mmtal.registry import MODELS

PROJECT = ROOT / "projects" / "temporalmaxer"
NARROW = [(0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)]
OVERLAPPING = [(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]
THUMOS = dict(
    num_classes=20, in_channels=2048, feature_stride=4, snippet_frames=16, fps=None,
    min_overlap=0.5, depths=(2, 5), norm="group", ranges=NARROW, epochs=60, loss_normalizer=100,
    pre_nms_topk=2000, max_per_video=200, sigma=0.5, tious=[0.3, 0.4, 0.5, 0.6, 0.7],
    subsets=("validation", "test"), ann_file="thumos14.json",
)  # fmt: skip
VERB = dict(
    num_classes=97, in_channels=2304, feature_stride=16, snippet_frames=32, fps=30,
    min_overlap=0.3, depths=(2, 5), norm="layer", ranges=OVERLAPPING, epochs=32,
    loss_normalizer=250, pre_nms_topk=5000, max_per_video=2000, sigma=0.4,
    tious=[0.1, 0.2, 0.3, 0.4, 0.5], subsets=("training", "validation"),
    ann_file="epic_kitchens_100_verb.json",
)  # fmt: skip
OFFICIAL = {  # read off the release's configs/*.yaml and their defaults
    "thumos_i3d": THUMOS,
    "multithumos_i3d": {
        **THUMOS, "num_classes": 65, "in_channels": 1024, "depths": (3, 5), "norm": "layer",
        "pre_nms_topk": 3000, "max_per_video": 300, "ann_file": "multithumos.json",
        "tious": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    },
    "epic_slowfast_verb": VERB,
    "epic_slowfast_noun": {
        **VERB, "num_classes": 300, "norm": "group", "ann_file": "epic_kitchens_100_noun.json",
    },
}  # fmt: skip
SMALL = ("salads50_cnn", "gtea_cnn", "sbhar_inertial_small")


@cache
def load(name: str) -> Config:
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


@cache
def build(name: str) -> nn.Module:
    with torch.device("meta"):  # shapes without memory
        return MODELS.build(load(name).model)


def truncate_of(config: Config) -> dict:
    return next(t for t in config.train_dataloader.dataset.pipeline if t.type == "Truncate")


def test_no_config_is_left_out():
    found = {path.stem for path in (PROJECT / "configs").glob("*.py")}
    assert found == {*OFFICIAL, *SMALL}


@pytest.mark.parametrize("name", OFFICIAL)
def test_values_are_those_of_the_release(name):
    config, model = load(name), build(name)
    train, test = config.train_dataloader.dataset, config.test_dataloader.dataset
    head, raw = model.head, config.model.head
    protocol = find_protocol(config.test_evaluator.protocol)
    found = dict(
        num_classes=head.num_classes,
        in_channels=model.backbone.in_channels,
        feature_stride=train.feature_stride,
        snippet_frames=train.snippet_frames,
        fps=train.get("fps"),
        min_overlap=truncate_of(config)["min_overlap"],
        depths=(len(model.backbone.embedding.convs), len(model.backbone.level_strides) - 1),
        norm=config.model.neck.norm,
        ranges=head.assigner.regression_ranges,
        epochs=config.train_cfg.max_epochs - config.warmup_epochs,
        loss_normalizer=raw.loss_normalizer,
        pre_nms_topk=head.pre_nms_topk,
        max_per_video=head.max_per_video,
        sigma=raw.nms.sigma,
        tious=tiou_grid(protocol.tiou_thresholds).round(9).tolist(),
        subsets=(train.subset, test.subset),
        ann_file=Path(train.ann_file).name,
    )
    assert found == OFFICIAL[name]
    assert config.model.backbone.get("full_padding", False) == (found["norm"] == "group")
    shared = dict(
        width=model.backbone.out_channels,
        max_seq_len=model.padding.max_seq_len,
        max_len=truncate_of(config)["max_len"],
        crop=tuple(truncate_of(config)["crop_ratio"]),
        radius=head.assigner.center_radius,
        weights=(head.assigner.cls_weight, head.assigner.reg_weight),
        smoothing=head.loss_cls.label_smoothing,
        lr=config.optim_wrapper.optimizer.lr,
        weight_decay=config.optim_wrapper.optimizer.weight_decay,
        clip=config.optim_wrapper.clip_grad.max_norm,
        batch=config.train_dataloader.batch_size,
        warmup=config.warmup_epochs,
        nms=(raw.nms.method, raw.nms.min_score, head.score_thr, head.min_duration),
        ema=config.custom_hooks[0].momentum,
    )
    assert shared == dict(
        width=512, max_seq_len=2304, max_len=2304, crop=(0.9, 1.0), radius=1.5, weights=(1, 2),
        smoothing=0.0, lr=1e-4, weight_decay=0.05, clip=1.0, batch=2, warmup=5,
        nms=("gaussian", 0.001, 0.001, 0.05), ema=0.001,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["thumos_i3d", "epic_slowfast_verb"])
def test_the_table_is_what_the_release_ran_with(name):
    resolved = json.loads((PROJECT / "tests" / "data" / f"temporalmaxer_{name}.json").read_text())[
        "resolved"
    ]
    data, model, test = resolved["dataset"], resolved["model"], resolved["test_cfg"]
    expected = dict(
        num_classes=data["num_classes"], in_channels=data["input_dim"],
        feature_stride=data["feat_stride"], snippet_frames=data["num_frames"],
        fps=data["default_fps"], min_overlap=data["trunc_thresh"],
        depths=tuple(model["backbone_arch"]),
        norm=model.get("fpn_norm", "groupnorm").removesuffix("norm"),  # the neck's default
        ranges=[tuple(r) for r in model["regression_range"]], epochs=resolved["opt"]["epochs"],
        loss_normalizer=resolved["train_cfg"]["init_loss_norm"],
        pre_nms_topk=test["pre_nms_topk"], max_per_video=test["max_seg_num"],
        sigma=test["nms_sigma"], ann_file=Path(data["json_file"]).name,
    )  # fmt: skip
    assert {key: OFFICIAL[name][key] for key in expected} == expected


@pytest.mark.parametrize("name", SMALL)
def test_small_recipes_differ_from_actionformer_in_the_model_alone(name):
    ours = load(name).to_dict()
    other = Config.fromfile(ROOT / "configs" / "actionformer" / f"{name}.py").to_dict()
    model, other_model = ours.pop("model"), other.pop("model")
    ours.pop("custom_imports")
    assert ours == other
    assert model["head"].pop("type") == "TemporalMaxerHead"
    assert model["head"]["assigner"].pop("type") == "CheapestAssigner"
    del other_model["head"]["type"], other_model["head"]["assigner"]["type"]
    assert model["head"] == other_model["head"]
    assert sum(p.numel() for p in build(name).parameters()) < 0.32e6


# ---------------------------------------------------------------- checkpoints

TINY = dict(in_channels=6, embed_channels=16, max_seq_len=96, depths=(2, 5))


def tiny_config(name: str) -> Config:
    config = Config(load(name).to_dict())
    config.model.backbone.update(TINY)
    return config


def release_weights(name: str) -> dict[str, Tensor]:
    """A state dict as the release saves it, for the tiny model."""
    classes = load(name).model.head.num_classes
    shapes: dict[str, tuple[int, ...]] = {
        "backbone.embd.0.conv.weight": (16, 6, 3),
        "backbone.embd.1.conv.weight": (16, 16, 3),
        "cls_head.cls_head.conv.weight": (classes, 16, 3),
        "cls_head.cls_head.conv.bias": (classes,),
        "reg_head.offset_head.conv.weight": (2, 16, 3),
        "reg_head.offset_head.conv.bias": (2,),
    }
    for part in ("cls", "reg"):
        shapes |= {f"{part}_head.head.{i}.conv.weight": (16, 16, 3) for i in (0, 1)}
    for part in ("backbone.embd_norm", "cls_head.norm", "reg_head.norm"):
        shapes |= {f"{part}.{i}.{p}": (1, 16, 1) for i in (0, 1) for p in ("weight", "bias")}
    shapes |= {f"reg_head.scale.{level}.scale": () for level in range(6)}
    generator = torch.Generator().manual_seed(0)
    weights = {key: torch.randn(shape, generator=generator) for key, shape in shapes.items()}
    if load(name).model.neck.norm == "layer":
        for part in ("weight", "bias"):
            shared = torch.randn(1, 16, 1, generator=generator)
            weights |= {f"neck.fpn_norms.{level}.{part}": shared for level in range(6)}
    return weights


@pytest.mark.parametrize("name", ["thumos_i3d", "epic_slowfast_verb"])
def test_a_checkpoint_of_the_release_loads_strictly(name, tmp_path):
    weights = release_weights(name)
    saved = {f"module.{key}": value for key, value in weights.items()}
    raw = {key: torch.zeros_like(value) for key, value in saved.items()}
    torch.save(dict(epoch=3, state_dict=raw, state_dict_ema=saved), tmp_path / "bestmodel.pth.tar")
    config = tiny_config(name)
    model = MODELS.build(config.model)
    model.load_state_dict(load_official_state_dict(tmp_path / "bestmodel.pth.tar", config))
    values = torch.cat([p.flatten() for p in model.parameters()])
    distinct = {key: v for key, v in weights.items() if not re.match(r"neck.fpn_norms.[1-9]", key)}
    expected = torch.cat([value.flatten() for value in distinct.values()])
    torch.testing.assert_close(values.sort().values, expected.sort().values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("neck.fpn_norms.3.weight"), "missing: neck.norms.3.weight"),
        (lambda w: w.update({"neck.extra.weight": torch.ones(2)}), "unknown: neck.extra.weight"),
        (
            lambda w: w.update({"backbone.branch.0.ln1.weight": torch.ones(1, 16, 1)}),
            "unknown: backbone.branch.0.ln1.weight",  # ActionFormer's
        ),
        (lambda w: w.update({"cls_head.norm.0.bias": torch.ones(1, 8, 1)}), "shape: cls_head.norm"),
    ],
    ids=["missing", "unknown", "of ActionFormer", "shape"],
)
def test_a_checkpoint_that_does_not_fit_is_refused(change, message):
    weights = release_weights("epic_slowfast_verb")
    change(weights)
    with pytest.raises(ValueError, match=message):
        load_official_state_dict(weights, tiny_config("epic_slowfast_verb"))


def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    torch.save(dict(state_dict=release_weights("thumos_i3d"), evil=Evil()), tmp_path / "a.pth.tar")
    with pytest.raises(ValueError, match="was refused and nothing in it was run"):
        load_official_state_dict(tmp_path / "a.pth.tar", tiny_config("thumos_i3d"))
    assert not (tmp_path / "ran").exists()


# ---------------------------------------------------------------- tools


@pytest.mark.slow
def test_the_wrapper_trains_it_and_the_inferencer_takes_it(tmp_path):
    data = make_dataset(tmp_path / "data", num_train=4, num_test=2)
    done = subprocess.run(
        [
            sys.executable, str(ROOT / "train_actionformer_wrapper.py"),
            "--config_template", str(PROJECT / "configs" / "salads50_cnn.py"),
            "--data_path", str(data), "--epochs", "1", "--output_name", "run",
            "--cfg-options", "train_dataloader.num_workers=0", "test_dataloader.num_workers=0",
            "train_dataloader.persistent_workers=False", "test_dataloader.persistent_workers=False",
            "train_dataloader.dataset.pipeline.1.max_len=96", "model.backbone.max_seq_len=96",
        ],
        cwd=tmp_path, env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"FINAL_mAP: \d+\.\d\d$", done.stdout.strip())
    run = tmp_path / "work_dirs" / "run"
    inferencer = TemporalActionInferencer(run / "config.py", run / "epoch_4.pth")
    (found,) = inferencer(data / "features" / "rec_5.npy")
    tested = json.loads((run / "results.json").read_text())["results"]["rec_5"]
    assert len(list(found)) == len(tested) > 0


def test_its_cost_can_be_counted(capsys):
    main(["config", "cost", "temporalmaxer/thumos_i3d"])
    out = capsys.readouterr().out
    assert "7.12 M" in out and "23.50 G" in out


def test_the_readme_counts_the_lines_as_they_are():
    text = (PROJECT / "README.md").read_text()
    told = re.findall(r"\]\(temporalmaxer/(\w+\.py)\) \| (\d+) \|", text)
    files = (PROJECT / "temporalmaxer").glob("*.py")
    assert dict(told) == {f.name: str(len(f.read_text().splitlines())) for f in files}
