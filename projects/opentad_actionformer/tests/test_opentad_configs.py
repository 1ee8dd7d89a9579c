"""The recipes have OpenTAD's values, and they run."""

from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from opentad_golden import FILES, PROJECT, opentad_golden
from opentad_recipes import train_a_step_and_predict
from tiny import make_dataset

from mmtal.evaluation.protocols import find_protocol

NAMES = sorted(path.stem for path in (PROJECT / "configs").glob("*.py"))


@cache
def load(name: str) -> Config:
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


def train_transform(name: str, kind: str) -> dict:
    pipeline = load(name).train_dataloader.dataset.pipeline
    return next((t for t in pipeline if t.type == kind), {})


def opentads_values(meta: dict) -> dict:
    """What a golden file says of OpenTAD's config, in our words."""
    projection, rpn = meta["model"]["projection"], meta["model"]["rpn_head"]
    post, nms = meta["post_processing"], meta["post_processing"]["nms"]
    one_class = rpn["num_classes"] == 1
    [truncation] = [t for t in meta["dataset_train"]["pipeline"] if t["type"] == "RandomTrunc"]
    test = meta["dataset_test"]
    return dict(
        in_channels=projection["in_channels"],
        embed_channels=projection["out_channels"],
        depths=tuple(projection["arch"]),
        num_heads=projection["attn_cfg"]["n_head"],
        window=projection["attn_cfg"]["n_mha_win_size"],
        dropout=projection["conv_cfg"]["proj_pdrop"],
        drop_path=projection["path_pdrop"],
        abs_pos=projection["use_abs_pe"],
        max_seq_len=projection["max_seq_len"],
        channel_dropout=projection.get("input_pdrop", 0),
        num_classes=rpn["num_classes"],
        ranges=rpn["prior_generator"]["regression_range"],
        loss_normalizer=rpn["loss_normalizer"],
        label_smoothing=rpn["label_smoothing"],
        loss_weight=rpn.get("loss_weight", 1.0),
        assigner="CenterAssigner" if rpn.get("filter_similar_gt", True) else "AllInstancesAssigner",
        # with one class, all points reach NMS
        score_thr=0.0 if one_class else post.get("pre_nms_thresh", 0.001),
        pre_nms_topk=post.get("pre_nms_topk", 2000),
        sigma=nms["sigma"],
        min_score=nms["min_score"],
        class_agnostic=not nms["multiclass"],
        voting_thr=None if nms["multiclass"] else nms["voting_thresh"],
        max_per_video=nms["max_seg_num"],
        lr=meta["optimizer"]["lr"],
        weight_decay=meta["optimizer"]["weight_decay"],
        schedule=(meta["scheduler"]["warmup_epoch"], meta["scheduler"]["max_epoch"]),
        truncation=(truncation["trunc_len"], truncation["trunc_thresh"]),
        offset_frames=test.get("offset_frames"),  # none where features are resized
    )


def our_values(name: str) -> dict:
    """What our config says, in the same words."""
    config = load(name)
    train, head, backbone = (
        config.train_dataloader.dataset,
        config.model.head,
        config.model.backbone,
    )
    truncate, cosine = train_transform(name, "OpenTADTruncate"), config.param_scheduler[1]
    resized = train_transform(name, "OpenTADResize")
    return dict(
        in_channels=backbone.in_channels,
        embed_channels=backbone.embed_channels,
        depths=tuple(backbone.depths),
        num_heads=backbone.num_heads,
        window=backbone.window,
        dropout=backbone.get("dropout", 0.0),
        drop_path=backbone.drop_path,
        abs_pos=backbone.get("abs_pos", False),
        max_seq_len=backbone.max_seq_len,
        channel_dropout=train_transform(name, "ChannelDropout").get("prob", 0),
        num_classes=head.num_classes,
        ranges=[list(r) for r in head.assigner.regression_ranges],
        loss_normalizer=head.loss_normalizer,
        label_smoothing=head.loss_cls.label_smoothing,
        loss_weight=head.loss_reg.loss_weight,
        assigner=head.assigner.type,
        score_thr=head.score_thr,
        pre_nms_topk=head.pre_nms_topk,
        sigma=head.nms.sigma,
        min_score=head.nms.min_score,
        class_agnostic=head.nms.get("class_agnostic", False),
        voting_thr=head.nms.get("voting_thr"),
        max_per_video=head.max_per_video,
        lr=config.optim_wrapper.optimizer.lr,
        weight_decay=config.optim_wrapper.optimizer.weight_decay,
        schedule=(cosine.begin, cosine.get("end", config.train_cfg.max_epochs)),
        truncation=(truncate.max_len, truncate.min_overlap),
        offset_frames=None if resized else train.snippet_frames / 2,
    )


@pytest.mark.parametrize("name", FILES)
def test_values_are_those_behind_the_golden_figures(name: str) -> None:
    assert our_values(name) == opentads_values(opentad_golden(name).meta)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_names_opentads_protocol(name: str) -> None:
    config = load(name)
    protocol = find_protocol(config.test_evaluator.protocol)
    assert protocol.name.split("/")[1].split("-")[-1] in ("opentad", "211", "212", "1863", "4728")
    assert protocol.name in (PROJECT / "configs" / f"{name}.py").read_text().splitlines()[0]
    assert config.randomness.seed == 42
    assert train_transform(name, "OpenTADTruncate") and not train_transform(name, "Truncate")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("opentad") / "data")


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_trains_and_predicts(name: str, folder: Path) -> None:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    train_a_step_and_predict(load(name).copy(), folder, padded=None)
