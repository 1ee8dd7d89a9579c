"""Backbones of pictures on real video, beside gray pixels: mAP, and whether it differs by chance.

    git clone https://github.com/noahzhy/FIR-Image-Action-Dataset fir
    python benchmarks/video_backbones.py fir [--work-root work_dirs/video_backbones]

Four days of videos: each is tested by a model of the other three, and the detections are pooled.
One recipe for all; docs/video.md says where it is from. What is done is not done again. The ratio
is to the pixels.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.nn import functional as F

from mmtal.experiments.extracting import execute, find_videos, plan_extraction
from mmtal.experiments.leaderboard.difference import (
    compare_methods,
    in_percent,
    resample_method,
)
from mmtal.experiments.leaderboard.measured import group_runs, measure, read_runs
from mmtal.models.backbones.video_backbone import VideoBackbone
from mmtal.models.video.efficientnet_lite0 import EfficientNetLite0
from mmtal.models.video.pixels import Pixels
from mmtal.models.video.videomae import Adapter
from mmtal.registry import BACKBONES, HOOKS
from mmtal.utils.files import write_text

ROOT = Path(__file__).resolve().parents[1]
STATES = ("sit", "sleeping", "falled", "active")
FOLDS = dict(leave_out="202006{fold}_*", names=["26", "27", "28", "29"])
"""Each day is tested by a model of the other three."""
MAP = (320, 4, 6)
"""What lite0's last stage gets, of pictures of 128 x 171 pixels."""
STEP = 0.5
"""Seconds from feature to feature: short instances, one in ten, still span 5."""
SNIPPETS = {"pixels": 2, "efficientnet_lite0": 1, "differences": 2, "lite0_maps": 1}
"""Pictures of each feature, by backbone; size and rate of pictures are the backbone's own."""
DETECTOR = (
    'dict(type="ConvNet", in_channels={channels}, embed_channels=128, max_seq_len=128, '
    "depths=(2, 1, 4))"
)
TRAINED = (
    'dict(type="TrainedLite0", video="efficientnet_lite0", weights="default", '
    f'trained=["conv_head.weight"], channel_dropout=0.2, features={DETECTOR.format(channels=1280)})'
)
BOTH = ["efficientnet_lite0", "differences"]
ARMS = {
    "pixels": (["pixels"], DETECTOR.format(channels=576), 10, 4),
    "lite0, frozen": (["efficientnet_lite0"], DETECTOR.format(channels=1280), 10, 4),
    "lite0 and differences": (BOTH, DETECTOR.format(channels=1664), 10, 4),
    # an epoch has as many steps, with half as many windows each: as long a training
    "lite0, end to end": (["lite0_maps"], TRAINED, 5, 2),
}
"""Sources, backbone, epochs, windows in a batch."""
SCALED = 'dict(type="Normalize", over="training"),'
CHANGED = 'dict(type="FeatureNoise", std=0.3), dict(type="ChannelDropout", prob=0.2),'
RECIPE = """
_base_ = {bases}
custom_imports = dict(imports=["video_backbones"])
data = dict(
    data_root={root!r}, ann_file="annotations.json", features={features},
    feature_stride={stride}, snippet_frames={snippet}, fps={fps},
)
load = [dict(type="LoadFeatures"), {scaled}]
train_dataloader = dict(
    batch_size={batch},
    dataset=dict(
        **data, subset="training", repeat={repeat},
        pipeline=[
            *load,
            dict(type="Truncate", max_len=128, min_overlap=0.5),
            {changed}
            dict(type="PackInputs"),
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, subset="validation", pipeline=[*load, dict(type="PackInputs")]),
)
val_evaluator = test_evaluator = dict(tiou_thresholds=[0.3, 0.4, 0.5, 0.6, 0.7])
model = dict(
    precision="bfloat16",
    backbone={backbone},
    head=dict(
        num_classes=5, loss_normalizer=60,
        assigner=dict(regression_ranges=[(0, 4), (4, 8), (8, 16), (16, 32), (32, 10000)]),
    ),
)
model["backbone"]["_delete_"] = True
warmup_epochs = 1
train_cfg = dict(max_epochs={epochs}, val_interval=100)
optim_wrapper = dict(optimizer=dict(lr=1e-3), paramwise_cfg=dict(video=dict(lr=1e-4)))
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=1, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=1, eta_min=1e-8, convert_to_iter_based=True),
]
custom_hooks = [dict(type="EMAHook", momentum=0.05)]
default_hooks = dict(cpu=dict(type="CpuSeconds"))
"""


