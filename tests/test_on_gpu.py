"""What only a GPU shows: the same figures as on a CPU, mixed precision, NCCL."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from golden_models import Golden, unmatched_share
from tiny import CHANNELS, ROOT, make_dataset, write_config

from mmtal.apis import TemporalActionInferencer
from mmtal.engine.runner import build_runner, load_config

sys.path.insert(0, str(Path(__file__).parent / "test_inference"))
from inference_case import assert_same, features, make_case

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
    pytest.mark.slow,
]
MODELS = ["thumos_i3d", "anet_tsp", "epic_slowfast_verb", "ego4d_slowfast_omnivore_egovlp"]


@pytest.fixture(autouse=True)
def full_precision() -> Iterator[None]:
    """TF32 rounds to 10 bits of mantissa, too few to compare with figures in float32."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.parametrize("name", MODELS)
def test_detections_are_the_releases(name: str) -> None:
    golden = Golden(name)
    model = golden.build().cuda().eval()
    for index, length in enumerate(golden.meta["lengths"]):
        sample = model.test_step(golden.video(index, length, in_grid_units=False))[0]
        assert sample.pred_instances.scores.is_cuda
        expected = [
            golden.figures[f"eval{index}.{key}"] for key in ("segments", "scores", "labels")
        ]
        assert unmatched_share(sample.cpu().pred_instances, expected) <= 1e-3


@pytest.mark.parametrize("name", MODELS)
def test_losses_and_gradients_are_the_releases(name: str) -> None:
    golden = Golden(name)
    model = golden.build().cuda().train()
    batch = model.data_preprocessor(golden.training_batch(in_grid_units=True), training=True)
    losses = model(**batch, mode="loss")
    total = losses["loss_cls"] + losses["loss_reg"]
    assert total.item() == pytest.approx(float(golden.figures["train.final_loss"]), rel=1e-4)
    total.backward()
    norm = torch.stack([p.grad.double().norm() for p in model.parameters() if p.grad is not None])
    expected = np.sqrt(sum(value**2 for value in golden.meta["grad_norms"].values()))
    assert norm.norm().item() == pytest.approx(expected, rel=1e-3)


def test_inferencer_finds_what_it_finds_on_a_cpu(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    recordings = {f"r{n}": features(n, seed=n, channels=CHANNELS) for n in (90, 33, 250)}
    for kwargs in ({}, {"window": 100}):
        on_cpu = TemporalActionInferencer(*case, "cpu", **kwargs)(recordings, fps=1)
        on_gpu = TemporalActionInferencer(*case, **kwargs)(recordings, fps=1, batch_size=2)
        for one, other in zip(on_gpu, on_cpu, strict=True):
            assert_same(one, other)


def test_a_cuda_graph_trains_to_the_same_weights(tmp_path: Path) -> None:
    data_root = make_dataset(tmp_path / "data")
    found = []
    for hooks in ("[]", "[dict(type='CudaGraphHook')]"):
        config = write_config(tmp_path / "tiny.py", data_root, f"custom_hooks = {hooks}")
        runner = build_runner(load_config(config, work_dir=str(tmp_path / str(len(found)))))
        runner.train()
        found.append({name: value.cpu() for name, value in runner.model.state_dict().items()})
    torch.testing.assert_close(*found, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("options", [["--amp"], ["--launcher", "pytorch"]])
def test_training(tmp_path: Path, options: list[str]) -> None:
    data_root = make_dataset(tmp_path / "data")
    config = write_config(tmp_path / "tiny.py", data_root)
    start = [sys.executable]
    if "--launcher" in options:
        start += ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "1"]
    done = subprocess.run(
        [*start, ROOT / "tools" / "train.py", config, "--work-dir", tmp_path / "work", *options],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    [file] = (tmp_path / "work").glob("*/vis_data/scalars.json")
    losses = [
        line["loss"] for line in map(json.loads, file.read_text().splitlines()) if "loss" in line
    ]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]
