"""Seconds per video in testing and per training step, beside the references, in one run.

``python benchmarks/throughput.py --release DIR --opentad DIR --older DIR``: checkouts of the
official release, of OpenTAD and of an older state of this repository, each optional. The first two
need their compiled NMS at their root (``python setup.py build_ext --build-lib DIR`` where its
``setup.py`` lies) and their packages (pandas, joblib, einops) on the ``PYTHONPATH``.

Every side is a process of its own that waits while another one works; each video is done by all of
them in turn, in ``--passes`` rounds. A figure is the sum over videos of their medians over passes;
of a ratio the lowest and highest pass is given, too, and the median over videos. Machines are
noisy: only the ratios count.

Cases: ``thumos14`` (thumos_i3d; T = floor((duration x fps - 16) / 4) + 1 of every 17th of the
sorted test ids, one by one with NMS; training on the first sorted validation ids, two at a time),
``activitynet`` (anet_tsp, T = 192, training by 16) and ``hapt`` (sbhar_inertial_small, T = 768, no
reference). Features are random. Training includes clipping and weight averaging. ``--bfloat16``
adds mixed precision as ``--amp`` computes it (the older state, which has no switch for it, under
``torch.autocast``).
The parts of OpenTAD that only other methods need, some of them CUDA code, are stubbed.
"""

import argparse
import importlib.abc
import importlib.machinery
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data"))


class Case(NamedTuple):
    """What is measured, and its config in each code base."""

    config: str
    channels: int
    classes: int
    batch: int
    max_len: int
    release: str = ""
    opentad: str = ""


CASES = dict(
    thumos14=Case(
        "actionformer/thumos_i3d.py", 2048, 20, 2, 2304, "thumos_i3d.yaml",
        "actionformer/thumos_i3d.py",
    ),
    activitynet=Case(
        "actionformer/anet_tsp.py", 512, 1, 16, 192, "anet_tsp.yaml", "actionformer/anet_tsp.py"
    ),
    hapt=Case("actionformer/sbhar_inertial_small.py", 150, 12, 2, 768),
)  # fmt: skip
Videos = list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
Steps = dict[str, list[Callable[[], object]]]


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


