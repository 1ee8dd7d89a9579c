"""All figures on one GPU in one run of a few minutes, beside the references on the same GPU.

``python benchmarks/gpu.py --release DIR --opentad DIR``: plain checkouts, each optional, with their
packages (pandas, joblib, einops, tensorboard) on the ``PYTHONPATH``. In place of their compiled
NMS, on the CPU, they call ours, class by class, which is faster and needs no compiler. OpenTAD's
CUDA code belongs to other methods and is stubbed.

Testing and training on the lengths of THUMOS14 and ActivityNet in float32, TF32 and bfloat16
(autocast), training also with :class:`CudaGraphHook`: all sides take turns at each batch, figures
are sums of medians over passes. Memory is the peak over what lay there before the step. Then NMS:
``backend="torch"`` on the GPU beside our compiled one with its trip to the CPU, and hard NMS beside
mmcv's CUDA op where mmcv is compiled with it.

Without a GPU it runs on tiny videos on the CPU, to try it; such figures mean nothing.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import nms
import numpy as np
import throughput
import torch
from torch import Tensor

from mmtal.engine.hooks.cuda_graph_hook import CudaGraphHook
from mmtal.ops import nms_mmcv, segment_nms
from mmtal.registry import MODELS
from mmtal.runtime import nms_numba
from mmtal.runtime.nms_rule import METHODS

PRECISIONS = ("float32", "tf32", "bfloat16")
TARGETS = dict(testing=10, training=3)  # times the release


@contextmanager
def computing(precision: str, device: str) -> Iterator[None]:
    """What matrix products are computed in."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
        yield


