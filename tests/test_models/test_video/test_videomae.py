"""VideoMAE: what it computes, and whose files it takes (figures: data/golden)."""

import argparse
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from golden_models import GOLDEN, golden_weight

from mmtal.checkpoints.weights import fitting_weights
from mmtal.models import VideoMAE
from mmtal.models.video.videomae import VideoMAES
from mmtal.preparation.extraction import build_backbone, weights_of
from mmtal.registry import BACKBONES

THEIRS = (
    ("patch_embed.proj", "patch_embed.projection"),
    ("fc1", "layers.0.0"),
    ("fc2", "layers.1"),
)


class Tiny(VideoMAE):
    channels, depth, num_heads, hidden = 16, 2, 2, 32


@cache
def figures() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "videomae_s.npz") as file:
        return dict(file)


def mmaction_name(name: str) -> str:
    for ours, theirs in THEIRS:
        name = name.replace(ours, theirs)
    return name


def golden_model(**settings) -> VideoMAE:
    model = VideoMAES(**settings)
    weights = {
        mmaction_name(name): golden_weight(mmaction_name(name), list(value.shape), 0)
        for name, value in model.named_parameters()
    }
    model.load_state_dict(
        fitting_weights(
            VideoMAES.renamed(weights), model, source="golden", may_differ=model.own_parts
        )
    )
    return model


def clip(index: int, height: int, width: int) -> torch.Tensor:
    values = np.random.RandomState(index).standard_normal((1, 3, 16, height, width))
    return torch.from_numpy(values.astype(np.float32))


def check(values: torch.Tensor, key: str) -> None:
    """The array's sample within 2e-5 of its largest value, its sum within 1e-6 of its size."""
    flat, golden = values.detach().flatten().double().numpy(), figures()
    sample = golden[f"{key}_sub"]
    assert list(values.shape) == golden[f"{key}_shape"].tolist()
    difference = np.abs(flat[:: golden[f"{key}_step"]] - sample).max()
    assert difference <= 2e-5 * np.abs(sample).max()
    assert abs(flat.sum() - golden[f"{key}_sum"]) <= 1e-6 * golden[f"{key}_abs_sum"]


@pytest.mark.parametrize(
    ("index", "height", "width"),
    [(0, 160, 160), (2, 160, 208), pytest.param(1, 224, 224, marks=pytest.mark.slow)],
)
def test_feature_maps_are_those_of_opentad(index: int, height: int, width: int) -> None:
    model, key = golden_model().eval(), f"plain.clip{index}_{height}x{width}"
    with torch.no_grad():
        found = model.feature_map(clip(index, height, width))
        check(found, f"{key}.feat_map")
        check(model.positions, "pos_embed")
        if index == 0:
            pooled = model.fc_norm(found.flatten(2).mean(2)).numpy()
            assert np.abs(pooled - figures()[f"{key}.pooled"]).max() <= 2e-5 * np.abs(pooled).max()