def random_video(case: Case, length: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Features (T, C), 15 segments (N, 2) in grid units, labels (N,)."""
    random = np.random.default_rng(seed)
    features = random.standard_normal((length, case.channels), dtype=np.float32)
    start = random.uniform(0, 0.9 * length, 15)
    segments = np.stack([start, start + random.uniform(0.01, 0.1, 15) * length], 1)
    labels = random.integers(0, case.classes, 15)
    return (
        torch.from_numpy(features),
        torch.from_numpy(segments.astype(np.float32)),
        torch.from_numpy(labels),
    )


def videos_of(name: str, tiny: bool) -> tuple[Videos, list[Videos]]:
    """Videos to test, and batches of videos to train on."""
    case = CASES[name]
    if tiny:
        test, train = [40, 90], [64] * case.batch
    elif name == "thumos14":
        test = video_lengths("test")[::17][:12]
        random = np.random.default_rng(0)
        train = [
            case.max_len if n > case.max_len else int(random.integers(round(0.9 * n), n + 1))
            for n in video_lengths("validation")[:8]
        ]
    else:
        test, train = [case.max_len] * 12, [case.max_len] * 4 * case.batch
    made = [random_video(case, n, seed) for seed, n in enumerate(test)]
    batches = [random_video(case, n, seed) for seed, n in enumerate(train)]
    return made, [batches[i : i + case.batch] for i in range(0, len(batches), case.batch)]


def our_steps(
    root: Path, name: str, test: Videos, train: list[Videos], device: str, precision: str = ""
) -> Steps:
    """Testing and training by the checkout of this repository at ``root``."""
    sys.path.insert(0, str(root))
    from mmengine.config import Config
    from mmengine.model import ExponentialMovingAverage
    from mmengine.registry import init_default_scope
    from mmengine.structures import InstanceData

    from mmtal.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
    from mmtal.structures import FeatureGrid, TemporalDataSample

    config = Config.fromfile(root / "configs" / CASES[name].config)
    init_default_scope("mmtal")
    if precision:
        config.model.precision = precision
    model = tested = MODELS.build(config.model).to(device)
    if precision:
        tested = MODELS.build(config.model).to(device)
        tested.cast_weights()

    def batch(videos: Videos) -> dict[str, list[Any]]:
        grid, samples = FeatureGrid(feature_stride=4, snippet_frames=16, fps=30), []
        for features, segments, labels in videos:
            info = dict(video_id="v", duration=len(features) * 4 / 30, grid=grid)
            samples.append(TemporalDataSample(metainfo=info))
            samples[-1].gt_instances = InstanceData(
                segments=grid.to_seconds(segments).to(device), labels=labels.to(device)
            )
        return dict(inputs=[v[0].to(device) for v in videos], data_samples=samples)

    optim_cfg = config.optim_wrapper.to_dict()
    constructor = dict(type=optim_cfg.pop("constructor"), optim_wrapper_cfg=optim_cfg)
    optim_wrapper = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)
    average = ExponentialMovingAverage(model, momentum=0.001)

    def train_one(videos: Videos) -> None:
        model.train()
        model.train_step(batch(videos), optim_wrapper)
        average.update_parameters(model)

    @torch.no_grad()
    def test_one(video: Any) -> None:
        tested.eval()
        tested.test_step(batch([video]))

    return dict(
        testing=[lambda v=v: test_one(v) for v in test],
        training=[lambda b=b: train_one(b) for b in train],
    )


def release_steps(root: Path, name: str, test: Videos, train: list[Videos], device: str) -> Steps:
    """The same work by the official release."""
    sys.path.insert(0, str(root))
    from libs.core import load_config
    from libs.modeling import make_meta_arch
    from libs.utils import ModelEma, make_optimizer

    config = load_config(str(root / "configs" / CASES[name].release))
    model = make_meta_arch(config["model_name"], **config["model"]).to(device)
    optimizer = make_optimizer(model, config["opt"])
    average = ModelEma(model)

    def sample(features: torch.Tensor, segments: torch.Tensor, labels: torch.Tensor) -> dict:
        return dict(
            video_id="v", feats=features.t().contiguous(), segments=segments, labels=labels,
            fps=30, duration=len(features) * 4 / 30, feat_stride=4, feat_num_frames=16,
        )  # fmt: skip

    @torch.no_grad()
    def test_one(video: Any) -> None:
        model.eval()
        model([sample(*video)])

    def train_one(videos: Videos) -> None:
        model.train()
        optimizer.zero_grad(set_to_none=True)
        model([sample(*video) for video in videos])["final_loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model)

    return dict(
        testing=[lambda v=v: test_one(v) for v in test],
        training=[lambda b=b: train_one(b) for b in train],
    )


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stand in for the parts of OpenTAD that ActionFormer does without, and what they import."""

    NAMES = ("backbones", "roi_heads", "transformer")

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name.startswith(tuple(f"opentad.models.{part}" for part in self.NAMES)):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return MagicMock(__spec__=spec, __path__=[])

    def exec_module(self, module: Any) -> None:
        pass


def opentad_steps(root: Path, name: str, test: Videos, train: list[Videos], device: str) -> Steps:
    """The same work by OpenTAD's ActionFormer."""
    sys.path.insert(0, str(root))
    sys.meta_path.insert(0, Stubs())
    from mmengine.config import Config
    from opentad.models import build_detector

    config = Config.fromfile(root / "configs" / CASES[name].opentad)
    model = build_detector(config.model).to(device)
    optimizer = torch.optim.AdamW(model.get_optim_groups(config.optimizer), fused=False)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.999)
    )
    config.post_processing.sliding_window = False
    names: Any = [str(k) for k in range(CASES[name].classes)]
    if len(names) == 1:  # proposals, which an external classifier would name

        def names(video: str, segments: Any, scores: Any) -> tuple[Any, list[str], Any]:
            return segments, ["0"] * len(scores), scores

    def batch(videos: Videos) -> dict[str, Any]:
        T = max(len(v[0]) for v in videos)
        inputs = torch.zeros(len(videos), videos[0][0].shape[1], T)
        for row, video in zip(inputs, videos, strict=True):
            row[:, : len(video[0])] = video[0].t()
        masks = torch.arange(T) < torch.tensor([len(v[0]) for v in videos])[:, None]
        facts = dict(video_name="v", fps=30, snippet_stride=4, offset_frames=8)
        metas = [dict(facts, duration=len(v[0]) * 4 / 30) for v in videos]
        return dict(inputs=inputs.to(device), masks=masks.to(device), metas=metas)

    @torch.no_grad()
    def test_one(video: Any) -> None:
        model.eval()
        options = dict(infer_cfg=config.inference, post_cfg=config.post_processing)
        model(**batch([video]), return_loss=False, ext_cls=names, **options)

    def train_one(videos: Videos) -> None:
        model.train()
        optimizer.zero_grad(set_to_none=True)
        truth = dict(
            gt_segments=[v[1].to(device) for v in videos],
            gt_labels=[v[2].to(device) for v in videos],
        )
        model(**batch(videos), **truth, return_loss=True)["cost"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(model)

    return dict(
        testing=[lambda v=v: test_one(v) for v in test],
        training=[lambda b=b: train_one(b) for b in train],
    )


BUILDERS = dict(ours=our_steps, older=our_steps, release=release_steps, opentad=opentad_steps)


def serve(side: str, root: Path, args: argparse.Namespace) -> None:
    """Do the steps that stdin names ("testing 3"), answer with their seconds."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print is no answer
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    kind, _, precision = side.partition(" ")
    data = videos_of(args.case, args.tiny)
    if kind == "ours":
        steps = our_steps(root, args.case, *data, "cpu", precision)
    else:
        steps = BUILDERS[kind](root, args.case, *data, "cpu")
    autocast = precision and kind != "ours"
    for line in sys.stdin:
        part, number = line.split()
        mixed = torch.autocast("cpu", torch.bfloat16) if autocast else nullcontext()
        with mixed:
            begin = time.perf_counter()
            steps[part][int(number)]()
            seconds = time.perf_counter() - begin
        print(seconds, file=answers, flush=True)


class Side:
    """A process that measures one code base."""

    def __init__(self, name: str, root: Path, args: argparse.Namespace) -> None:
        command = [sys.executable, __file__, "--serve", name, str(root), "--case", args.case]
        command += ["--threads", str(args.threads)] + ["--tiny"] * args.tiny
        path = f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(args.threads)},
        )  # fmt: skip

    def seconds(self, part: str, number: int) -> float:
        assert self.process.stdin and self.process.stdout
        with suppress(BrokenPipeError):
            self.process.stdin.write(f"{part} {number}\n")
            self.process.stdin.flush()
        answer = self.process.stdout.readline()
        return float(answer) if answer else sys.exit("a side failed, see above")


def measure(sides: dict[str, Side], part: str, count: int, passes: int) -> dict[str, np.ndarray]:
    """Seconds of every side, (passes, count); all of them take turns at each item."""
    seconds = {name: np.zeros((passes, count)) for name in sides}
    for round_ in range(-1, passes):  # the first warms up
        for item in range(count if round_ >= 0 else min(count, 2)):
            names = list(sides)
            turn = (item + round_) % len(names)
            for name in names[turn:] + names[:turn]:
                took = sides[name].seconds(part, item)
                if round_ >= 0:
                    seconds[name][round_, item] = took
    return seconds


def report(case: str, part: str, seconds: dict[str, np.ndarray]) -> None:
    """One line for each pair of ours and a reference."""
    unit = "s/video" if part == "testing" else "s/step"
    for mine in (name for name in seconds if name.startswith("ours")):
        for other in (name for name in seconds if name not in ("ours", "ours bfloat16")):
            a, b = (np.median(seconds[name], axis=0) for name in (mine, other))
            passes = (seconds[other].sum(1) / seconds[mine].sum(1)).tolist()
            print(
                f"{case} {part}: {mine} {a.mean():.3f}, {other} {b.mean():.3f} {unit}; passes "
                f"{min(passes):.2f} to {max(passes):.2f}, median of items "
                f"{statistics.median((b / a).tolist()):.2f}, ratio {b.sum() / a.sum():.2f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("release", "opentad", "older"):
        parser.add_argument(f"--{name}", type=Path, metavar="DIR")
    parser.add_argument("--case", choices=CASES, default="thumos14")
    parser.add_argument("--only", choices=("testing", "training"))
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="short videos, to try the script")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return serve(args.serve[0], Path(args.serve[1]), args)
    roots = dict(ours=ROOT, older=args.older, release=args.release, opentad=args.opentad)
    if not CASES[args.case].release:
        roots.update(release=None, opentad=None)
    names = [name for name, root in roots.items() if root]
    names += [f"{name} bfloat16" for name in ("ours", "older") if args.bfloat16 and roots[name]]
    sides = {name: Side(name, roots[name.split()[0]].resolve(), args) for name in names}
    test, train = videos_of(args.case, args.tiny)
    lengths = [len(video[0]) for video in test]
    print(
        f"torch {torch.__version__}, {args.threads} threads, {args.passes} passes; {len(test)} "
        f"test recordings of {statistics.mean(lengths):.0f} features, {len(train)} training "
        f"batches of {CASES[args.case].batch}",
        flush=True,
    )
    for part, count in dict(testing=len(test), training=len(train)).items():
        if args.only in (None, part):
            report(args.case, part, measure(sides, part, count, args.passes))


if __name__ == "__main__":
    main()
