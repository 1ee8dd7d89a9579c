"""Configs: all build, and the official recipes have the values of the official release."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from recipes import OFFICIAL, SHARED
from torch import nn

from mmtal.config_files import find_config, list_configs
from mmtal.evaluation.protocols import find_protocol
from mmtal.evaluation.thresholds import tiou_grid
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid

GOLDEN = Path(__file__).parent / "data" / "golden"
CONFIGS = list_configs()

WITH_GOLDEN = [name for name in OFFICIAL if (GOLDEN / f"{name}.json").exists()]


@cache
def load(name: str) -> Config:
    return Config.fromfile(find_config(name))


@cache
def build(name: str) -> nn.Module:
    with torch.device("meta"):  # shapes without memory
        return MODELS.build(load(name).model)


def as_list(value: object) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]


def facts(name: str) -> dict:
    """What our config and its model are, in the words of the table."""
    config, model = load(f"actionformer/{name}"), build(f"actionformer/{name}")
    backbone, head, raw = model.backbone, model.head, config.model.head
    blocks = [*backbone.stem, *backbone.branch]
    train, test = config.train_dataloader.dataset, config.test_dataloader.dataset
    truncate = next(t for t in train.pipeline if t.type == "Truncate")
    evaluator, optimizer = config.test_evaluator, config.optim_wrapper.optimizer
    convs = [m for m in model.modules() if isinstance(m, nn.Conv1d)]
    return dict(
        kernels={m.kernel_size[0] for m in convs} | {1},
        head_convs=len(head.cls_tower.convs) + 1,
        neck=type(model.neck).__name__,
        weight_decay=optimizer.weight_decay,
        clip_grad=config.optim_wrapper.clip_grad,
        warmup_epochs=config.warmup_epochs,
        drop_path=blocks[-1].attn_drop_path.drop_prob,
        prior_prob=raw.prior_prob,
        center_radius=head.assigner.center_radius,
        crop_ratio=tuple(truncate.crop_ratio),
        nms_method=raw.nms.method,
        score_thr=head.score_thr,
        min_score=raw.nms.min_score,
        ema_momentum=config.custom_hooks[0].momentum,
        seed=config.randomness.seed,
        alpha_gamma_momentum=(head.loss_cls.alpha, head.loss_cls.gamma, head.normalizer_momentum),
        drop_last=config.train_dataloader.drop_last,
        shuffle=config.train_dataloader.sampler.shuffle,
        label_smoothing=head.loss_cls.label_smoothing,
        dropout=blocks[0].attn.proj_drop.p,
        loss_weight=head.loss_reg.loss_weight,
        class_agnostic=raw.nms.get("class_agnostic", False),
        voting_thr=raw.nms.get("voting_thr"),
        external_scores=Path(evaluator.external_scores).name
        if "external_scores" in evaluator
        else None,
        file_prefix=train.get("file_prefix", ""),
        file_ext=train.get("file_ext", ".npy"),
        resized=any(t.type == "ResizeFeatures" for t in test.pipeline),
        abs_pos=backbone.abs_pos,
        num_heads=blocks[0].attn.num_heads,
        depths=(len(backbone.embedding.convs), len(backbone.stem), len(backbone.branch)),
        lr=optimizer.lr,
        batch_size=config.train_dataloader.batch_size,
        min_duration=head.min_duration,
        num_classes=head.num_classes,
        in_channels=backbone.embedding.in_channels,
        feature_stride=train.feature_stride,
        snippet_frames=train.snippet_frames,
        fps=train.get("fps"),
        max_seq_len=backbone.padding.max_seq_len,
        min_overlap=truncate.min_overlap,
        windows=[blocks[0].attn.window, *(b.attn.window for b in backbone.branch)],
        width=backbone.out_channels,
        ranges=head.assigner.regression_ranges,
        epochs=config.train_cfg.max_epochs - config.warmup_epochs,
        loss_normalizer=raw.loss_normalizer,
        sigma=raw.nms.sigma,
        pre_nms_topk=head.pre_nms_topk,
        max_per_video=head.max_per_video,
        tious=tiou_grid(find_protocol(evaluator.protocol).tiou_thresholds).round(9).tolist(),
        subsets=(train.subset, test.subset),
        ann_file=train.ann_file,
        features=as_list(train.features),
    )


def test_the_tree_is_whole():
    folders = Counter(name.split("/")[0] for name in CONFIGS)
    assert folders == {"actionformer": 26, "segmentation": 2}
    assert {f"actionformer/{name}" for name in OFFICIAL} <= set(CONFIGS)
    assert len(OFFICIAL) == 12


@pytest.mark.parametrize("name", CONFIGS)
def test_every_config_builds_its_model(name):
    config, model = load(name), build(name)
    assert config.default_scope == "mmtal"
    if hasattr(model.head, "points"):  # a SegmentationHead has none
        assert model.head.points.level_strides == list(model.backbone.level_strides)
    assert model.backbone.padding.max_seq_len == config.max_seq_len
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        assert loader.dataset.type == "TemporalDataset"
        FeatureGrid(loader.dataset.feature_stride, loader.dataset.snippet_frames, 30)
    warmup, cosine = config.param_scheduler
    assert warmup.end == cosine.begin == config.warmup_epochs < config.train_cfg.max_epochs


@pytest.mark.parametrize("name", CONFIGS)
def test_training_and_testing_read_the_same_data_set(name):
    config = load(name)
    train, val, test = (config[f"{phase}_dataloader"].dataset for phase in ("train", "val", "test"))
    assert val == test and config.val_evaluator == config.test_evaluator
    assert val.test_mode and not train.get("test_mode", False)
    assert train.subset != test.subset
    varying = {"subset", "pipeline", "test_mode"}
    assert {k: v for k, v in train.items() if k not in varying} == {
        k: v for k, v in test.items() if k not in varying
    }
    assert "PackInputs" == train.pipeline[-1].type == test.pipeline[-1].type


@pytest.mark.parametrize(
    ("tuned", "small", "recordings"),  # recordings: of the training subset
    [
        ("salads50_cnn_tuned", "salads50_cnn", 40),
        ("gtea_cnn_tuned", "gtea_cnn", 21),
        ("sphere_tuned", "sphere", 8),
        ("sbhar_inertial_tuned", "sbhar_inertial_small", 29),
    ],
)
def test_tuned_recipes_cost_what_the_small_ones_do(tuned, small, recordings):
    def positions(name: str) -> int:  # that training computes, padding included
        config = load(f"actionformer/{name}")
        size = config.train_dataloader.batch_size
        return config.train_cfg.max_epochs * (recordings // size) * size * config.max_seq_len

    assert positions(tuned) < 1.01 * positions(small)
    layers = [build(f"actionformer/{name}").backbone for name in (tuned, small)]
    assert len(layers[0].branch) <= len(layers[1].branch)


@pytest.mark.parametrize("name", OFFICIAL)
def test_official_recipes_have_the_official_values(name):
    assert facts(name) == {**SHARED, **OFFICIAL[name]}


def official_facts(resolved: dict) -> dict:
    """The values in a golden file's resolved configuration of the release, in the same words."""
    data, model, opt = resolved["dataset"], resolved["model"], resolved["opt"]
    train, test = model["train_cfg"], model["test_cfg"]
    width = sum(as_list(model["embd_dim"]))
    assert width == model["fpn_dim"] == model["head_dim"]
    levels = model["backbone_arch"][2] + 1
    window = model["n_mha_win_size"]
    external = test["ext_score_file"]
    return dict(
        kernels={1, model["embd_kernel_size"], model["head_kernel_size"]},
        head_convs=model["head_num_layers"],
        neck=dict(identity="IdentityNeck", fpn="FPN")[model["fpn_type"]],
        weight_decay=opt["weight_decay"],
        clip_grad=dict(max_norm=train["clip_grad_l2norm"], norm_type=2),
        warmup_epochs=opt["warmup_epochs"],
        drop_path=train["droppath"],
        prior_prob=train["cls_prior_prob"],
        center_radius=train["center_sample_radius"],
        crop_ratio=tuple(data["crop_ratio"]),
        nms_method=dict(soft="gaussian", hard="hard")[test["nms_method"]],
        score_thr=test["pre_nms_thresh"],
        min_score=test["min_score"],
        label_smoothing=train["label_smoothing"],
        dropout=train["dropout"],
        loss_weight=train["loss_weight"],
        class_agnostic=not test["multiclass_nms"],
        voting_thr=None if test["multiclass_nms"] else test["voting_thresh"],
        external_scores=Path(external).name if external else None,
        file_prefix=data["file_prefix"] or "",
        file_ext=data["file_ext"],
        resized=data["force_upsampling"],
        abs_pos=model["use_abs_pe"],
        num_heads=model["n_head"],
        depths=tuple(model["backbone_arch"]),
        lr=opt["learning_rate"],
        batch_size=resolved["loader"]["batch_size"],
        min_duration=test["duration_thresh"],
        num_classes=data["num_classes"],
        in_channels=as_list(data["input_dim"]),
        feature_stride=data["feat_stride"] * data["downsample_rate"],
        snippet_frames=data["num_frames"],
        fps=data["default_fps"],
        max_seq_len=data["max_seq_len"],
        min_overlap=data["trunc_thresh"],
        windows=window if isinstance(window, list) else [window] * levels,
        width=width,
        ranges=[tuple(r) for r in model["regression_range"]],
        epochs=opt["epochs"],
        loss_normalizer=train["init_loss_norm"],
        sigma=test["nms_sigma"],
        pre_nms_topk=test["pre_nms_topk"],
        max_per_video=test["max_seg_num"],
        ann_file="annotations/" + Path(data["json_file"]).name,
        features=[Path(folder).name for folder in as_list(data["feat_folder"])],
    )