@pytest.mark.parametrize("checkpointing", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_adapters_and_their_gradients_are_those_of_opentad(checkpointing: bool) -> None:
    model = golden_model(adapters=True, checkpointing=checkpointing).train()
    for name, weight in model.named_parameters():
        weight.requires_grad_("adapter" in name)
    found = model.feature_map(clip(0, 160, 160))
    check(found, "adapter16.clip0_160x160.feat_map")
    factors = np.random.RandomState(99).standard_normal(found.shape).astype(np.float32)
    loss = (found * torch.from_numpy(factors)).mean()
    loss.backward()
    assert loss.item() == pytest.approx(float(figures()["adapter16.loss"]), rel=2e-5)
    grads = {n: p.grad for n, p in model.named_parameters() if p.requires_grad}
    for name in ("blocks.0.adapter.dwconv.weight", "blocks.11.adapter.up_proj.bias"):
        expected = figures()[f"adapter16.grad.{name}"]
        assert np.abs(grads[name].numpy() - expected).max() <= 2e-3 * np.abs(expected).max()
    norms = json.loads((GOLDEN / "videomae_s.json").read_text())["grad_norms"]
    assert grads.keys() == norms.keys()
    for name, norm in norms.items():
        assert grads[name].norm().item() == pytest.approx(norm, rel=2e-3, abs=1e-6)


def test_a_sequence_is_cut_into_clips_that_only_adapters_connect() -> None:
    torch.manual_seed(0)
    frames = torch.randint(0, 256, (2, 32, 32, 32, 3), dtype=torch.uint8)
    model = Tiny(adapters=[1]).eval()
    whole = model.sequence(frames)
    assert whole.shape == (2, 16, 16)
    alone = torch.cat([model.sequence(part) for part in frames.split(16, dim=1)], dim=2)
    assert torch.allclose(whole, alone, atol=1e-6), "untrained adapters change nothing"
    torch.nn.init.normal_(model.blocks[1].adapter.up_proj.weight)
    differs = (model.sequence(frames) - torch.cat(
        [model.sequence(part) for part in frames.split(16, dim=1)], dim=2
    )).abs().amax((0, 1))  # fmt: skip
    assert (differs > 1e-4).nonzero().flatten().tolist() == [7, 8], "the tokens at the border"
    one_by_one = torch.cat([model.sequence(row) for row in frames.split(1)])
    assert torch.allclose(model.sequence(frames), one_by_one, atol=1e-6)


def test_branches_are_dropped_in_training_alone() -> None:
    model = Tiny(drop_path=0.5)
    frames = torch.randint(0, 256, (8, 16, 32, 32, 3), dtype=torch.uint8)
    model.train()
    assert not torch.equal(model(frames), model(frames))
    model.eval()
    assert torch.equal(model(frames), model(frames))


def hugging(name: str) -> str:
    """A name of transformers, from the official one."""
    for ours, theirs in (
        (r"^patch_embed\.proj", "videomae.embeddings.patch_embeddings.projection"),
        (r"^blocks\.", "videomae.encoder.layer."),
        (r"\.norm1\.", ".layernorm_before."),
        (r"\.norm2\.", ".layernorm_after."),
        (r"\.attn\.proj\.", ".attention.output.dense."),
        (r"\.attn\.", ".attention.attention."),
        (r"\.mlp\.fc1\.", ".intermediate.dense."),
        (r"\.mlp\.fc2\.", ".output.dense."),
    ):
        name = re.sub(ours, theirs, name)
    return name


def as_transformers(weights: dict) -> dict:
    split = {}
    for name, value in weights.items():
        if name.endswith("qkv.weight"):
            for part, rows in zip(("query", "key", "value"), value.chunk(3), strict=True):
                split[hugging(name.replace("qkv", part))] = rows
        else:
            split[hugging(name)] = value
    return {**split, "classifier.weight": torch.ones(3, 16)}


OTHER = torch.ones(3)


def as_transformers_5(weights: dict) -> dict:
    return {
        re.sub(r"\.q_bias$", ".query.bias", re.sub(r"\.v_bias$", ".value.bias", name)): value
        for name, value in as_transformers(weights).items()
    }


FILES = {
    "official, fine-tuned": lambda w: dict(module={**w, "head.weight": OTHER}, epoch=3),
    "official, options beside": lambda w: dict(model=w, args=argparse.Namespace(lr=1e-3)),
    "of several processes": lambda w: dict(module={f"module.{n}": v for n, v in w.items()}),
    "mmaction2": lambda w: dict(
        state_dict={
            **{f"backbone.{mmaction_name(n)}": v for n, v in w.items()},
            "backbone.pos_embed": OTHER,
            "cls_head.fc_cls.weight": OTHER,
        }
    ),
    "a detector of OpenTAD": lambda w: dict(
        state_dict_ema={
            **{f"module.backbone.model.backbone.{mmaction_name(n)}": v for n, v in w.items()},
            "module.backbone.model.data_preprocessor.mean": OTHER,
            "module.rpn_head.cls_head.bias": OTHER,
        }
    ),
    "transformers": as_transformers,
    "transformers 5": as_transformers_5,
}


@pytest.mark.parametrize("kind", FILES)
def test_files_of_others_load_by_name(tmp_path: Path, monkeypatch, kind: str) -> None:
    monkeypatch.setitem(BACKBONES.module_dict, "tiny_mae", Tiny)
    torch.manual_seed(1)
    weights = {name: torch.randn_like(value) for name, value in Tiny().named_parameters()}
    torch.save(FILES[kind](weights), tmp_path / "w.pth")
    found = build_backbone("tiny_mae", tmp_path / "w.pth").state_dict()
    assert found.keys() - weights.keys() == {"mean", "std", "positions"}
    assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_a_pretrained_encoder_has_no_last_norm(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(BACKBONES.module_dict, "tiny_mae", Tiny)
    weights = {n: v for n, v in Tiny().named_parameters() if not n.startswith("fc_norm")}
    pretrained = {f"encoder.{name}": value for name, value in weights.items()}
    others = {"encoder.norm.weight": OTHER, "decoder.norm.weight": OTHER, "mask_token": OTHER}
    torch.save(dict(model={**pretrained, **others}), tmp_path / "w.pth")
    found = build_backbone("tiny_mae", tmp_path / "w.pth").state_dict()
    assert all(torch.equal(found[name], weights[name]) for name in weights)
    assert (found["fc_norm.weight"] == 1).all() and (found["fc_norm.bias"] == 0).all()


def test_weights_that_do_not_fit_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(BACKBONES.module_dict, "tiny_mae", Tiny)
    weights = Tiny(adapters=True).state_dict()
    torch.save(weights, tmp_path / "w.pth")
    with pytest.raises(ValueError, match=r"18 in the file are not in the model.*adapter"):
        build_backbone("tiny_mae", tmp_path / "w.pth")
    with pytest.raises(ValueError, match="--weights FILE"):
        weights_of("videomae_s")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(adapters=[2]), r"adapters must be blocks 0 to 1, but got \[2\]"),
        (dict(drop_path=1.0), r"drop_path must be in \[0, 1\), but got 1.0"),
    ],
)
def test_settings_are_checked(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Tiny(**settings)


def test_a_clip_has_16_pictures() -> None:
    with pytest.raises(ValueError, match="snippet_frames of VideoMAE must be 16, but got 8"):
        Tiny().check(8, 32)
    with pytest.raises(ValueError, match="size of VideoMAE must be >= 16 pixels, but got 8"):
        Tiny().check(16, 8)


@pytest.mark.parametrize(
    ("name", "millions"),
    [("videomae_b", 87), ("videomae_l", 305), ("videomae_h", 633), ("videomaev2_g", 1013)],
)
def test_sizes(name: str, millions: int) -> None:
    """The published ones, which count the classifier and perhaps the positions, too."""
    with torch.device("meta"):
        model = BACKBONES.build(dict(type=name))
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=0.01)


def test_it_computes_what_transformers_computes() -> None:
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    sizes = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    theirs = transformers.VideoMAEForVideoClassification(
        transformers.VideoMAEConfig(**sizes, layer_norm_eps=1e-6)
    ).eval()
    torch.manual_seed(2)
    for weight in theirs.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    model = Tiny().eval()
    weights = Tiny.renamed(theirs.state_dict())
    model.load_state_dict(
        fitting_weights(weights, model, source="transformers", may_differ=model.own_parts)
    )
    clips = clip(0, 224, 224)
    with torch.no_grad():
        expected = theirs.videomae(clips.transpose(1, 2)).last_hidden_state
        found = model.feature_map(clips).flatten(2).mT
    assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()
