"""I3D: equal to pytorch-i3d with the same weights; flow of a picture that moves."""

from pathlib import Path

import numpy as np
import pytest
import torch
from clips import write_clip

from mmtal.cli.main import main
from mmtal.models import I3D, I3DFlow
from mmtal.preparation.extraction import build_backbone


def filled(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Numbers that no generator is needed for."""
    found = {}
    for name, value in weights.items():
        places = torch.arange(value.numel(), dtype=torch.float64)
        wave = torch.sin(places**1.5 * 0.37 + len(name)).reshape(value.shape)
        wave = wave * (4 / value[0].numel()) ** 0.5 if value.ndim > 1 else wave * 0.1
        found[name] = (wave + 1 if name.endswith(("var", "bn.weight")) else wave).float()
    return found


@pytest.mark.parametrize(
    ("kind", "expected"),
    [  # of pytorch-i3d's own code: channels 0, 300, 600, 900, and the mean of all
        (I3D, [0.439996, 0.0550252, 0.0548811, 0.726052, 0.78286]),
        (I3DFlow, [0.426448, 0.0366047, 0.106016, 1.51556, 0.912091]),
    ],
)
def test_equal_to_pytorch_i3d(tmp_path: Path, kind: type[I3D], expected: list[float]) -> None:
    own = kind().state_dict()
    weights = filled({n: v for n, v in own.items() if not n.endswith("num_batches_tracked")})
    weights |= {"logits.conv3d.bias": torch.zeros(400)}  # as its files have it
    torch.save(weights, tmp_path / "w.pt")
    name = "i3d" if kind is I3D else "i3d_flow"
    wave = np.sin(np.arange(16 * 224 * 224 * kind.channels) * 0.011)
    frames = wave.reshape(1, 16, 224, 224, kind.channels)
    frames = (frames * 127 + 128).astype(np.uint8) if kind is I3D else np.float32(frames * 30)
    found = build_backbone(name, tmp_path / "w.pt")(torch.from_numpy(frames))[0]
    assert found.shape == (1024,)
    figures = [*found[[0, 300, 600, 900]].tolist(), float(found.mean())]
    assert figures == pytest.approx(expected, rel=1e-4)


def test_flow_of_a_picture_that_moves(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 24, 3)).astype(np.uint8)
    wide = noise.repeat(8, 0).repeat(8, 1)
    pictures = [np.ascontiguousarray(wide[:, 3 * n : 3 * n + 128]) for n in range(12)]
    video = write_clip(tmp_path / "a.mkv", pictures=pictures, times=12, codec="ffv1", pixels="bgr0")
    times = (np.array([0, 1, 2, 3, 8, 9]) + 0.5) / 25
    flow = list(I3DFlow().read(video, times, 128))
    assert len(flow) == 6 and flow[0].shape == (128, 128, 2)
    moved = [np.median(one[32:96, 32:96], axis=(0, 1)) for one in flow]
    assert np.allclose(moved, [-3, 0], atol=0.3), "no flow over the gap, none lost at the end"


def test_the_weights_are_asked_for(tmp_path: Path, capsys) -> None:
    video = write_clip(tmp_path / "a.mp4", times=2)
    with pytest.raises(SystemExit):
        main(["data", "extract", str(video), "--backbone", "i3d_flow", "--out", str(tmp_path)])
    assert "need --weights FILE: flow_imagenet.pt" in capsys.readouterr().err