@pytest.mark.parametrize("name", WITH_GOLDEN)
def test_official_recipes_are_those_behind_the_golden_figures(name):
    expected = official_facts(json.loads((GOLDEN / f"{name}.json").read_text())["resolved"])
    actual = facts(name)
    assert {key: actual[key] for key in expected} == expected
    assert actual.keys() - expected.keys() == {  # what the release has elsewhere than in a recipe
        *("ema_momentum", "seed", "alpha_gamma_momentum", "drop_last", "shuffle"),
        *("tious", "subsets"),
    }


def test_there_are_golden_figures_of_seven_recipes():
    assert len(WITH_GOLDEN) == 7


@pytest.mark.parametrize(
    ("name", "strides", "divisor"),
    [
        ("thumos_i3d", 6, 576),
        ("epic_slowfast_verb", 6, 256),
        ("ego4d_slowfast", 7, 512),
        ("ego4d_omnivore", 8, 1024),
        ("anet_tsp", 6, 96),
    ],
)
def test_padding_of_the_official_recipes(name, strides, divisor):
    backbone = build(f"actionformer/{name}").backbone
    assert backbone.level_strides == [2**level for level in range(strides)]
    assert backbone.padding.coarsest_stride == 2 ** (strides - 1)
    assert backbone.padding.divisor == divisor


