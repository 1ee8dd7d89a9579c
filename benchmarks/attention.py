"""Time and peak memory of local attention beside dense attention with a mask.

The sizes are those of thumos_i3d's finest level: one recording, 4 heads of 128 channels, window 19.
Where all T x T weights do not fit, dense attention is run on a part of the queries; its time is
scaled up, and its memory is that of one matrix of weights.

python benchmarks/attention.py
"""

import ctypes
import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from mmtal.models.layers import local_attention

H, D, WINDOW = 4, 128, 19
LENGTHS = (2304, 9216, 36864)
LARGEST = 2 << 30
"""Bytes that one matrix of dense attention weights may have."""


def dense_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """The reference: all weights, those outside the window masked. (B, T, H, D) as ours.

    Args:
        query: The first queries, (B, Q, H, D) with Q <= T.
        key: (B, T, H, D); value alike.
        mask: Bool (B, T).
    """
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    position = torch.arange(key.shape[2])
    near = (position - position[: query.shape[2], None]).abs() <= WINDOW // 2  # (Q, T)
    logits = query @ key.transpose(2, 3) / D**0.5  # (B, H, Q, T)
    logits.masked_fill_(~(near & mask[:, None, None]), float("-inf"))
    return (logits.softmax(-1) @ value).transpose(1, 2)


def best_time(run: Callable[[], Tensor]) -> float:
    """Seconds of the fastest of 20 runs, or of those that fit into three seconds."""
    times: list[float] = []
    while sum(times) < 3 and len(times) < 20:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def peak_memory(run: Callable[[], Tensor]) -> float:
    """Bytes that a run needs on top of what there is (Linux; elsewhere NaN)."""
    if not sys.platform.startswith("linux"):
        return float("nan")
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not hide what is needed now
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far

    def status(key: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(key))

    before = status("VmRSS")
    run()
    return status("VmHWM") - before


@torch.no_grad()
def main() -> None:
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    first = float("nan")
    for length in LENGTHS:
        torch.manual_seed(0)
        query, key, value = (torch.randn(1, length, H, D) for _ in range(3))
        mask = torch.ones(1, length, dtype=torch.bool)
        weights = H * length**2 * 4
        parts = -(-weights // LARGEST)
        rows = query[:, : length // parts]

        def local(q=query, k=key, v=value, m=mask) -> Tensor:
            return local_attention(q, k, v, m, window=WINDOW)

        def dense(q=rows, k=key, v=value, m=mask) -> Tensor:
            return dense_attention(q, k, v, m)

        torch.testing.assert_close(local()[:, : rows.shape[1]], dense(), rtol=0, atol=1e-4)
        ours, reference = best_time(local), best_time(dense) * parts
        first = first if first == first else ours / length
        note = f" (from 1/{parts} of the queries)" if parts > 1 else ""
        print(
            f"time   T={length:5d}: local {1e3 * ours:.1f} ms, per position "
            f"{ours / length / first:.2f} times that at T={LENGTHS[0]}; "
            f"dense {1e3 * reference:.0f} ms{note}, ratio {reference / ours:.1f}",
            flush=True,
        )
        ours, reference = peak_memory(local), weights if parts > 1 else peak_memory(dense)
        note = " (one matrix of weights)" if parts > 1 else ""
        print(
            f"memory T={length:5d}: local {ours / 2**20:.0f} MiB, {ours / length / 1024:.1f} KiB "
            f"per position; dense {reference / 2**20:.0f} MiB{note}, ratio {reference / ours:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
