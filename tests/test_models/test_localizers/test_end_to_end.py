"""Training a video backbone and a localizer together."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from motion import write_motion_config
from moving import CLASSES, make_videos

from mmtal.apis import TemporalActionInferencer
from mmtal.cli.main import main
from mmtal.engine.runner import build_runner, load_config
from mmtal.inference.export import export

sys.path.insert(0, str(Path(__file__).parents[2] / "test_inference"))
from inference_case import save_model


@pytest.mark.slow
def test_it_learns_to_see(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From nothing, on ten drawn videos of 30 s: what rises, falls, goes right, and when."""
    pytest.importorskip("av", reason="needs PyAV: pip install av")
    config = write_motion_config(tmp_path / "c.py", make_videos(tmp_path / "data"))
    assert not main(["train", str(config), "--work-dir", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    assert float(printed.split("mAP ")[1].split()[0]) > 70


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A config with its data, and a checkpoint."""
    pytest.importorskip("av", reason="needs PyAV: pip install av")
    folder = tmp_path_factory.mktemp("untrained")
    data = make_videos(folder / "data", num_train=2, num_test=2, seconds=20)
    config = write_motion_config(folder / "c.py", data)
    meta = dict(dataset_meta=dict(classes=CLASSES))
    return config, save_model(config, folder / "w.pth", meta=meta)


def test_its_videos_are_inputs_themselves(untrained: tuple[Path, Path]) -> None:
    """In windows that are decoded one by one, as in a test that holds all pictures."""
    config, checkpoint = untrained
    video = config.parent / "data" / "videos" / "rec_3.mp4"
    [found] = TemporalActionInferencer(config, checkpoint)(str(video))
    load, pack = Config.fromfile(config).test_dataloader.dataset.pipeline
    pipeline = [load, dict(pack, lazy=True)]
    for options in ({}, {"test_dataloader.dataset.pipeline": pipeline}):
        runner = build_runner(
            load_config(config, work_dir=str(config.parent / "out"), options=options)
        )
        runner.load_checkpoint(str(checkpoint))
        sample = runner.test_dataloader.dataset[1]
        data = {key: [value] for key, value in sample.items()}
        tested = runner.model.eval().test_step(data)[0].pred_instances
        assert torch.allclose(tested.scores, torch.tensor([d.score for d in found]), atol=1e-6)
        starts = torch.tensor([d.start for d in found])
        assert torch.allclose(tested.segments[:, 0], starts, atol=1e-4)


def test_features_are_no_inputs(untrained: tuple[Path, Path], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((50, 3), np.float32))
    with pytest.raises(ValueError, match="'x' must be a video, since the config's model takes pic"):
        TemporalActionInferencer(*untrained)(str(tmp_path / "x.npy"), fps=10)


def test_streams_and_exports_are_refused(untrained: tuple[Path, Path], tmp_path: Path) -> None:
    inferencer = TemporalActionInferencer(*untrained)
    with pytest.raises(ValueError, match="takes pictures, and cannot be given a stream: only mode"):
        inferencer.stream(fps=10)
    with pytest.raises(ValueError, match="takes pictures, and cannot be exported: only models of"):
        export(inferencer, tmp_path / "x.pt2", to="torch")


def test_data_are_verified_and_costs_counted(
    untrained: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(untrained[0])
    assert not main(["data", "verify", config])
    assert "0 errors, " in capsys.readouterr().out
    assert not main(["config", "cost", config])
    conv = 64 * (16 * 24 * 32 * 2 * 25 + 16 * 12 * 16 * 16 * 9)  # of all 64 steps' pairs
    macs = float(capsys.readouterr().out.split("MACs")[1].split()[0]) * 1e9
    assert conv < macs < 1.2 * conv