@BACKBONES.register_module("differences")
class Differences(Pixels):
    """Of pixels, what changes: signed, and how much."""

    def forward(self, frames: Tensor) -> Tensor:
        found = super().forward(frames)
        return found[:, found.shape[1] // 3 :]


@BACKBONES.register_module("lite0_maps")
class Lite0Maps(EfficientNetLite0):
    """What the last stage of lite0 gets, flattened."""

    def images(self, images: Tensor) -> Tensor:
        x = F.relu6(self.bn0(self.conv_stem(2 * images - 1)))
        return self.blocks(x).flatten(1)


@BACKBONES.register_module()
class TrainedLite0(VideoBackbone):
    """Trains the last stage of lite0, and an adapter before it, with the detector.

    Its inputs (B, C * H * W, T) are what comes before them. Features are brought to one scale, and
    get noise, as those of the recipe do.
    """

    in_channels = MAP[0] * MAP[1] * MAP[2]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.adapter = Adapter(MAP[0])
        self.scale = nn.BatchNorm1d(1280, affine=False)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        video: Any = self.video
        tokens = x.mT.unflatten(2, (MAP[0], -1)).mT  # (B, T, H * W, C)
        clips = tokens.reshape(-1, 8 * tokens.shape[2], MAP[0])  # as the adapter wants them
        seen = self.adapter(clips, len(x)).view(tokens.shape)[mask]
        found = F.linear(seen, video.conv_head.weight[:, :, 0, 0])
        found = F.relu6(video.bn1(found.mT[..., None])).mean((2, 3))
        scaled = self.scale(found.float())
        if self.training:
            scaled = scaled + 0.3 * torch.randn_like(scaled)
        features = scaled.new_zeros(*mask.shape, scaled.shape[1])
        features[mask] = scaled
        return self.features(self.dropout(features.mT), mask)


@HOOKS.register_module()
class CpuSeconds(Hook):
    """Writes seconds of CPU that the training took to the work dir."""

    def before_train(self, runner: Runner) -> None:
        self.begin = time.process_time()

    def after_train(self, runner: Runner) -> None:
        write_text(Path(runner.work_dir, "cpu.txt"), f"{time.process_time() - self.begin:.1f}")


def prepare(data: Path, work: Path) -> None:
    """Annotations, features and a spec with its configs, in the work root."""
    if not (work / "annotations.json").exists():
        command = ["data", "import", data / "labels" / "labels.csv", "--format", "fir-image"]
        command += ["--background", *STATES, "--bad-segments", "keep"]
        run(*command, "--out", work / "annotations.json")
    grids = {}
    for name, snippet in SNIPPETS.items():
        fps = BACKBONES.get(name).fps
        videos, out = find_videos([data / "video"]), work / "features" / name
        grids[name] = dict(stride=fps * STEP, snippet=snippet, fps=fps)
        settings = dict(feature_stride=fps * STEP, snippet_frames=snippet)
        for job in plan_extraction(videos, out, backbone=name, **settings):
            if not job.done:
                begin = time.process_time()
                execute(job)
                with (out / "cpu.txt").open("a") as file:
                    file.write(f"{time.process_time() - begin:.1f}\n")
    rows = []
    for method, (sources, backbone, epochs, batch) in ARMS.items():
        trained = backbone is TRAINED  # which scales and changes features itself
        bases = [f"{ROOT}/configs/_base_/{name}.py" for name in ("small", "datasets/loaders")]
        write_text(
            work / f"{sources[0]}_{len(sources)}.py",
            RECIPE.format(
                bases=bases, root=str(work), features=[f"features/{name}" for name in sources],
                scaled="" if trained else SCALED, changed="" if trained else CHANGED,
                backbone=backbone, epochs=epochs, batch=batch, repeat=3 * batch // 2,
                **grids[sources[0]],
            ),
        )  # fmt: skip
        rows.append(dict(method=method, config=str(work / f"{sources[0]}_{len(sources)}.py")))
    defaults = dict(benchmark="fir", data=str(work), protocols=["config"], seeds="0-4", folds=FOLDS)
    write_text(work / "fir.yaml", json.dumps(dict(defaults=defaults, rows=rows)))  # YAML, too


def compared(work: Path) -> list[dict[str, Any]]:
    """Of each arm, pixels first: mAP of each seed, folds pooled, and what it differs from pixels.

    Intervals are of 95 %: over other recordings (paired bootstrap), over other seeds (Welch's t).
    """
    groups = {key[2]: (key, runs) for key, runs in group_runs(read_runs([work / "fir"])).items()}
    found: list[dict[str, Any]] = []
    figures, draws = {}, {}
    for arm in filter(groups.get, ARMS):
        one = next((one for one in measure(*groups[arm]) if one.matches), None)
        if one is None:
            continue
        figures[arm], draws[arm] = one.metrics["mAP"], resample_method(one.matches)
        names = (arm, "pixels")
        difference = compare_methods(
            names, (figures[arm], figures["pixels"]), (draws[arm], draws["pixels"]),
            len(one.matches[0].video_ids),
        )  # fmt: skip
        runs = [record for _, record in one.runs]
        cpu = {run.name: next(work.glob(f"work_dirs/**/{run.name}-*/cpu.txt")) for run in runs}
        found.append(
            dict(
                arm=arm,
                mAP=dict(zip(one.seeds, figures[arm], strict=True)),
                difference=difference.value,
                interval_of_recordings=difference.interval,
                seed_bound=difference.seed_bound,
                verdict=difference.verdict,
                training_cpu_seconds=fmean(float(path.read_text()) for path in cpu.values()),
                extraction_cpu_seconds=sum(
                    float(line)
                    for source in ARMS[arm][0]
                    for line in (work / "features" / source / "cpu.txt").read_text().split()
                ),
                runs={run.name: run.scores["config"]["metrics"]["mAP"] for run in runs},
                recordings=sorted(one.matches[0].video_ids),
                versions=runs[0].versions,
                device=runs[0].device,
                config=runs[0].config_text,
            )
        )
    return found


def run(*arguments: str | Path, folder: Path | None = None) -> None:
    """One command of mmtal, whose output is shown."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks")])
    env = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-m", "mmtal", *map(str, arguments)]
    subprocess.run(command, env=env, cwd=folder, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with video/ and labels/labels.csv")
    parser.add_argument("--work-root", type=Path, default=Path("work_dirs/video_backbones"))
    parser.add_argument("--only", nargs="+", default=[], help="runs, * for any text")
    parser.add_argument("--out", type=Path, help="write what was found here as JSON")
    args = parser.parse_args()
    if not (args.data / "labels" / "labels.csv").is_file():
        sys.exit(f"skipped: {args.data} holds no labels/labels.csv (of FIR-Image-Action-Dataset)")
    work = args.work_root.resolve()
    prepare(args.data.resolve(), work)
    only = [word for pattern in args.only for word in ("--only", pattern)]
    run("leaderboard", "run", work / "fir.yaml", "--workers", "1", *only, folder=work)
    found = compared(work)
    for one in found:
        values = list(one["mAP"].values())
        low, high = (100 * bound for bound in one["interval_of_recordings"])
        seeds = 100 * (math.nan if one["seed_bound"] is None else one["seed_bound"])
        print(
            f"{one['arm']}: mAP {in_percent(values)} ({len(values)} seeds), to pixels "
            f"{100 * one['difference']:+.2f} [{low:+.2f}, {high:+.2f}] over recordings, +- "
            f"{seeds:.2f} over seeds: {one['verdict']}; CPU seconds of a training "
            f"{one['training_cpu_seconds']:.0f}, of extraction {one['extraction_cpu_seconds']:.0f}"
            f", ratio {fmean(values) / fmean(found[0]['mAP'].values()):.2f}"
        )
    if args.out:
        write_text(args.out, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
