"""mmtal train for real: interrupted runs, several processes, tests of checkpoints."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from motion import write_motion_config
from moving import make_videos
from tiny import ROOT, make_dataset, write_config

from mmtal.checkpoints.loading import load_checkpoint_file

pytestmark = pytest.mark.slow
ENV = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": f"{ROOT}:{ROOT}/tests",  # modules of tests, for custom_imports
    "CUDA_VISIBLE_DEVICES": "",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("data") / "tiny")


def start(*args: object, **kwargs: object) -> subprocess.Popen:
    return subprocess.Popen(
        [str(arg) for arg in args], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, **kwargs,
    )  # fmt: skip


def run(*args: object, **kwargs: object) -> str:
    process = start(*args, **kwargs)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def train(config: Path, work_dir: Path, *options: object) -> str:
    return run(
        sys.executable, ROOT / "tools" / "train.py", config, "--work-dir", work_dir, *options
    )


def weights(work_dir: Path, epoch: int) -> dict[str, torch.Tensor]:
    return load_checkpoint_file(work_dir / f"epoch_{epoch}.pth")["state_dict"]


def scalars(work_dir: Path) -> list[dict]:
    files = sorted(work_dir.glob("*/vis_data/scalars.json"))
    return [json.loads(line) for line in files[-1].read_text().splitlines()]


# Slower steps in the interrupted run, so that there is time to kill it within an epoch.
SLOW_STEPS = """
custom_imports = dict(imports=['slow_steps'], allow_failed_imports=False)
custom_hooks = [*_base_.custom_hooks, dict(type='SlowSteps')]
"""
SLOW_STEPS_MODULE = """
from mmengine.hooks import Hook
from mmtal.registry import HOOKS

@HOOKS.register_module()
class SlowSteps(Hook):
    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        print('step', runner.epoch, batch_idx, flush=True)
        time.sleep(0.3)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_resumed_training_ends_with_the_same_weights(
    tmp_path: Path, data_root: Path, how: signal.Signals
) -> None:
    whole = write_config(tmp_path / "whole.py", data_root)
    train(whole, tmp_path / "whole")

    (tmp_path / "slow_steps.py").write_text(SLOW_STEPS_MODULE)
    slow = write_config(tmp_path / "slow.py", data_root, SLOW_STEPS)
    work_dir = tmp_path / "resumed"
    process = subprocess.Popen(
        [sys.executable, ROOT / "tools" / "train.py", slow, "--work-dir", work_dir],
        env={**ENV, "PYTHONPATH": f"{ROOT}:{tmp_path}"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("step 3 1"):  # the fourth epoch's second of four steps
            os.killpg(process.pid, how)
            break
    process.wait(timeout=60)
    process.stdout.close()
    assert not (work_dir / "epoch_4.pth").exists()

    train(whole, work_dir, "--resume")
    expected, actual = weights(tmp_path / "whole", 6), weights(work_dir, 6)
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        assert torch.equal(value, actual[name]), name


# Without dropout and drop path, whose draws belong to a rank; by SGD, since AdamW blows up
# the rounding errors of gradients that are zero by construction, such as key biases.
EXACT = """
optim_wrapper['optimizer'] = dict(_delete_=True, type='SGD', lr=0.05)
train_cfg.update(max_epochs=4, val_interval=4)
default_hooks = dict(logger=dict(interval=1))
log_processor = dict(window_size=1)
"""


def test_two_processes_step_like_one(tmp_path: Path, data_root: Path) -> None:
    exact = EXACT + "model['backbone'].update(dropout=0.0, drop_path=0.0)\n"
    one = write_config(tmp_path / "one.py", data_root, exact + "train_dataloader['batch_size'] = 4")
    two = write_config(tmp_path / "two.py", data_root, exact + "train_dataloader['batch_size'] = 2")
    train(one, tmp_path / "one")
    run("bash", ROOT / "tools" / "dist_train.sh", two, 2, "--work-dir", tmp_path / "two")

    logs = [scalars(tmp_path / name) for name in ("one", "two")]
    assert len(logs[0]) == len(logs[1]) == 2 * 4 + 1  # two steps an epoch, one validation
    for first, second in zip(*logs, strict=True):
        shared = {"loss", "loss_cls", "loss_reg", "grad_norm", "tal/mAP", "tal/mAP@0.50"}
        for key in shared & first.keys():
            assert second[key] == pytest.approx(first[key], rel=1e-4, abs=1e-6), key
    assert any("grad_norm" in log for log in logs[0])
    assert any("tal/mAP" in log for log in logs[0])
    first, second = (weights(tmp_path / name, 4) for name in ("one", "two"))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_two_processes_train_a_video_backbone_as_one_does(tmp_path: Path) -> None:
    """Its adapters, at a learning rate of their own, with activations computed twice."""
    pytest.importorskip("av", reason="needs PyAV: pip install av")
    data = make_videos(tmp_path / "data", num_train=4, num_test=1, seconds=12)
    exact = f"""{EXACT}
model['backbone'].update(
    video=dict(type='tiny_videomae', adapters=True, checkpointing=True), trained=['adapter']
)
model['backbone']['features']['drop_path'] = 0.0
optim_wrapper['paramwise_cfg']['video']['lr'] = 0.5
"""
    one, two = (
        write_motion_config(
            tmp_path / f"{name}.py", data, f"{exact}train_dataloader['batch_size'] = {size}"
        )
        for name, size in (("one", 4), ("two", 2))
    )
    train(one, tmp_path / "one")
    run("bash", ROOT / "tools" / "dist_train.sh", two, 2, "--work-dir", tmp_path / "two")

    before, first, second = (
        weights(tmp_path / name, epoch) for name, epoch in (("one", 3), ("one", 4), ("two", 4))
    )
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=1e-4, atol=1e-5, msg=name)
        if name.startswith("backbone.video."):
            assert torch.equal(before[name], value) == (".adapter." not in name), name


def test_every_recording_is_tested_once_by_two_processes(tmp_path: Path, data_root: Path) -> None:
    config = write_config(tmp_path / "config.py", data_root)  # five recordings: an odd number
    train(config, tmp_path / "run")
    checkpoint = tmp_path / "run" / "epoch_6.pth"
    outputs = []
    for name, command in (
        ("one", [sys.executable, ROOT / "tools" / "test.py", config, checkpoint]),
        ("two", ["bash", ROOT / "tools" / "dist_test.sh", config, checkpoint, 2]),
    ):
        out, stand = tmp_path / f"{name}.json", tmp_path / f"{name}_stand"
        stand.mkdir()
        run(*command, "--out", out, "--work-dir", tmp_path / name, cwd=stand)
        outputs.append(json.loads(out.read_text()))
        assert not list(stand.iterdir())
        assert not list((tmp_path / name).glob("*/results_of_processes"))
    one, two = outputs
    assert one["mmtal"]["num_videos"] == two["mmtal"]["num_videos"] == 5
    assert one["mmtal"]["video_list_sha256"] == two["mmtal"]["video_list_sha256"]
    assert one["results"].keys() == two["results"].keys()
    for video, detections in one["results"].items():
        scores = [d["score"] for d in detections]
        assert scores
        np.testing.assert_allclose(scores, [d["score"] for d in two["results"][video]], atol=1e-6)
