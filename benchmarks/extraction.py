"""Pictures per second of each backbone beside decoding alone: python benchmarks/extraction.py.

A clip of moving noise is written and read again at the rates that features need; give --video to
measure one of your own. Then as many processes as --workers extract four copies each: the ratio is
their rate to that of as many processes alone, 1 if none waits for another.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from mmtal.datasets.extraction import Extraction
from mmtal.experiments.extracting import plan_extraction, run_extraction
from mmtal.preparation.extraction import build_backbone, extract_video, hash_of, weights_of
from mmtal.utils.video_reader import open_video


def write_video(path: Path, *, width: int, height: int, seconds: int) -> Path:
    """25 pictures a second in H.264."""
    import av

    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (height, 2 * width, 3)).astype(np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(25 * seconds):
            start = 3 * number % width
            picture = np.ascontiguousarray(noise[:, start : start + width])
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def decode(path: Path) -> tuple[int, float]:
    """Pictures of a video, and the seconds that decoding them takes."""
    start = time.perf_counter()
    number = sum(1 for _ in open_video(path).frames())
    return number, time.perf_counter() - start


def pool(video: Path, extraction: Extraction, workers: int, folder: Path) -> float:
    """Pictures per second of a pool of processes."""
    names = [f"video_{index}" for index in range(4 * workers)]
    jobs = plan_extraction(dict.fromkeys(names, video), folder, backbone=extraction.backbone)
    start = time.perf_counter()
    outcomes = run_extraction(jobs, workers=workers)
    return sum(one.value.pictures for one in outcomes) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--backbones", nargs="+", default=["pixels", "efficientnet_lite0"])
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--size", type=int, nargs=2, default=[320, 240], help="width and height")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        width, height = args.size
        video = args.video or write_video(
            Path(folder, "a.mp4"), width=width, height=height, seconds=args.seconds
        )
        number, seconds = decode(video)
        print(f"decoding alone: {number / seconds:.0f} pictures/s of {number}")
        for name in args.backbones:
            weights = weights_of(name)
            backbone = build_backbone(name, weights)
            extraction = Extraction(
                backbone=name, weights=hash_of(weights), fps=backbone.fps, size=backbone.size,
                feature_stride=backbone.feature_stride, snippet_frames=backbone.snippet_frames,
            )  # fmt: skip
            found = extract_video(video, Path(folder, "a.npy"), extraction, backbone)
            print(
                f"{name}: {found.pictures / found.seconds:.0f} pictures/s, "
                f"{found.duration / found.seconds:.1f} times as fast as it plays "
                f"(decoding alone: {found.duration / seconds:.1f}), "
                f"ratio {seconds / found.seconds:.2f}"
            )
            rate = pool(video, extraction, args.workers, Path(folder, name))
            alone = args.workers * found.pictures / found.seconds
            print(
                f"{name}, {args.workers} processes: {rate:.0f} pictures/s, ratio {rate / alone:.2f}"
            )


if __name__ == "__main__":
    main()
