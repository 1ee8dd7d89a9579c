"""Export a trained model to a file that runs without mmtal.

Any length may be predicted with it; see docs/export.md.
"""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import print_result, shared

ARGUMENTS = {
    **shared("config"),
    "checkpoint": dict(nargs="?", note="the config demo has its own"),
    "--to": dict(choices=["onnx", "torch"], required=True),
    "--out": "default: beside the checkpoint, as .onnx or .pt2",
    "--classes": dict(nargs="+", note="or the names themselves; default: the checkpoint's"),
    **shared("--json", "--cfg-options"),
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.cli.infer import class_names
    from mmtal.inference.export import FORMATS, export
    from mmtal.inference.inferencer import TemporalActionInferencer
    from mmtal.utils.files import check_writable

    out = args.out
    if out is None:
        source = Path(args.checkpoint or args.config)
        out = source.with_name(source.stem + FORMATS[args.to])
    check_writable(out)
    inferencer = TemporalActionInferencer(
        args.config, args.checkpoint, "cpu", classes=class_names(args.classes),
        options=args.cfg_options,
    )  # fmt: skip
    difference = export(inferencer, out, to=args.to)
    size = Path(out).stat().st_size / 1e6
    print_result(
        args,
        dict(file=str(out), megabytes=size, difference=difference),
        f"{out}: {size:.1f} MB, raw predictions within {difference:.1g} of PyTorch's in a trial",
    )
