"""Peak memory of training a video backbone with the detector, with and without checkpointing.

    python benchmarks/end_to_end.py [--config projects/adatad/configs/thumos_videomae_s.py]

Each case is a process of its own: one forward and backward pass of one window, on the CPU in
float32. What a window needs grows with its pictures: two short ones are measured, and the slope
gives what the recipe's window needs. The ratio is that to training with checkpointing.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CASES = {
    "adapters, checkpointing": {},
    "adapters, no checkpointing": dict(checkpointing=False),
    "all weights, checkpointing": dict(trained=None),
    "no weights": dict(trained=[]),
}
FRAMES = (32, 64)
MIB = 1 << 20


def measure(config_path: str, case: str, frames: int, size: int) -> None:
    """Print MiB that one step takes at its peak, beyond the model, and its seconds."""
    import torch
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmengine.structures import InstanceData

    import mmtal.models  # noqa: F401
    from mmtal.registry import MODELS
    from mmtal.structures import FeatureGrid, TemporalDataSample

    torch.set_num_threads(1)
    init_default_scope("mmtal")
    config, settings = Config.fromfile(config_path), dict(CASES[case])
    backbone = config.model.backbone
    backbone.video.checkpointing = settings.pop("checkpointing", True)
    backbone.update(settings)
    backbone.features.max_seq_len = frames
    model = MODELS.build(config.model).train()
    info = dict(video_id="v", duration=float(frames), grid=FeatureGrid(1, 0, fps=1))
    sample = TemporalDataSample(metainfo=info)
    sample.gt_instances = InstanceData(
        segments=torch.tensor([[3.0, 9.0]]), labels=torch.tensor([0])
    )
    pictures = torch.randint(0, 256, (frames, size, size, 3), dtype=torch.uint8)
    batch = model.data_preprocessor(dict(inputs=[pictures], data_samples=[sample]), training=True)
    before, begin = peak(), time.perf_counter()
    losses = model(**batch, mode="loss")
    (losses["loss_cls"] + losses["loss_reg"]).backward()
    print(peak() - before, time.perf_counter() - begin)


def peak() -> float:
    """MiB of memory that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = ROOT / "projects" / "adatad" / "configs" / "thumos_videomae_s.py"
    parser.add_argument("--config", default=str(default))
    parser.add_argument("--window", type=int, default=768, help="pictures of the recipe's window")
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--case", choices=CASES, help="used by this script itself")
    parser.add_argument("--frames", type=int)
    args = parser.parse_args()
    if args.case:
        measure(args.config, args.case, args.frames, args.size)
        return
    print(f"{Path(args.config).stem}, {args.size} pixels, {args.window} pictures, float32")
    first = None
    for case in CASES:
        found = []
        for frames in FRAMES:
            command = [sys.executable, __file__, "--config", args.config, "--case", case]
            command += ["--frames", str(frames), "--size", str(args.size)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append([float(word) for word in done.stdout.split()[-2:]])
        (few, _), (many, seconds) = found
        slope = (many - few) / (FRAMES[1] - FRAMES[0])
        whole = many + slope * (args.window - FRAMES[1])
        first = whole if first is None else first
        print(
            f"{case:27} {many:6.0f} MiB with {FRAMES[1]} pictures, {slope:5.1f} MiB for each more, "
            f"{whole / 1024:5.1f} GiB for a window, {seconds / FRAMES[1]:.2f} s for each picture, "
            f"ratio {whole / first:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
