"""Options that commands share, each with the same flag everywhere."""

import argparse
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from mmtal.utils.files import plain


def number(text: str) -> float:
    """A number; NaN, with which nothing compares, is none."""
    if math.isnan(value := float(text)):
        raise ValueError(text)
    return value


def rate(text: str) -> float:
    """A rate: ``25``, ``29.97`` or, as cameras have it, ``30000/1001``."""
    try:
        return float(Fraction(text))
    except (ZeroDivisionError, OverflowError):
        raise ValueError(text) from None


class ConfigOptions(argparse.Action):
    """``KEY=VALUE`` pairs as MMEngine reads them, which is imported only if there are any."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        from mmengine.config import DictAction

        for value in values:
            if "=" not in value:
                parser.error(f"argument --cfg-options: must be KEY=VALUE, but got '{value}'")
        DictAction(self.option_strings, self.dest, nargs="+")(parser, namespace, values, option)


SHARED: dict[str, dict[str, Any]] = {
    "config": dict(help="a config: its path, or its name such as thumos_i3d or tridet/thumos_i3d"),
    "checkpoint": dict(help="checkpoint file"),
    "records": dict(help="folder of records"),
    "results": dict(help="results file, of any system and in any format"),
    "--amp": dict(
        nargs="?", const="auto", choices=["auto", "force"],
        help="mixed precision: bfloat16 on CPUs that are built for it (force: on any); on GPUs "
        "float16 for training, else bfloat16",
    ),
    "--ann": dict(metavar="FILE", help="annotation JSON"),
    "--allow-partial": dict(
        action="store_true",
        help="take results that lack recordings, which count as empty",
    ),
    "--batch-size": dict(type=int, metavar="N", help="recordings per batch"),
    "--cfg-options": dict(
        nargs="+", action=ConfigOptions, metavar="KEY=VALUE",
        help="override config values, by dotted name",
    ),
    "--class-agnostic": dict(action="store_true", help="labels do not matter: where, not what"),
    "--classes": dict(
        metavar="FILE", help="class names, by label number: a name on each line, or annotations"
    ),
    "--data-path": dict(metavar="DIR", help="folder with annotations and features"),
    "--device": dict(help="cpu, cuda:0, ... (default: a GPU if there is one)"),
    "--features": dict(nargs="+", metavar="DIR", help="folders of feature files"),
    "--feature-key": dict(
        metavar="NAME", help="array in .npz, .h5 and .pt files (default: feats or the only one)",
    ),
    "--feature-stride": dict(
        type=float, metavar="N", help="frames between the starts of two features"
    ),
    "--fix": dict(help="repair what can be repaired"),
    "--folds": dict(
        type=int, metavar="N", help="cross-validation: write OUT_fold0.json and so on"
    ),
    "--format": dict(help="format of the files"),
    "--fps": dict(
        type=rate, metavar="N", help="frames (or samples) per second, such as 25 or 30000/1001"
    ),
    "--frames": dict(
        action="store_true",
        help="as segmentations: the truth as one bar, below it the best detections that do not "
        "overlap",
    ),
    "--group": dict(metavar="PATTERN", help="keep recordings with the same match together"),
    "--json": dict(action="store_true", help="print the result as JSON, and nothing else"),
    "--launcher": dict(
        choices=["none", "pytorch", "slurm", "mpi"], default="none",
        help="launcher of a job of several processes",
    ),
    "--local-rank": dict(type=int, default=0, help=argparse.SUPPRESS),
    "--max-duration": dict(
        type=float, metavar="SECONDS", help="drop detections that last longer"
    ),
    "--max-per-video": dict(type=int, metavar="N", help="keep at most N detections per recording"),
    "--media": dict(
        metavar="PATH", help="video or audio: a file, or a folder of files named after recordings"
    ),
    "--min-score": dict(type=number, metavar="S", help="drop detections that score lower"),
    "--only": dict(
        action="append", default=[], metavar="PATTERN",
        help="only those of this name, * for any text; may be given several times",
    ),
    "--out": dict(metavar="PATH", help="output path"),
    "--part": dict(
        help="part of the submission to read: verb, noun or action (EPIC-Kitchens), detect or "
        "retrieve (Ego4D)"
    ),
    "--protocol": dict(metavar="NAME", help="evaluation protocol of a benchmark"),
    "--recording": dict(metavar="NAME", help="name of the recording"),
    "--resume": dict(help="resume an interrupted run"),
    "--score-thr": dict(type=number, metavar="S", help="hide detections that score lower"),
    "--seed": dict(type=int, metavar="N", help="random seed"),
    "--shares": dict(
        nargs="+", metavar="SUBSET=SHARE", help="make new subsets: training=0.8 test=0.2"
    ),
    "--show-dir": dict(metavar="DIR", help="draw each recording into this folder"),
    "--sigma": dict(type=float, help="sigma of Gaussian soft-NMS"),
    "--slurm": dict(action="store_true", help="submit a Slurm job for each"),
    "--slurm-args": dict(
        default="", metavar="TEXT",
        help="more arguments of sbatch, such as --slurm-args='--gres=gpu:1 --time=2:00:00'",
    ),
    "--snippet-frames": dict(type=float, metavar="N", help="frames that one feature covers"),
    "--spotting": dict(
        action="store_true", help="find events without duration by the head that is made for them",
    ),
    "--subset-names": dict(
        nargs=2, metavar="NAME",
        help="subsets to train and to test on (default: training and validation, or the like)",
    ),
    "--subset": dict(metavar="NAME", help="subset of the annotations"),
    "--to": dict(help="output format"),
    "--tolerance": dict(metavar="S", help="of events without duration, in seconds"),
    "--tiou": dict(metavar="T", help="tIoU from which two segments count as the same"),
    "--weights": dict(help="weights"),
    "--work-dir": dict(metavar="DIR", help="folder for logs and checkpoints"),
    "--workers": dict(type=int, metavar="N", help="number of parallel processes"),
}  # fmt: skip
"""Help, metavar and type of each argument that more than one command has, by its name."""

PLACES = ("feature_key", "feature_stride", "snippet_frames", "fps")
"""Options that say what feature files hold, and where features lie in time."""


def shared(*names: str) -> dict[str, Any]:
    """Arguments of :data:`SHARED` as they are, for a command's ``ARGUMENTS``."""
    return dict.fromkeys(names, "")


def passed_on(args: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Options by name, for a function that has arguments of these names."""
    return {name: getattr(args, name) for name in names}


def class_names(args: argparse.Namespace) -> list[str] | None:
    """What ``--classes`` names, by label; None: it was not given."""
    from mmtal.results.submissions.official_list import read_names

    return read_names(Path(args.classes)) if args.classes else None


def print_result(args: argparse.Namespace, content: Any, text: str) -> None:
    """Print a command's result: with ``--json`` the content, else the text."""
    if args.json:
        print_json(args, content)
    else:
        print(text)


def print_json(args: argparse.Namespace, content: Any, *, indent: int | None = 1) -> None:
    """Print a command's result for ``--json``; NaN, which JSON lacks, becomes null."""
    print(json.dumps(plain(content), indent=indent), file=args.stdout, flush=True)
