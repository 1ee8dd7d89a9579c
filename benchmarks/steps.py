"""Where the time of short steps goes: network, optimizer, waiting for data, and all else.

``python benchmarks/steps.py [--case hapt activitynet] [--workers 0 2 8]``: whole runs of MMEngine's
loops on made-up recordings, as ``mmtal train`` and ``mmtal test`` start them. ``hapt`` is
sbhar_inertial_small, 2 recordings of 200 to 768 features of 150 channels a step; ``activitynet`` is
anet_tsp, 16 recordings of 512 features of 512 channels (1 MB each), resized to 192.
``--recordings`` are links to as many files as ``--files`` says, so the system's cache serves them:
what is measured is our own work, not a disk. The network is forward and backward; clipping belongs
to the optimizer. ``ratio`` is the network's share of a step to the share aimed at.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from mmtal.engine.runner import build_runner, load_config
from mmtal.utils.progress import progress


class Case(NamedTuple):
    """A config, its recordings and the share of a step that its network shall have."""

    config: str
    channels: int
    classes: int
    lengths: tuple[int, int]
    stride: float
    fps: float
    limit: float


CASES = dict(
    hapt=Case("sbhar_inertial_small", 150, 12, (200, 768), 25, 50, 0.94),
    activitynet=Case("anet_tsp", 512, 1, (512, 512), 16, 15, 0.85),
)


class EnoughError(Exception):
    """Ends a run after the steps that were asked for."""


class Clock:
    """Seconds of each part, step by step."""

    def __init__(self, steps: int) -> None:
        self.steps, self.left = steps, time.perf_counter()
        self.seconds: list[dict[str, float]] = [{}]

    def time(self, owner: Any, name: str, part: str) -> None:
        """Add what a method takes to a part."""
        method: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            result = method(*args, **kwargs)
            took = self.seconds[-1].get(part, 0) + time.perf_counter() - began
            self.seconds[-1][part] = took
            return result

        setattr(owner, name, timed)

    def time_steps(self, loop: Any, methods: list[tuple[Any, str, str]]) -> None:
        """End each step when the loop's iteration ends; before it began, data were waited for."""
        run_iter = loop.run_iter

        def timed(*args: Any, **kwargs: Any) -> None:
            while methods:  # when all is built: schedulers wrap methods, too
                self.time(*methods.pop())
            step, began = self.seconds[-1], time.perf_counter()
            run_iter(*args, **kwargs)
            ended = time.perf_counter()
            step |= dict(data=began - self.left, whole=ended - self.left)
            self.left = ended
            if len(self.seconds) == self.steps:
                raise EnoughError
            self.seconds.append({})

        loop.run_iter = timed


def make_up(case: Case, recordings: int, files: int) -> dict[str, Any]:
    """Recordings in the current folder, and the options that name them."""
    random, database = np.random.default_rng(0), {}
    for folder in ("files", "features"):
        Path(folder).mkdir()
    lengths = random.integers(case.lengths[0], case.lengths[1], files, endpoint=True)
    for k, length in enumerate(lengths):
        values = random.standard_normal((length, case.channels), np.float32)
        np.save(f"files/{k}.npy", values)
    for k in progress(range(recordings), recordings, text="recordings"):
        os.link(f"files/{k % files}.npy", f"features/v{k}.npy")
        duration = float(lengths[k % files]) * case.stride / case.fps
        starts = np.sort(random.uniform(0, 0.9 * duration, 12))
        database[f"v{k}"] = dict(
            subset="training" if k % 2 else "validation", duration=duration, fps=case.fps,
            annotations=[
                dict(
                    segment=[s, s + 0.08 * duration], label=f"c{i % case.classes:02d}",
                    label_id=i % case.classes,
                ) for i, s in enumerate(starts)
            ],
        )  # fmt: skip
    Path("annotations.json").write_text(json.dumps(dict(version="1", database=database)))
    data = dict(data_root=".", ann_file="annotations.json", features="features", file_prefix="")
    sets = ("train_dataloader", "val_dataloader", "test_dataloader")
    return {f"{name}.dataset.{key}": value for name in sets for key, value in data.items()}


def measure(case: Case, options: dict[str, Any], training: bool, workers: int, steps: int) -> Clock:
    config = load_config(case.config, work_dir=f"work_{training}_{workers}", options=options)
    config.merge_from_dict({"log_level": "ERROR", "env_cfg.mp_cfg.mp_start_method": "spawn"})
    for name in ("val_evaluator", "test_evaluator"):
        config[name] = dict(type="TemporalMAP", tiou_thresholds=[0.5])
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        loader.update(num_workers=workers, persistent_workers=workers > 0)
    runner, clock = build_runner(config), Clock(steps)
    model: Any = runner.model
    if training:
        loop = runner.build_train_loop(runner._train_loop)
        runner._train_loop = loop
        runner.optim_wrapper = optimizer = runner.build_optim_wrapper(config.optim_wrapper)
        methods = [
            (optimizer, "backward", "network"),
            (optimizer, "step", "optimizer"),
            (model, "_run_forward", "network"),
        ]
    else:
        runner._test_loop = loop = runner.build_test_loop(runner._test_loop)
        methods = [(model, "raw_predictions", "network")]
    clock.time_steps(loop, methods)
    with suppress(EnoughError):
        runner.train() if training else runner.test()
    return clock


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--workers", nargs="+", type=int, default=[0, 2, 8])
    parser.add_argument("--recordings", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--steps", type=int, default=60, help="the first third warms up")
    args = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {os.cpu_count()} cores")
    for name in args.case:
        case = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            options = make_up(case, args.recordings, args.files)
            for training in (True, False):
                for workers in args.workers:
                    clock = measure(case, options, training, workers, args.steps)
                    steps = clock.seconds[args.steps // 3 :]
                    for step in steps:
                        step["rest"] = 2 * step["whole"] - sum(step.values())
                    names = ("whole", "network", "optimizer", "data", "rest")
                    part = {n: statistics.median(step.get(n, 0.0) for step in steps) for n in names}
                    share = sum(s["network"] for s in steps) / sum(s["whole"] for s in steps)
                    print(
                        f"{name} {'training' if training else 'testing'}, {workers} workers: "
                        f"{1e3 * part['whole']:.1f} ms a step, network "
                        f"{1e3 * part['network']:.1f}, optimizer {1e3 * part['optimizer']:.1f}, "
                        f"data {1e3 * part['data']:.1f}, rest {1e3 * part['rest']:.1f}; network's "
                        f"share {share:.3f} of {case.limit}: ratio {share / case.limit:.2f}",
                        flush=True,
                    )
            os.chdir("/")


if __name__ == "__main__":
    main()
