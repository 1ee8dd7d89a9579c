"""The recipe has OpenTAD's values, and the recipes run."""

import copy
import json
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from opentad_recipes import train_a_step_and_predict
from tiny import ROOT, make_dataset

from mmtal.cli.config_cost import count_macs
from mmtal.inference.ensemble import evaluate_ensemble
from mmtal.inference.windowing import reach_of
from mmtal.models.layers import DeformableAttention
from mmtal.registry import HEADS, MODELS, PARAM_SCHEDULERS, TRANSFORMS

PROJECT = ROOT / "projects" / "tadtr"
NAMES = sorted(path.stem for path in (PROJECT / "configs").glob("*.py"))


@cache
def load(name: str) -> Config:
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


@cache
def resolved() -> dict:
    file = PROJECT / "tests" / "data" / "tadtr_thumos_i3d_seed0.json"
    return json.loads(file.read_text())["resolved"]


def their_values() -> dict:
    """OpenTAD's config, in our words."""
    model, data, solver = (resolved()[key] for key in ("model", "dataset", "solver"))
    projection, transformer = model["projection"], model["transformer"]
    encoder, decoder, loss = (transformer[key] for key in ("encoder", "decoder", "loss"))
    matcher, weights, nms = (
        loss["matcher"],
        loss["weight_dict"],
        resolved()["post_processing"]["nms"],
    )
    both = {
        part: dict(
            layers=layers["num_layers"],
            heads=layers["num_heads"],
            points=layers["num_points"],
            mlp=layers["ffn_dim"],
            dropout={layers["attn_dropout"], layers["ffn_dropout"]},
        )
        for part, layers in (("encoder", encoder), ("decoder", decoder))
    }
    return both | dict(
        channels=(projection["in_channels"], projection["out_channels"]),
        groups=projection["norm_cfg"]["num_groups"],
        queries=transformer["num_proposals"],
        classes=transformer["num_classes"],
        roi=(transformer["roi_size"], transformer["roi_extend_ratio"]),
        matcher=(matcher["cost_class"], matcher["cost_bbox"], matcher["cost_giou"]),
        losses=[weights[f"loss_{key}"] for key in ("class", "bbox", "iou", "actionness")],
        nms=("gaussian", nms["sigma"], 0.0, nms["max_seg_num"]),
        optimizer={k: v for k, v in resolved()["optimizer"].items() if k != "paramwise"},
        clip=solver["clip_grad_norm"],
        batch=solver["train"]["batch_size"],
        frames=(data["train"]["feature_stride"], 2 * data["train"]["offset_frames"]),
        windows=[
            (part["window_size"], round(part["window_size"] * (1 - part["window_overlap_ratio"])))
            for part in (data["train"], data["test"])
        ],
    )


def our_values(config: Config) -> dict:
    """What our config says, in the same words."""
    model = MODELS.build(config.model)
    backbone, head = model.backbone, model.head
    parts = {}
    for name, layers in (("encoder", backbone.layers), ("decoder", head.layers)):
        attention = layers[0].attn
        parts[name] = dict(
            layers=len(layers),
            heads=attention.num_heads,
            points=attention.num_points,
            mlp=layers[0].mlp[0].out_features,
            dropout={m.p for m in layers.modules() if isinstance(m, nn.Dropout)},
        )
    train = config.train_dataloader.dataset
    [windows] = [t for t in train.pipeline if t.type == "TrainingWindows"]
    return parts | dict(
        channels=(backbone.in_channels, backbone.out_channels),
        groups=backbone.norm.num_groups,
        queries=len(head.queries),
        classes=head.num_classes,
        roi=(head.num_bins, head.extension),
        matcher=(head.matcher.cls_weight, head.matcher.l1_weight, head.matcher.iou_weight),
        losses=[head.loss_cls.loss_weight, head.l1_weight, head.iou_weight, head.actionness_weight],
        nms=(*(head.nms[key] for key in ("method", "sigma", "min_score")), head.max_per_video),
        optimizer=config.optim_wrapper.optimizer.to_dict(),
        clip=config.optim_wrapper.clip_grad.max_norm,
        batch=config.train_dataloader.batch_size,
        frames=(train.feature_stride, train.snippet_frames),
        windows=[(windows.max_len, windows.step), model.test_window],
    )


