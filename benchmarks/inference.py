"""Memory and time of long recordings, in windows and in one pass, in the same run.

``python benchmarks/inference.py --hours 1 4 12``: synthetic features at the rate of thumos_i3d
(7.5 per second) as .npy files, one process for each measurement, so that peaks do not mix.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmtal.apis import TemporalActionInferencer
from mmtal.registry import MODELS
from mmtal.utils.processor import peak_memory

RATE = 7.5
CONFIG = Path(__file__).resolve().parent.parent / "configs" / "actionformer" / "thumos_i3d.py"


def small_config(channels: int, width: int) -> Config:
    """The THUMOS recipe with narrow features and a narrow model."""
    config = Config.fromfile(CONFIG)
    config.model.backbone.update(in_channels=channels, embed_channels=width)
    config.model.head.channels = width
    return config


def write_features(path: Path, hours: float, channels: int) -> None:
    random = np.random.default_rng(0)
    length = round(hours * 3600 * RATE)
    out = np.lib.format.open_memmap(path, "w+", np.float32, (length, channels))
    for start in range(0, length, 10000):
        part = out[start : start + 10000]
        part[:] = random.standard_normal(part.shape, dtype=np.float32)
    out.flush()


def measure(path: Path, checkpoint: Path, args: argparse.Namespace, window: float | None) -> dict:
    """Peak memory above that of the idle inferencer, time, and detections; of this process.

    Seconds of the CPU tell more than those of the clock where others use the machine.
    """
    config = small_config(args.channels, args.width)
    infer = TemporalActionInferencer(config, checkpoint, "cpu", window=window)
    infer(np.zeros((64, args.channels), np.float32), fps=30)  # compiles NMS
    before = peak_memory() / 2**20
    began = time.perf_counter(), time.process_time()
    [found] = infer(path, fps=30)
    return dict(
        mib=peak_memory() / 2**20 - before,
        seconds=time.perf_counter() - began[0],
        cpu_seconds=time.process_time() - began[1],
        detections=found.to_dict()["detections"],
    )


def unmatched(one: list[dict], other: list[dict]) -> int:
    """Detections of ``one`` without a partner: same label, ends within 1 ms, score within 5e-5."""

    def table(found: list[dict]) -> np.ndarray:
        rows = [(d["label_id"], *d["segment"], d["score"]) for d in found]
        return np.array(rows).reshape(-1, 4)

    rest, alone = table(other), 0
    for row in table(one):
        near = (np.abs(rest - row) <= [0, 1e-3, 1e-3, 5e-5]).all(axis=1)
        if near.any():
            rest = np.delete(rest, near.argmax(), axis=0)
        else:
            alone += 1
    return alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", nargs="+", type=float, default=[1, 4, 12])
    parser.add_argument("--channels", type=int, default=2048, help="of the features")
    parser.add_argument("--width", type=int, default=64, help="of the model")
    parser.add_argument("--one-pass-hours", type=float, default=4, help="longest in one pass")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    init_default_scope("mmtal")
    if args.measure:
        path, checkpoint, window = args.measure
        seconds = None if window == "None" else float(window)
        print(json.dumps(measure(Path(path), Path(checkpoint), args, seconds)))
        return
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "model.pth"
        model = MODELS.build(small_config(args.channels, args.width).model)
        with torch.no_grad():  # scores that differ, as trained ones do
            model.head.cls_conv.weight.mul_(10)
        torch.save(dict(state_dict=model.state_dict()), checkpoint)
        for hours in args.hours:
            path = Path(folder) / "long.npy"
            write_features(path, hours, args.channels)
            size = path.stat().st_size / 2**20
            found = {}
            ways = {"windows": "None", "one pass": "inf"}
            if hours > args.one_pass_hours:
                del ways["one pass"]
            for way, window in ways.items():
                done = subprocess.run(
                    [sys.executable, __file__, "--channels", str(args.channels), "--width",
                     str(args.width), "--measure", str(path), str(checkpoint), window],
                    check=True, capture_output=True, text=True,
                )  # fmt: skip
                found[way] = result = json.loads(done.stdout.splitlines()[-1])
                print(
                    f"{hours:g} hours, {round(hours * 3600 * RATE)} features, file of {size:.0f} "
                    f"MiB, {way}: {result['mib']:.0f} MiB above idle, {result['seconds']:.1f} s, "
                    f"CPU {result['cpu_seconds']:.1f} s; memory to the file's ratio "
                    f"{result['mib'] / size:.2f}",
                    flush=True,
                )
            if len(found) == 2:
                one, other = found.values()
                alone = unmatched(one["detections"], other["detections"])
                print(
                    f"{hours:g} hours: {len(one['detections'])} detections in windows, {alone} "
                    f"without a partner; windows' memory to one pass's ratio "
                    f"{one['mib'] / other['mib']:.2f}"
                )


if __name__ == "__main__":
    main()