class OneWeight(BaseModel):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, inputs: torch.Tensor, mode: str = "tensor") -> dict:
        return dict(loss=self.linear(inputs).square().mean())


class LearningRates(Hook):
    def __init__(self) -> None:
        self.seen: list[list[float]] = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.seen.append([group["lr"] for group in runner.optim_wrapper.param_groups])


@pytest.mark.parametrize("name", ["anet_tsp", "thumos_i3d"])
def test_learning_rates_over_the_whole_schedule(name, tmp_path):
    golden = json.loads((GOLDEN / "learning_rates.json").read_text())[name]
    config, rates = load(f"actionformer/{name}"), LearningRates()
    Runner(
        OneWeight(),
        str(tmp_path),
        train_dataloader=dict(
            dataset=[dict(inputs=torch.ones(1))] * golden["iterations_per_epoch"],
            batch_size=1,
            collate_fn=dict(type="default_collate"),
            sampler=dict(type="DefaultSampler", shuffle=False),
        ),
        train_cfg=config.train_cfg,
        optim_wrapper=config.optim_wrapper,
        param_scheduler=config.param_scheduler,
        default_hooks=dict(logger=None, checkpoint=None),
        custom_hooks=[rates],
        default_scope="mmtal",
        experiment_name=f"rates_{name}",
        log_level="ERROR",
    ).train()
    assert len(rates.seen) == len(golden["lrs"])
    for actual, expected in zip(rates.seen, golden["lrs"], strict=True):
        assert actual == pytest.approx([expected] * len(actual), rel=0, abs=1e-9)
