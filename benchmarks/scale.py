"""1, 2 and 4 processes (gloo) train the same: equal results, and what communication costs.

    python benchmarks/scale.py [--steps 12] [--processes 1 2 4]

All train the model of HAPT (sbhar_inertial_small) on the same random recordings of different
lengths, ordered by LengthGroupedSampler, with a total batch of 8; drop path is off, since every
process draws its own random numbers. First in float64, where no rounding hides a difference: the
losses of all steps and the weights after the last must be those of one process. Then in float32,
for the time: every second step leaves the gradients where they are (``no_sync``), and the
difference is what communication costs. A plain all-reduce of as many numbers is timed, too: what a
plan for other machines scales. Processes have one thread each; where there are fewer cores than
processes, the speed-up (``ratio``) says so.

Then what each recording of a large set costs before it is trained on: reading annotations, finding
files, the sampler's order, reading features. The ratio is that to ``MOST_PIECES``.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from torch import Tensor, multiprocessing

from mmtal.datasets import TemporalDataset
from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.samplers import LengthGroupedSampler
from mmtal.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmtal.structures import FeatureGrid, TemporalDataSample
from mmtal.utils.processor import peak_memory

ROOT = Path(__file__).resolve().parent.parent
CONFIG, CHANNELS, CLASSES = "actionformer/sbhar_inertial_small.py", 150, 12
BATCH, RECORDINGS = 8, 32
MOST_LOSS, MOST_WEIGHTS = 1e-6, 1e-9
"""Difference to one process: of losses, which are logged in float32, and of weights, as a share of
what training changed."""


MOST_PIECES = 1e-3
"""Seconds of CPU time a recording that each piece may take."""


class Recordings:
    """Random recordings of 200 to 768 features."""

    def __init__(self) -> None:
        self.num_features_list = np.random.default_rng(0).integers(200, 769, RECORDINGS).tolist()

    def batch(self, indices: list[int], dtype: torch.dtype) -> dict[str, list[Any]]:
        grid = FeatureGrid(feature_stride=1, snippet_frames=1, fps=1)
        inputs, samples = [], []
        for index in indices:
            random, length = np.random.default_rng(index), self.num_features_list[index]
            features = random.standard_normal((length, CHANNELS), dtype=np.float32)
            start = random.uniform(0, 0.9 * length, 9)
            segments = np.stack([start, start + random.uniform(4, 40, 9)], 1).astype(np.float32)
            labels = torch.from_numpy(random.integers(0, CLASSES, 9))
            info = dict(video_id=f"v{index}", duration=float(length), grid=grid)
            samples.append(TemporalDataSample(metainfo=info))
            samples[-1].gt_instances = InstanceData(
                segments=grid.to_seconds(torch.from_numpy(segments)), labels=labels
            )
            inputs.append(torch.from_numpy(features).to(dtype))
        return dict(inputs=inputs, data_samples=samples)


class Training:
    """The model in as many processes as there are."""

    def __init__(self, dtype: torch.dtype) -> None:
        config = Config.fromfile(ROOT / "configs" / CONFIG)
        init_default_scope("mmtal")
        torch.manual_seed(0)
        config.model.backbone.drop_path = 0.0
        self.model = MODELS.build(config.model).to(dtype).train()
        optim_cfg = config.optim_wrapper.to_dict()
        constructor = dict(type=optim_cfg.pop("constructor"), optim_wrapper_cfg=optim_cfg)
        self.optim_wrapper = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(self.model)
        self.wrapped: Any = self.model
        if dist.get_world_size() > 1:
            self.wrapped = MMDistributedDataParallel(self.model)

    def step(self, batch: dict[str, list[Any]]) -> float:
        """The loss of all processes together."""
        losses = self.wrapped.train_step(batch, self.optim_wrapper)
        loss = losses["loss"].detach().clone() / dist.get_world_size()
        dist.all_reduce(loss)
        return loss.item()

    def weights(self) -> Tensor:
        return torch.cat([p.detach().flatten() for p in self.model.parameters()])


def timed_step(training: Training, batch: dict[str, list[Any]], *, alone: bool) -> float:
    """Seconds of forward, backward and update; ``alone``: gradients stay in the process."""
    dist.barrier()
    begin = time.perf_counter()
    with training.wrapped.no_sync() if alone and dist.get_world_size() > 1 else nullcontext():
        training.wrapped.train_step(batch, training.optim_wrapper)
    return time.perf_counter() - begin


def work(rank: int, world: int, steps: int, folder: str) -> None:
    """One of the processes; the first one saves what it has seen."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Grad strides do not match")
    dist.init_process_group("gloo", f"file://{folder}/store{world}", rank=rank, world_size=world)
    data = Recordings()
    sampler = LengthGroupedSampler(data, group_size=16 // world, seed=0)  # type: ignore[arg-type]
    own, batches = BATCH // world, []
    while len(batches) < steps:
        order = list(sampler)
        batches += [order[i : i + own] for i in range(0, len(order), own)]
        sampler.set_epoch(sampler.epoch + 1)

    training = Training(torch.float64)
    before = training.weights()
    losses = [training.step(data.batch(batch, torch.float64)) for batch in batches[:steps]]
    after = training.weights()

    training = Training(torch.float32)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for indices in batches[:steps]:
        batch = data.batch(indices, torch.float32)
        for alone in seconds:
            seconds[alone].append(timed_step(training, batch, alone=alone))
    gradient = torch.zeros(len(after))
    reduce = []
    for _ in range(steps):
        dist.barrier()
        begin = time.perf_counter()
        dist.all_reduce(gradient)
        reduce.append(time.perf_counter() - begin)
    if rank == 0:
        found = dict(
            losses=torch.tensor(losses, dtype=torch.float64), before=before, after=after,
            together=statistics.median(seconds[False]), alone=statistics.median(seconds[True]),
            reduce=statistics.median(reduce),
        )  # fmt: skip
        torch.save(found, f"{folder}/{world}.pt")
    # Nothing is taken apart: a DDP model that outlives its group ends it while it holds Python's
    # lock, for which gloo's thread waits if it lets go of a tensor just then: forever.
    os._exit(0)


def measure_pieces(number: int) -> None:
    """Print what each piece takes with so many small recordings, linked to a few files."""
    files = 100
    with tempfile.TemporaryDirectory() as folder:
        root, database = Path(folder), {}
        (root / "features").mkdir()
        for k in range(files):
            np.save(root / f"{k}.npy", np.full((8, 16), k, np.float32))
        np.save(root / "megabyte.npy", np.zeros((512, 512), np.float32))
        for k in range(number):
            os.link(root / f"{k % files}.npy", root / "features" / f"v{k:07d}.npy")
            database[f"v{k:07d}"] = dict(
                subset="training", duration=8.0, fps=1, annotations=[
                    dict(segment=[1.0, 3.0], label=f"c{j}", label_id=j) for j in (k % 20, k % 19)
                ],
            )  # fmt: skip
        path = root / "annotations.json"
        path.write_text(json.dumps(dict(version="1", database=database)))
        kept: list[Any] = []

        def whole_set(check_values: bool) -> None:
            kept.append(
                TemporalDataset(
                    path.name, features="features", subset="training", feature_stride=1,
                    snippet_frames=1, fps=1, data_root=folder, check_values=check_values,
                )
            )  # fmt: skip

        def order() -> None:
            kept.append(list(LengthGroupedSampler(million, group_size=128, seed=0)))

        million = argparse.Namespace(
            num_features_list=np.random.default_rng(0).integers(100, 3000, 1_000_000)
        )
        pieces: dict[str, tuple[int, Callable[[], Any]]] = {
            f"annotations of {path.stat().st_size / number:.0f} bytes": (
                number, lambda: kept.append(AnnotationFile(path)),
            ),
            "TemporalDataset": (number, lambda: whole_set(check_values=False)),
            "TemporalDataset(check_values=True)": (number, lambda: whole_set(check_values=True)),
            "an epoch's order of a million": (1_000_000, order),
            "1 MB of features from the cache": (
                300, lambda: [np.load(root / "megabyte.npy").shape for _ in range(300)],
            ),
        }  # fmt: skip
        for name, (count, run) in pieces.items():
            before, begin = peak_memory(), time.process_time()
            run()
            seconds = (time.process_time() - begin) / count
            print(
                f"{name}: {1e6 * seconds:.2f} microseconds and at most "
                f"{(peak_memory() - before) / count:.0f} bytes more a recording, at most "
                f"{1e6 * MOST_PIECES:.0f}: ratio {seconds / MOST_PIECES:.4f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--recordings", type=int, default=20_000)
    args = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for world in sorted({1, *args.processes}):
            multiprocessing.spawn(work, (world, args.steps, folder), nprocs=world, daemon=True)
            found[world] = torch.load(f"{folder}/{world}.pt")
    one = found.pop(1)
    changed = (one["after"] - one["before"]).norm()
    print(
        f"1 process: {len(one['after']):,} weights, loss {one['losses'][0]:.5f} to "
        f"{one['losses'][-1]:.5f} in {args.steps} steps of {BATCH} recordings, "
        f"{one['together']:.3f} s a step; {os.cpu_count()} cores"
    )
    for world, many in found.items():
        loss = ((many["losses"] - one["losses"]).abs() / one["losses"]).max()
        weights = (many["after"] - one["after"]).norm() / changed
        print(
            f"{world} processes: losses equal to {loss:.0e}, weights to {weights:.0e} of what "
            f"training changed; {many['together']:.3f} s a step, {many['alone']:.3f} without "
            f"communication (share {1 - many['alone'] / many['together']:.2f}), all-reduce of "
            f"{4e-6 * len(one['after']):.1f} MB {1e3 * many['reduce']:.1f} ms, ratio "
            f"{one['together'] / many['together']:.2f}"
        )
        if loss > MOST_LOSS or weights > MOST_WEIGHTS:
            sys.exit(f"{world} processes do not train as one does")
    measure_pieces(args.recordings)


if __name__ == "__main__":
    main()