def test_values_are_those_behind_the_golden_figures() -> None:
    config = load("thumos_i3d")
    assert our_values(config) == their_values()
    assert "custom_hooks" not in config, "no average of the weights"
    windows = TRANSFORMS.build(config.train_dataloader.dataset.pipeline[1])
    assert windows.min_overlap == 0.75, "the default of OpenTAD's data set"


def test_rates_go_down_after_the_14th_of_17_epochs() -> None:
    init_default_scope("mmtal")
    config = copy.deepcopy(load("thumos_i3d"))
    schedule = resolved()["scheduler"]
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=config.optim_wrapper.optimizer.lr)
    [settings] = config.param_scheduler
    scheduler = PARAM_SCHEDULERS.build(settings, default_args=dict(optimizer=optimizer))
    rates = []
    for _ in range(config.train_cfg.max_epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    [milestone], base = schedule["milestones"], resolved()["optimizer"]["lr"]
    expected = [base * schedule["gamma"] ** (e >= milestone) for e in range(schedule["max_epoch"])]
    assert rates == pytest.approx(expected, rel=1e-12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("tadtr") / "data")


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_trains_and_predicts(name: str, folder: Path) -> None:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    config = copy.deepcopy(load(name))
    config.model.backbone.num_groups = 4
    for phase in ("train", "test"):
        dataset = config[f"{phase}_dataloader"].dataset
        dataset.pipeline = [t for t in dataset.pipeline if t.type != "SlidingWindow"]
    train_a_step_and_predict(config, folder)


def test_the_corrected_form_is_one_word_for_each_part() -> None:
    config = copy.deepcopy(load("thumos_i3d"))
    config.model.backbone.corrected = config.model.head.corrected = True
    with torch.device("meta"):
        model = MODELS.build(config.model)
    attention = [m for m in model.modules() if isinstance(m, DeformableAttention)]
    assert len(attention) == 8 and not any(m.halved for m in attention)


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return MODELS.build(load("demo").model).eval()


def test_what_it_cannot_do_it_says_in_one_line(model: nn.Module) -> None:
    with pytest.raises(ValueError, match="cannot predict in windows or in a stream: it normalizes"):
        reach_of(load("demo").model)
    member = SimpleNamespace(name="a", model=model)
    with pytest.raises(
        ValueError, match="of a cannot be averaged with another model's, since those of a TadTR"
    ):
        evaluate_ensemble([member, member])


def test_its_cost_is_counted_without_values() -> None:
    assert count_macs(load("demo").model, 128) == pytest.approx(0.13e9, rel=0.05)


@pytest.mark.parametrize(
    ("part", "settings", "message"),
    [
        ("backbone", dict(in_channels=[100, 50]), r"in_channels must be one number, the sum"),
        ("head", dict(num_queries=0), "num_queries must be >= 1, but got 0"),
        ("head", dict(num_bins=0), "num_bins must be >= 1, but got 0"),
    ],
)
def test_settings_out_of_range(part: str, settings: dict, message: str) -> None:
    config = copy.deepcopy(load("demo").model)
    config[part].update(settings)
    with pytest.raises(ValueError, match=message):
        MODELS.build(config)


def test_no_pyramid() -> None:
    settings = dict(load("demo").model.head, in_channels=128, level_strides=[1, 2])
    with pytest.raises(ValueError, match=r"level_strides must be \[1\], but got \[1, 2\]"):
        HEADS.build(settings)


def test_no_window_is_predicted_otherwise_in_a_batch(model: nn.Module) -> None:
    """Shorter ones are padded to the window, whatever is beside them."""
    inputs = [torch.randn(length, 150) for length in (128, 90)]
    together, alone = (
        [model.extract_feat(batch["inputs"], batch["masks"])[0][0] for batch in batches]
        for batches in (
            [model.data_preprocessor(dict(inputs=inputs))],
            [model.data_preprocessor(dict(inputs=[x])) for x in inputs],
        )
    )
    assert torch.allclose(together[0], torch.cat(alone), atol=1e-5)