def synchronize(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


class Side:
    """One code base in one precision; steps of one code base share a model."""

    def __init__(self, steps: throughput.Steps, precision: str, device: str) -> None:
        self.steps, self.precision, self.device = steps, precision, device
        self.peak = dict.fromkeys(steps, 0.0)  # MiB

    def seconds(self, part: str, number: int) -> float:
        synchronize(self.device)
        if self.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
        begin = time.perf_counter()
        with computing(self.precision, self.device):
            self.steps[part][number]()
        synchronize(self.device)
        took = time.perf_counter() - begin
        if self.device == "cuda":
            grown = (torch.cuda.max_memory_allocated() - before) / 2**20
            self.peak[part] = max(self.peak[part], grown)
        return took


def graph_steps(root: Path, name: str, test: Any, train: Any, device: str) -> throughput.Steps:
    """Our training steps with the network as CUDA graphs."""
    built: list[Any] = []  # parts first, the whole model last
    build = MODELS.build

    def noted(*args: Any, **kwargs: Any) -> Any:
        built.append(build(*args, **kwargs))
        return built[-1]

    with patch.object(MODELS, "build", noted):
        steps = throughput.our_steps(root, name, test, train, device)
    lengths = [len(video[0]) for batch in train for video in batch]
    loader = SimpleNamespace(
        drop_last=True, batch_size=len(train[0]), dataset=SimpleNamespace(num_features_list=lengths)
    )
    CudaGraphHook().before_train(
        SimpleNamespace(model=built[-1], optim_wrapper=None, train_dataloader=loader)
    )
    return dict(training=steps["training"])


def stand_in_for_their_nms() -> None:
    """Ours under the name of the references' compiled modules, of which one process takes one."""
    module: Any = ModuleType("nms_1d_cpu")

    def softnms(
        segs: Tensor,
        scores: Tensor,
        dets: Tensor,
        iou_threshold: float,
        sigma: float,
        min_score: float,
        method: int,
        **_: float,
    ) -> Tensor:
        if not len(scores):
            return torch.zeros(0, dtype=torch.long)
        found, kept = nms_numba.select(
            segs.numpy(), scores.numpy(), np.zeros(len(scores), np.int64), method=METHODS[method],
            tiou_thr=iou_threshold, sigma=sigma, min_score=min_score, max_picks=len(scores),
        )  # fmt: skip
        picks = torch.from_numpy(found)
        dets[: len(picks)] = torch.cat([segs[picks], torch.from_numpy(kept)[:, None]], dim=1)
        return picks

    def hard(segs: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
        return softnms(segs, scores, segs.new_empty(len(segs), 3), iou_threshold, 1.0, 0.0, 0)

    module.softnms, module.nms = softnms, hard
    sys.modules["nms_1d_cpu"] = module


def sides_of(case: str, roots: dict[str, Path], data: Any, device: str) -> dict[str, Side]:
    """All that run in this case; what does not is said."""
    sides = {}
    for name, root in roots.items():
        builder = graph_steps if name == "ours, graph" else throughput.BUILDERS[name]
        torch.manual_seed(0)
        steps = builder(root, case, *data, device)
        for precision in PRECISIONS[: 2 if name == "ours, graph" else 3]:
            if precision == "tf32" and device == "cpu":
                continue
            side = Side(dict(steps), precision, device)
            for part in steps:
                try:
                    side.seconds(part, 0)
                except (RuntimeError, TypeError) as error:
                    line = str(error).partition("\n")[0]
                    print(f"{case} {part}: {name} {precision} does not run: {line:.90}")
                    del side.steps[part]
            sides[f"{name} {precision}"] = side
    return sides


def compare_models(
    case: str, roots: dict[str, Path], device: str, passes: int, only: str | None
) -> None:
    data = throughput.videos_of(case, tiny=device == "cpu")
    every = sides_of(case, roots, data, device)
    for part, items in zip(("testing", "training"), data, strict=True):
        if only not in (None, part):
            continue
        sides = {name: side for name, side in every.items() if part in side.steps}
        seconds = throughput.measure(sides, part, len(items), passes)
        total = {name: np.median(taken, axis=0).sum() for name, taken in seconds.items()}
        for mine in (name for name in total if name.startswith("ours")):
            precision = mine.split()[-1]
            # A reference in the same precision, and as it is published: in float32.
            others = {f"{o} {p}" for o in ("release", "opentad") for p in (precision, "float32")}
            if "graph" in mine:
                others.add(f"ours {precision}")
            for other in sorted(others & total.keys()):
                rounds = (seconds[other].sum(1) / seconds[mine].sum(1)).tolist()
                target = f", target {TARGETS[part]}" if other.startswith("release") else ""
                print(
                    f"{case} {part}: {mine} {1e3 * total[mine] / len(items):.1f} ms and "
                    f"{sides[mine].peak[part]:.0f} MiB, {other} "
                    f"{1e3 * total[other] / len(items):.1f} ms and {sides[other].peak[part]:.0f} "
                    f"MiB; passes {min(rounds):.2f} to {max(rounds):.2f}{target}, ratio "
                    f"{total[other] / total[mine]:.2f}",
                    flush=True,
                )
        if not any(name.startswith(("release", "opentad")) for name in total):
            for name, taken in total.items():
                print(f"{case} {part}: {name} {1e3 * taken / len(items):.1f} ms, no reference")


def compare_nms(device: str, passes: int) -> None:
    for num, num_classes, kept, sigma in nms.CASES:
        num = num if device == "cuda" else num // 20
        columns = [column.to(device) for column in nms.make_candidates(num, num_classes)]
        rules: dict[str, dict[str, Any]] = dict(
            gaussian=dict(method="gaussian", sigma=sigma), hard=dict(method="hard", tiou_thr=0.5)
        )
        for method, rule in rules.items():
            call = partial(
                segment_nms, *columns, min_score=nms.MIN_SCORE, max_per_video=kept, **rule
            )
            backends = ["torch", "builtin"]
            backends += ["mmcv"] * (method == "hard" and nms_mmcv.has_cuda_nms())
            took: dict[str, list[float]] = {name: [] for name in backends}
            for _ in range(3 * passes):
                for name in backends:
                    took[name].append(timed(partial(call, backend=name), device))
            ms = {name: 1e3 * statistics.median(values[1:]) for name, values in took.items()}
            for other in backends[1:]:
                print(
                    f"{method} NMS, {num} candidates, {num_classes} classes, {kept} kept: torch "
                    f"{ms['torch']:.2f} ms, {other} {ms[other]:.2f} ms, ratio "
                    f"{ms[other] / ms['torch']:.2f}",
                    flush=True,
                )


def timed(function: Callable[[], object], device: str) -> float:
    synchronize(device)
    begin = time.perf_counter()
    function()
    synchronize(device)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("release", "opentad"):
        parser.add_argument(f"--{name}", type=Path, metavar="DIR")
    parser.add_argument("--case", choices=("thumos14", "activitynet"), help="default: both")
    parser.add_argument("--only", choices=("testing", "training", "nms"))
    parser.add_argument("--passes", type=int, default=5)
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}, {args.passes} passes")
    else:
        print("no GPU: tiny videos on the CPU, to try this script; the figures are missing")
    given = dict(release=args.release, opentad=args.opentad)
    references = {name: root.resolve() for name, root in given.items() if root}
    stand_in_for_their_nms()
    roots = {"ours": throughput.ROOT, "ours, graph": throughput.ROOT} | references
    begin = time.perf_counter()
    for case in (args.case,) if args.case else ("thumos14", "activitynet"):
        if args.only != "nms":
            compare_models(case, roots, device, args.passes, args.only)
    if args.only in (None, "nms"):
        compare_nms(device, args.passes)
    print(f"{time.perf_counter() - begin:.0f} s in all")


if __name__ == "__main__":
    main()
