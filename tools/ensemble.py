"""Test several models as one: python tools/ensemble.py CONFIG:CHECKPOINT CONFIG:CHECKPOINT ..."""

import argparse

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.inference.ensemble import EnsembleMember, evaluate_ensemble


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "models",
        nargs="+",
        metavar="CONFIG:CHECKPOINT",
        help="config file, or its name such as thumos_i3d, and checkpoint file. NMS and metrics "
        "are the first one's; each reads the features of its own config",
    )
    parser.add_argument("--weights", nargs="+", type=float, help="one for each (default: equal)")
    parser.add_argument("--out", help="write the detections here, as ActivityNet results JSON")
    parser.add_argument("--device", help="such as cuda:0 (default: a GPU if there is one)")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="override values of every config, by dotted name",
    )
    args = parser.parse_args()

    members = [
        EnsembleMember.parse(text, options=args.cfg_options, device=args.device)
        for text in args.models
    ]
    evaluate_ensemble(members, weights=args.weights, out_file=args.out)
    if args.out:
        print(f"detections: {args.out}")


if __name__ == "__main__":
    run_tool(main)
