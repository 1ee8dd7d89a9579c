"""Extract features from videos.

Videos whose features are there are left out, so that the same command goes on after a kill. Beside
the features, features.yaml says what they are, so that no other command must be told. Exit code 1:
a video could not be read.
"""

import sys
from argparse import Namespace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from mmtal.cli.options import shared
from mmtal.utils.wording import counted, first_of

if TYPE_CHECKING:
    from mmtal.experiments.extracting import VideoJob

INTERRUPTED = "the same command goes on"

ARGUMENTS = {
    "videos": dict(
        nargs="+",
        help="files, folders, patterns such as 'day*/*.mp4', or an annotation JSON with its "
        "recordings' videos in its folder or below",
    ),
    "--out": dict(required=True, note="a folder for the features"),
    "--backbone": dict(
        metavar="NAME",
        help="efficientnet_lite0 (default), log_mel (of sound files), pixels, i3d, videomae_s, "
        "timm/MODEL, torchvision/MODEL, transformers",
    ),
    "--weights": dict(
        metavar="FILE", note="of the backbone, or a folder of transformers; default: its own"
    ),
    "--fps": "to look at, whatever the videos' own; default: the backbone's",
    "--feature-stride": "default: the backbone's",
    "--snippet-frames": dict(type=int, note="default: the backbone's"),
    "--size": dict(
        type=int, nargs="+", metavar="N",
        help="pixels of the shorter side, or height and width (default: the backbone's)",
    ),
    "--workers": "spread over the GPUs; default: one per GPU, else per core, up to 8; Slurm: all",
    **shared("--slurm", "--slurm-args", "--only"),
}  # fmt: skip
ALIASES = {"--stride": "--feature-stride", "--snippet": "--snippet-frames"}


def run(args: Namespace) -> int:
    from mmtal.experiments.extracting import (
        default_backbone,
        find_videos,
        plan_extraction,
        run_extraction,
    )

    if args.slurm_args and not args.slurm:
        raise ValueError("--slurm-args does nothing without --slurm")
    if args.workers is not None and args.workers < 1:
        raise ValueError(f"--workers must be >= 1, but got {args.workers}")
    if args.size and len(args.size) > 2:
        raise ValueError(f"--size must be one number or two, but got {len(args.size)}")
    size = None if args.size is None else args.size[0] if len(args.size) == 1 else tuple(args.size)
    videos = find_videos(args.videos)
    args.backbone = args.backbone or default_backbone(videos.values())
    jobs = plan_extraction(
        videos,
        args.out,
        backbone=args.backbone,
        weights=args.weights,
        fps=args.fps,
        feature_stride=args.feature_stride,
        snippet_frames=args.snippet_frames,
        size=size,
    )
    names = {job.name for job in jobs}  # which are no patterns: a download's may end in [1080p]
    jobs = [j for j in jobs if any(_means(p, j.name, names) for p in args.only or "*")]
    if not jobs:
        raise ValueError(f"--only must name a video, but none is called {first_of(args.only)}")
    todo = [job for job in jobs if not job.done]
    print(f"{counted(len(jobs), 'video')}: {len(jobs) - len(todo)} done, {len(todo)} to do")
    if args.slurm and todo:
        print(_submit(args, todo))
        return 0
    outcomes = run_extraction(todo, workers=args.workers)
    failed = [outcome.job.name for outcome in outcomes if outcome.error]
    if failed:
        print(f"{counted(len(failed), 'video')} could not be extracted, such as '{failed[0]}'")
    else:
        print(f"features: {args.out}; next: mmtal data suggest --ann FILE --features {args.out}")
    return 1 if failed else 0


def _means(pattern: str, name: str, names: set[str]) -> bool:
    return pattern == name if pattern in names else fnmatch(name, pattern)


def _submit(args: Namespace, todo: list["VideoJob"]) -> str:
    from mmtal.experiments.executor import submit_array

    words = [sys.executable, "-m", "mmtal", "data", "extract", *args.videos, "--workers", "1"]
    for name in ("out", "backbone", "weights", "fps", "feature_stride", "snippet_frames"):
        value = getattr(args, name)
        words += [] if value is None else [f"--{name}", str(value)]
    words += ["--size", *map(str, args.size)] if args.size else []
    names = [job.name for job in todo]
    folder = Path(args.out).resolve() / "logs"
    folder.mkdir(exist_ok=True)
    return submit_array(
        names, [*words, "--only="], folder, at_once=args.workers, slurm_args=args.slurm_args
    )
