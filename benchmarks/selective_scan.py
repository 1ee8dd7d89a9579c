"""Time of the selective scan beside a loop over ``unbind``, forward and with its gradient.

OMP_NUM_THREADS=2 python benchmarks/selective_scan.py
"""

import os
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtal.models.layers import selective_scan

B, C, N, T = 2, 512, 16, 2304
ROUNDS = 7


def loop(x: Tensor, delta: Tensor, rate: Tensor, write: Tensor, read: Tensor) -> Tensor:
    """The recurrence as it is written, all its coefficients in memory."""
    decay = torch.exp(delta.unsqueeze(3) * rate).unbind(1)  # (B, C, N) of each position
    gained = ((delta * x).unsqueeze(3) * write.unsqueeze(2)).unbind(1)
    state, y = torch.zeros_like(gained[0]), []
    for factor, added, output in zip(decay, gained, read.unbind(1), strict=True):
        state = factor * state + added
        y.append((state @ output.unsqueeze(2)).squeeze(2))
    return torch.stack(y, 1)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.manual_seed(0)
    x, delta = torch.randn(B, T, C), F.softplus(torch.randn(B, T, C) - 3)
    write, read = torch.randn(B, T, N), torch.randn(B, T, N)
    rate = -torch.arange(1.0, N + 1).repeat(C, 1)
    given = [part.requires_grad_() for part in (x, delta, rate, write, read)]

    @torch.no_grad()
    def forward(scan: Callable[..., Tensor]) -> Tensor:
        return scan(*given)

    def both(scan: Callable[..., Tensor]) -> list[Tensor]:
        y = scan(*given)
        return [y, *torch.autograd.grad(y.square().sum(), given)]

    scans = {"chunks": selective_scan, "loop": loop}
    difference = max(
        float((ours - theirs).detach().abs().max() / theirs.detach().abs().max())
        for ours, theirs in zip(both(selective_scan), both(loop), strict=True)
    )
    print(f"B {B}, C {C}, N {N}, T {T}, {torch.get_num_threads()} threads")
    for name, run in (("forward", forward), ("forward and backward", both)):
        times: dict[str, list[float]] = {scan: [] for scan in scans}
        for _ in range(ROUNDS):  # in turns, so that whatever else runs slows both
            for scan, function in scans.items():
                times[scan].append(seconds(lambda: run(function)))  # noqa: B023
        ours, theirs = (statistics.median(times[scan]) for scan in scans)
        print(f"{name:21s} chunks {ours:.3f} s, loop {theirs:.3f} s, ratio {ours / theirs:.2f}")
    print(f"largest difference, of outputs and gradients: {difference:.1e} of the largest value")


if __name__ == "__main__":
    main()
