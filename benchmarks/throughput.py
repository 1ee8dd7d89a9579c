"""Videos per second in testing and seconds per training step, thumos_i3d, on THUMOS14's lengths.

Features are random, lengths are real: T = floor((duration x fps - 16) / 4) + 1. Testing: the first
12 of every 17th of the sorted test ids, one by one, NMS included. Training: the first 12 of the
sorted validation ids in batches of 2, with clipping and weight averaging. It wants an idle machine.

The reference is a checkout of the official release (``--reference DIR``, its NMS compiled as its
INSTALL says), run after ours in the same process; without one, the figures recorded for it on an
idle 2-core machine: 0.72 videos/s and 5.6 s.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
import yaml
from mmengine.config import Config
from mmengine.model import ExponentialMovingAverage
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData

from mmtal.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmtal.structures import FeatureGrid, TemporalDataSample

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data"))
RECORDED = dict(test=1 / 0.72, train=5.6)  # seconds per video, per step
MAX_LEN, CHANNELS, NUM_CLASSES = 2304, 2048, 20


def video_lengths(subset: str) -> list[int]:
    """Feature lengths of the videos of one THUMOS14 subset, sorted by id."""
    path = DATA / "benchmarks" / "thumos14" / "thumos14.json"
    if not path.exists():
        sys.exit(f"skipped: needs {path} (set MMTAL_DATA to the folder that holds the data sets)")
    database = json.loads(path.read_text())["database"]
    return [
        int((v["duration"] * v["fps"] - 16) // 4) + 1
        for _, v in sorted(database.items())
        if v["subset"].lower() == subset
    ]


def random_video(length: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features (T, C), 15 segments (N, 2) in grid units, labels (N,)."""
    random = np.random.default_rng(seed)
    features = random.standard_normal((length, CHANNELS), dtype=np.float32)
    start = random.uniform(0, 0.9 * length, 15)
    segments = np.stack([start, start + random.uniform(4, 0.1 * length, 15)], 1)
    labels = random.integers(0, NUM_CLASSES, 15)
    return (
        torch.from_numpy(features),
        torch.from_numpy(segments.astype(np.float32)),
        torch.from_numpy(labels),
    )


def timed(steps: list[Callable[[], object]]) -> list[float]:
    """Seconds of each step; the first runs once more before, to warm up."""
    steps[0]()
    seconds = []
    for step in steps:
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    return seconds


def our_steps(test: list, train: list) -> tuple[list[Callable], list[Callable]]:
    config = Config.fromfile(ROOT / "configs" / "actionformer" / "thumos_i3d.py")
    init_default_scope("mmtal")
    model = MODELS.build(config.model)

    def sample(features: torch.Tensor, segments: torch.Tensor, labels: torch.Tensor) -> dict:
        grid = FeatureGrid(feature_stride=4, snippet_frames=16, fps=30)
        item = TemporalDataSample(
            metainfo=dict(video_id="v", duration=len(features) * 4 / 30, grid=grid)
        )
        item.gt_instances = InstanceData(segments=grid.to_seconds(segments), labels=labels)
        return dict(inputs=[features], data_samples=[item])

    def test_one(video: tuple) -> None:
        model.eval()
        with torch.no_grad():
            model.test_step(sample(*video))

    optim_cfg = config.optim_wrapper.to_dict()
    constructor = dict(type=optim_cfg.pop("constructor"), optim_wrapper_cfg=optim_cfg)
    optim_wrapper = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)
    average = ExponentialMovingAverage(model, momentum=0.001)

    def train_one(pair: list) -> None:
        model.train()
        parts = [sample(*video) for video in pair]
        model.train_step({k: [p[k][0] for p in parts] for k in parts[0]}, optim_wrapper)
        average.update_parameters(model)

    return (
        [lambda v=v: test_one(v) for v in test],
        [lambda p=p: train_one(p) for p in pairs(train)],
    )


def release_steps(folder: Path, test: list, train: list) -> tuple[list[Callable], list[Callable]]:
    """The same work by the official release, imported from its checkout."""
    sys.path.insert(0, str(folder))
    from libs.core import load_config
    from libs.modeling import make_meta_arch
    from libs.utils import ModelEma, make_optimizer

    with (folder / "configs" / "thumos_i3d.yaml").open() as file:
        assert yaml.safe_load(file)["dataset"]["input_dim"] == CHANNELS
    config = load_config(str(folder / "configs" / "thumos_i3d.yaml"))
    model = make_meta_arch(config["model_name"], **config["model"])
    optimizer = make_optimizer(model, config["opt"])
    average = ModelEma(model)

    def sample(features: torch.Tensor, segments: torch.Tensor, labels: torch.Tensor) -> dict:
        return dict(
            video_id="v", feats=features.t().contiguous(), segments=segments, labels=labels,
            fps=30, duration=len(features) * 4 / 30, feat_stride=4, feat_num_frames=16,
        )  # fmt: skip

    def test_one(video: tuple) -> None:
        model.eval()
        with torch.no_grad():
            model([sample(*video)])

    def train_one(pair: list) -> None:
        model.train()
        optimizer.zero_grad(set_to_none=True)
        model([sample(*video) for video in pair])["final_loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model)

    return (
        [lambda v=v: test_one(v) for v in test],
        [lambda p=p: train_one(p) for p in pairs(train)],
    )


def pairs(videos: list) -> list[list]:
    return [videos[i : i + 2] for i in range(0, len(videos), 2)]


def cropped(length: int, seed: int) -> int:
    """Length after the recipe's truncation: at most 2304, else 90 to 100 % of it."""
    if length > MAX_LEN:
        return MAX_LEN
    return int(np.random.default_rng(seed).integers(round(0.9 * length), length + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, help="checkout of the official release")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    test_lengths = video_lengths("test")[::17][:12]
    train_lengths = video_lengths("validation")[:12]
    print(
        f"torch {torch.__version__}, {args.threads} threads; test lengths: mean "
        f"{statistics.mean(test_lengths):.0f}; training lengths: mean "
        f"{statistics.mean(train_lengths):.0f} before truncation"
    )
    test = [random_video(n, seed) for seed, n in enumerate(test_lengths)]
    train = [random_video(cropped(n, seed), seed) for seed, n in enumerate(train_lengths)]

    ours = [timed(steps) for steps in our_steps(test, deepcopy(train))]
    if args.reference:
        theirs = [timed(steps) for steps in release_steps(args.reference, test, train)]
        source = "release, same run"
    else:
        theirs = [[RECORDED["test"]], [RECORDED["train"]]]
        source = "release, recorded on another machine"
    rows = zip(("testing, s/video", "training, s/step"), ours, theirs, strict=True)
    for name, mine, reference in rows:
        a, b = statistics.mean(mine), statistics.mean(reference)
        print(f"{name}: ours {a:.3f}, reference {b:.3f} ({source}), ratio {b / a:.2f}")
    print(f"testing: {1 / statistics.mean(ours[0]):.2f} videos/s")


if __name__ == "__main__":
    main()
