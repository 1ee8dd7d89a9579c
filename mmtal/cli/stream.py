"""Find actions in a live signal.

Each is printed once it can no longer change; what is printed in all is what 'mmtal infer' finds
with the same --max-duration, unless --max-delay is given.
"""

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any, TextIO

from mmtal.cli.options import passed_on, print_json, shared

INTERRUPTED = "what was not final yet is not shown"

ARGUMENTS = {
    **shared("config", "checkpoint"),
    "input": (
        "-: rows of numbers on standard input, one feature (or sample) a line, parted by "
        "commas or blanks; a feature file, as if it arrived now; or pictures and sound: a camera "
        "(/dev/video0), an address (rtsp://...), a pipe (pipe: is standard input), a file"
    ),
    "--format": dict(
        metavar="NAME", note="of pictures and sound, as FFmpeg calls it: mpegts, avfoundation, ..."
    ),
    "--weights": dict(metavar="FILE", note="of the backbone; default: its own"),
    "--fps": "default: the config's",
    "--step": dict(
        type=float, metavar="SECONDS",
        help="predict whenever so much is new (default: an eighth of what the model sees)",
    ),
    "--max-duration": "default: one and a half times the longest instance in training",
    "--max-delay": dict(
        type=float, metavar="SECONDS",
        help="show an action so soon after its end: the model sees less ahead, and finds less",
    ),
    "--score-thr": dict(default=0.0),
    "--device": "",
    "--amp": "",
    "--json": "one line for each detection",
    "--cfg-options": "",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.engine.runner import amp_precision
    from mmtal.inference.inferencer import TemporalActionInferencer
    from mmtal.utils.live_source import LiveSource, is_live
    from mmtal.utils.media_files import is_media

    infer = TemporalActionInferencer(
        args.config,
        args.checkpoint,
        args.device,
        options=args.cfg_options,
        precision=amp_precision(args.amp) if args.amp else None,
        weights=args.weights,
    )
    stream = infer.stream(**passed_on(args, "fps", "step", "max_duration", "max_delay"))
    delay = stream.delay
    if args.input == "-":
        rows = lines_of_numbers(sys.stdin)
    elif args.format or is_live(args.input) or is_media(args.input):
        rows = infer.videos.live(LiveSource(args.input, args.format))
        delay += infer.videos.wait
    else:
        rows = pieces(args.input, infer.dataset)
    print(f"detections are final about {delay:.1f} s after they end", file=sys.stderr)
    for features in rows:
        show(args, stream.push(features))
    show(args, stream.finish())


def show(args: Namespace, found: list[Any]) -> None:
    for detection in sorted(found, key=lambda d: d.start):
        if detection.score < args.score_thr:
            continue
        if args.json:
            print_json(args, detection._asdict(), indent=None)
        else:
            segment = f"{detection.start:10.2f} {detection.end:10.2f}"
            print(f"{segment}  {detection.score:.3f}  {detection.name}", flush=True)


def lines_of_numbers(text: TextIO) -> Iterator[Any]:
    """Each line as features (1, C); ValueError if it is no row of as many numbers as the first."""
    import numpy as np

    width = None
    for number, line in enumerate(text, start=1):
        words = line.replace(",", " ").split()
        if not words:
            continue
        try:
            row = np.array([words], dtype=np.float32)
        except ValueError:
            raise ValueError(
                f"line {number} must be numbers parted by commas or blanks, but got '{line:.80}'"
            ) from None
        width = width or row.shape[1]
        if row.shape[1] != width:
            raise ValueError(f"line {number} must have {width} numbers, but got {row.shape[1]}")
        yield row


def pieces(path: str, dataset: Any, *, size: int = 64) -> Iterator[Any]:
    """The features of a file in pieces of ``size`` rows."""
    from mmtal.inference.recordings import find_recordings

    rate = dataset.get("fps")
    key = dataset.get("feature_key")
    [recording] = find_recordings(path, key=key, rate=(lambda _: rate) if rate else None)
    values = recording.open().read()
    for start in range(0, len(values), size):
        yield values[start : start + size]
