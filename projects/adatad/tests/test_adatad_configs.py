"""The recipes have OpenTAD's values, and they run."""

import json
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from clips import write_clip
from tiny import ROOT

import mmtal.engine  # noqa: F401  (registers constructors of optimizers)
from mmtal.models import VideoMAE
from mmtal.registry import BACKBONES, DATASETS, MODELS, PARAM_SCHEDULERS

PROJECT = ROOT / "projects" / "adatad"
DATA = PROJECT / "tests" / "data"
NAMES = sorted(path.stem for path in (PROJECT / "configs").glob("*.py"))


@cache
def load(name: str) -> Config:
    init_default_scope("mmtal")
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


@BACKBONES.register_module("adatad_tiny")
class Tiny(VideoMAE):
    channels, depth, num_heads, hidden = 16, 2, 2, 32


def test_values_are_those_behind_the_golden_figures() -> None:
    resolved = json.loads((DATA / "adatad_vit_s_w64x1.json").read_text())["resolved"]
    config, model = load("thumos_videomae_s"), resolved["model"]
    backbone, head, post = config.model.backbone, config.model.head, resolved["post_processing"]
    projection, vit = model["projection"], model["backbone"]["backbone"]
    assert list(backbone.features.depths) == projection["arch"]
    assert backbone.features.window == projection["attn_cfg"]["n_mha_win_size"]
    assert backbone.features.embed_channels == projection["out_channels"]
    assert backbone.features.max_seq_len == projection["max_seq_len"] == vit["total_frames"]
    assert backbone.video.drop_path == vit["drop_path_rate"]
    assert backbone.video.checkpointing == vit["with_cp"]
    assert BACKBONES.get(backbone.video.type).depth == len(vit["adapter_index"]) == vit["depth"]
    assert head.num_classes == model["rpn_head"]["num_classes"]
    assert (head.nms.sigma, head.max_per_video) == (
        post["nms"]["sigma"],
        post["nms"]["max_seg_num"],
    )
    [adapter] = resolved["optimizer"]["backbone"]["custom"]
    assert config.optim_wrapper.paramwise_cfg.video.lr == adapter["lr"]
    optimizer = config.optim_wrapper.optimizer
    assert optimizer.lr == resolved["optimizer"]["lr"]
    assert (
        optimizer.weight_decay == resolved["optimizer"]["weight_decay"] == adapter["weight_decay"]
    )
    cosine, schedule, flow = config.param_scheduler[1], resolved["scheduler"], resolved["workflow"]
    assert (cosine.begin, cosine.end) == (schedule["warmup_epoch"], schedule["max_epoch"])
    assert config.train_cfg.max_epochs == flow["end_epoch"]
    assert config.train_cfg.val_begin == flow["val_start_epoch"]
    test = resolved["dataset"]["test"]
    size = test["window_size"]
    assert config.model.test_window == (size, round(size * (1 - test["window_overlap_ratio"])))
    assert config.train_dataloader.batch_size == resolved["solver"]["train"]["batch_size"]


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_has_its_backbone(name: str) -> None:
    """Size, adapters in all blocks or the last half, and only these are trained."""
    config = load(name)
    with torch.device("meta"):
        model = MODELS.build(config.model)
    video = model.backbone.video
    adapters = {n.split(".adapter")[0] for n, p in video.named_parameters() if p.requires_grad}
    half = name.endswith(("_1536", "_224", "internvideo"))
    assert len(adapters) == video.depth // (2 if half else 1)
    assert all("adapter" in n for n, p in video.named_parameters() if p.requires_grad)
    assert model.backbone.features.in_channels == video.channels
    wrapper = build_optim_wrapper(model, config.optim_wrapper.copy())
    assert len(wrapper.optimizer.param_groups[0]["params"]) == 9 * len(adapters)


def test_learning_rates_over_the_whole_schedule() -> None:
    golden = json.loads((DATA / "layers_and_schedule.json").read_text())["adatad_s"]
    config, epoch = load("thumos_videomae_s"), golden["iters_per_epoch"]
    weights = [dict(params=[torch.nn.Parameter(torch.zeros(1))], lr=lr) for lr in (2e-4, 1e-4)]
    optimizer = torch.optim.AdamW(weights)
    schedulers = [
        PARAM_SCHEDULERS.get(s["type"]).build_iter_from_epoch(
            optimizer=optimizer, epoch_length=epoch, **{k: v for k, v in s.items() if k not in
            ("type", "convert_to_iter_based")}
        )
        for s in config.param_scheduler
    ]  # fmt: skip
    expected = {step: rates for step, rates in golden["lr"] if step < epoch * 60}
    assert len(expected) > 30
    for step in range(epoch * config.train_cfg.max_epochs):
        if step in expected:
            found = [group["lr"] for group in optimizer.param_groups]
            assert found == pytest.approx(expected[step], rel=0, abs=1e-9)
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()


