"""Exported models beside PyTorch: speed, start, memory, and what int8 costs.

``python benchmarks/export.py``: a network with random weights in onnxruntime and in PyTorch, in
turn, with as many threads; the run-time's import and memory in a process of its own; and the demo's
model, trained, in float32 and as onnxruntime's dynamic int8, with mAP and seconds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from mmtal.config_files import demo_checkpoint
from mmtal.engine.runner import load_config
from mmtal.evaluation.protocols import find_protocol, read_protocol_truth
from mmtal.inference.export import RawPredictions, export
from mmtal.inference.inferencer import TemporalActionInferencer
from mmtal.inference.models import init_model
from mmtal.results.instance_table import InstanceTable
from mmtal.runtime import TemporalActionInferencer as OnnxInferencer

LIMIT = 1.1
"""Seconds of onnxruntime for each of PyTorch."""
START = """
import sys, time
before = time.perf_counter()
from mmtal.runtime import TemporalActionInferencer
imported = time.perf_counter() - before
infer = TemporalActionInferencer(sys.argv[1], threads=1)
took = time.perf_counter() - before
from mmtal.utils.processor import peak_memory
loaded = peak_memory() / 2**20
import numpy as np
length, channels = int(sys.argv[2]), infer.given_channels
values = np.random.default_rng(0).standard_normal((length, channels), dtype=np.float32)
infer(values, fps=30)
print(imported, took, loaded, peak_memory() / 2**20)
"""


def exported(config: str, folder: Path) -> tuple[TemporalActionInferencer, Path]:
    """A config's untrained model and its file."""
    model: Any = init_model(config, device="cpu")
    checkpoint = folder / "model.pth"
    classes = [f"class_{label}" for label in range(model.head.num_classes)]
    torch.save(
        dict(state_dict=model.state_dict(), meta=dict(dataset_meta=dict(classes=classes))),
        checkpoint,
    )
    inferencer = TemporalActionInferencer(config, checkpoint, "cpu")
    began, path = time.perf_counter(), folder / "model.onnx"
    difference = export(inferencer, path)
    print(
        f"{config}: exported in {time.perf_counter() - began:.0f} s, "
        f"{path.stat().st_size / 1e6:.0f} MB, difference {difference:.1g}"
    )
    return inferencer, path


def session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def compare_speed(config: str, length: int, rounds: int, threads: int) -> None:
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as name:
        inferencer, path = exported(config, Path(name))
        features, mask = RawPredictions(inferencer.model).inputs(length)
        inputs = dict(features=features.numpy(), mask=mask.numpy())
        runner = session(path, threads)

        def in_pytorch() -> list[np.ndarray]:
            with torch.no_grad():
                raw, _ = inferencer.model.raw_predictions(features, mask)
            return [x.numpy() for part in raw for x in part]

        seconds: dict[str, list[float]] = dict(PyTorch=[], onnxruntime=[])
        for round_ in range(rounds + 1):
            results = []
            for side, run in (
                ("PyTorch", in_pytorch),
                ("onnxruntime", lambda: runner.run(None, inputs)),
            ):
                began = time.perf_counter()
                results.append(run())
                if round_:  # the first warms up
                    seconds[side].append(time.perf_counter() - began)
        difference = max(float(np.abs(a - b).max()) for a, b in zip(*results, strict=True))
        ours, theirs = (statistics.median(seconds[side]) for side in ("onnxruntime", "PyTorch"))
        spread = sorted(
            a / b for a, b in zip(seconds["onnxruntime"], seconds["PyTorch"], strict=True)
        )
        print(
            f"{config}, T = {length}, {threads} thread(s): onnxruntime {ours:.3f} s, PyTorch "
            f"{theirs:.3f} s, of {rounds} rounds {spread[0]:.2f} to {spread[-1]:.2f}, difference "
            f"{difference:.1g}, at most {LIMIT}: ratio {ours / theirs:.2f}"
        )
        done = subprocess.run(
            [sys.executable, "-c", START, str(path), str(length)],
            capture_output=True, text=True, check=True, env=os.environ,
        )  # fmt: skip
        imported, took, loaded, peak = map(float, done.stdout.split())
        print(
            f"{config}, mmtal.runtime alone: imported in {imported:.2f} s, model loaded after "
            f"{took:.2f} s with {loaded:.0f} MB resident, {peak:.0f} MB at most with T = {length}, "
            f"at most 1 s to import: ratio {imported:.2f}"
        )


def compare_int8() -> None:
    """The demo's model on its test recordings."""
    config = load_config("demo")
    inferencer = TemporalActionInferencer("demo", demo_checkpoint(), "cpu")
    protocol = find_protocol("hapt/demo")
    root = Path(config.test_dataloader.dataset.data_root)
    truth, classes = read_protocol_truth(protocol, root / "annotations.json", protocol.subset)
    products = ["MatMul", "Gemm"]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "float32.onnx")
        export(inferencer, path)
        files = {"float32": path}
        for kind, operators in (
            ("int8", products),
            ("int8 with convolutions", [*products, "Conv"]),
        ):
            files[kind] = Path(name, f"{kind}.onnx")
            quantize_dynamic(
                path, files[kind], weight_type=QuantType.QUInt8, op_types_to_quantize=operators
            )
        recordings = {video: root / "features" / f"{video}.npz" for video in truth.video_ids}
        took: dict[str, list[float]] = {kind: [] for kind in files}
        inferencers = {kind: OnnxInferencer(file, threads=1) for kind, file in files.items()}
        for round_ in range(6):
            for kind, infer in inferencers.items():
                began = time.perf_counter()
                found = infer(recordings)
                if round_:
                    took[kind].append(time.perf_counter() - began)
                    continue
                table = InstanceTable.from_videos(
                    {
                        f.video_id: dict(segments=f.segments, labels=f.labels, scores=f.scores)
                        for f in found
                    }
                )
                print(f"demo, {kind}: {protocol.evaluate(truth, table, classes)['metrics']}")
        base = statistics.median(took["float32"])
        for kind, file in files.items():
            seconds = statistics.median(took[kind])
            print(
                f"demo, {kind}: {file.stat().st_size / 1e6:.1f} MB, {seconds:.3f} s with decoding "
                f"and NMS, float32 {base:.3f} s: ratio {seconds / base:.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", nargs="+", default=["thumos_i3d"])
    parser.add_argument("--length", type=int, default=1909, help="features")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    for config in args.config:
        compare_speed(config, args.length, args.rounds, args.threads)
    compare_int8()


if __name__ == "__main__":
    main()
