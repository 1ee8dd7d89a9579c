"""Seconds per training step with and without CudaGraphHook, on one GPU; without a GPU it skips.

The model, batches and optimizer of a config, its data loaded before. Three ways: batches as long as
they come, all batches of one length, and the network as a CUDA graph. The first step of each new
length, in which cuDNN chooses its kernels, is told apart. Losses and gradients of the first batch
must agree.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import torch

from mmtal.engine.hooks.cuda_graph_hook import CudaGraphHook, training_length
from mmtal.engine.runner import build_runner
from mmtal.experiments.experiment import prepare_config

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data"))
BATCHES = 12


class Training:
    """One model with its optimizer and batches."""

    def __init__(self, template: str, data: Path) -> None:
        config = prepare_config(template, data_path=data, work_dir=tempfile.mkdtemp())
        config.train_dataloader.update(num_workers=0, persistent_workers=False)
        runner = build_runner(config)
        self.loader = runner.build_dataloader(config.train_dataloader)
        self.model = runner.model.train()
        self.optimizer = runner.build_optim_wrapper(config.optim_wrapper)
        self.batches: list[dict] = []
        while len(self.batches) < BATCHES:
            self.batches += list(self.loader)
        self.initial_normalizer = float(self.model.head.loss_normalizer)

    def loss_and_gradient(self) -> tuple[float, float]:
        """Of the first batch; leaves the model as it was."""
        torch.manual_seed(0)
        batch = self.model.data_preprocessor(self.batches[0], True)
        loss = sum(self.model(**batch, mode="loss").values())
        loss.backward()
        grads = [p.grad.norm() for p in self.model.parameters() if p.grad is not None]
        self.model.zero_grad(set_to_none=True)
        self.model.head.loss_normalizer.fill_(self.initial_normalizer)
        return loss.item(), torch.stack(grads).norm().item()

    def steps(self, number: int) -> tuple[float, list[float]]:
        """Median seconds of steps whose batch has been seen, and those of the others."""
        first, seen = [], []
        for index in range(number):
            torch.cuda.synchronize()
            start = time.perf_counter()
            self.model.train_step(self.batches[index % BATCHES], self.optimizer)
            torch.cuda.synchronize()
            (seen if index >= BATCHES else first).append(time.perf_counter() - start)
        return statistics.median(seen), first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="sbhar_inertial")
    parser.add_argument("--data", default="sbhar", help="folder in MMTAL_DATA")
    parser.add_argument("--steps", type=int, default=4 * BATCHES)
    args = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("skipped: needs a GPU")
    if not (DATA / args.data).is_dir():
        sys.exit(f"skipped: needs {DATA / args.data} (MMTAL_DATA names the folder of data sets)")
    training = Training(args.config, DATA / args.data)
    model = training.model
    print(f"{args.config} on {torch.cuda.get_device_name()}, torch {torch.__version__}")

    expected = training.loss_and_gradient()
    reference, first = training.steps(args.steps)
    print(
        f"lengths as they come: {1000 * reference:.1f} ms a step, {max(first):.2f} s at most for "
        f"a new length, {sum(first):.1f} s for {BATCHES} batches seen first"
    )
    training = Training(args.config, DATA / args.data)
    model = training.model
    length = training_length(training.loader.dataset, model.data_preprocessor.padding)
    model.data_preprocessor.training_length = length
    seconds, _ = training.steps(args.steps)
    print(f"length {length}: {1000 * seconds:.1f} ms, ratio {reference / seconds:.2f}")

    training = Training(args.config, DATA / args.data)
    runner = SimpleNamespace(
        model=training.model, optim_wrapper=training.optimizer, train_dataloader=training.loader
    )
    start = time.perf_counter()
    CudaGraphHook().before_train(runner)
    torch.cuda.synchronize()
    recorded = time.perf_counter() - start
    found = training.loss_and_gradient()
    seconds, _ = training.steps(args.steps)
    print(
        f"CUDA graph: {1000 * seconds:.1f} ms, ratio {reference / seconds:.2f}, recorded in "
        f"{recorded:.1f} s; loss {found[0]:.6f} ({expected[0]:.6f} without), gradient "
        f"{found[1]:.6f} ({expected[1]:.6f})"
    )


if __name__ == "__main__":
    main()