def test_layers_have_opentads_learning_rates_where_all_is_trained() -> None:
    """But the last norm's, which has no gradient and is not trained here."""
    golden = json.loads((DATA / "layers_and_schedule.json").read_text())["groups"]
    config = load("thumos_videomae_s").copy()
    config.model.backbone.update(trained=None)
    config.model.backbone.video.adapters = False
    config.optim_wrapper.paramwise_cfg = dict(video=dict(lr=1e-4, layer_decay=0.75))
    with torch.device("meta"):
        model = MODELS.build(config.model)
    wrapper = build_optim_wrapper(model, config.optim_wrapper.copy())
    names = {id(p): n for n, p in model.backbone.video.named_parameters()}

    def theirs(name: str) -> str:
        for ours, other in (("patch_embed.proj", "patch_embed.projection"), ("fc1", "layers.0.0"),
                            ("fc2", "layers.1")):  # fmt: skip
            name = name.replace(ours, other)
        return f"backbone.model.backbone.{name}"

    found = {
        (
            round(g["lr"], 15),
            g["weight_decay"],
            frozenset(theirs(names[id(p)]) for p in g["params"]),
        )
        for g in wrapper.optimizer.param_groups
        if id(g["params"][0]) in names
    }
    expected = {
        (round(g["lr"], 15), g["weight_decay"], frozenset(g["names"]))
        for g in golden
        if g["name"] not in ("detector", "layer_13_decay")
    }
    assert found == expected


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos of 6 s, with two actions each."""
    pytest.importorskip("av", reason="needs PyAV: pip install av")
    folder, database = tmp_path_factory.mktemp("adatad"), {}
    for index, subset in enumerate(("training", "validation")):
        write_clip(folder / f"v{index}.mp4", times=150)
        actions = [
            dict(label=label, label_id=i, segment=[1.0 + 2 * i, 2.5 + 2 * i])
            for i, label in enumerate("ab")
        ]
        entry = dict(subset=subset, duration=6.0, fps=25, annotations=actions)
        database[f"v{index}"] = entry
    (folder / "annotations.json").write_text(json.dumps(dict(database=database)))
    return folder


BASES = [
    n for n in NAMES if n.endswith(("_s", "_verb", "_internvideo", "multithumos_videomaev2_g_1536"))
]


@pytest.mark.parametrize("name", BASES)
def test_recipes_train_and_predict(name: str, folder: Path) -> None:
    """Half of the recording's 75 steps in a window; pictures of 32 pixels, a tiny VideoMAE."""
    torch.manual_seed(0)
    config = load(name).copy()
    backbone = config.model.backbone
    backbone.video.update(type="adatad_tiny", adapters=True)
    coarsest = 2 ** backbone.features.depths[2]
    spread = any(t.type == "OpenTADResize" for t in config.train_dataloader.dataset.pipeline)
    backbone.features.update(embed_channels=16, max_seq_len=192 if spread else max(64, coarsest))
    if not spread:
        config.model.test_window = (32, 16)
    config.model.head.num_classes = min(config.model.head.num_classes, 2)
    datasets = []
    for loader, subset in (("train_dataloader", "training"), ("test_dataloader", "validation")):
        dataset = config[loader].dataset
        own = dict(data_root=str(folder), ann_file="annotations.json", features=".", file_prefix="")
        dataset.update(own, subset=subset, classes=None, feature_stride=2, fps=25)
        for transform in dataset.pipeline:
            if "size" in transform:
                transform.size = 32
            if "max_len" in transform:
                transform.max_len = 64
        datasets.append(DATASETS.build(dataset))
    train, test = datasets
    assert train.num_channels == test.num_channels == 3
    model = MODELS.build(config.model)

    data = {key: [train[0][key]] for key in ("inputs", "data_samples")}
    losses = model(**model.data_preprocessor(data, training=True), mode="loss")
    total = losses["loss_cls"] + losses["loss_reg"]
    total.backward()
    assert total.isfinite() and losses["loss_reg"] > 0, "there are positive points"
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)

    model.eval()
    [sample] = model.test_step({key: [test[0][key]] for key in ("inputs", "data_samples")})
    found = sample.pred_instances
    assert 0 < len(found.scores) <= config.model.head.max_per_video
    assert found.segments.min() >= 0 and found.segments.max() <= 6.0
