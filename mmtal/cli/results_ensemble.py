"""Test several models as one: their raw predictions are averaged before NMS."""

from argparse import Namespace

from mmtal.cli.options import print_json, shared

ARGUMENTS = {
    "models": dict(
        nargs="+", metavar="CONFIG:CHECKPOINT",
        help="config, by its path or its name, and checkpoint file. NMS and metrics are the "
        "first one's; each reads the features of its own config",
    ),
    "--weights": dict(
        nargs="+", type=float, metavar="W", note="one for each input; default: equal"
    ),
    "--out": "the detections, as ActivityNet results JSON",
    **shared("--device", "--json"),
    "--cfg-options": "the same for all",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.inference.ensemble import EnsembleMember, evaluate_ensemble

    members = [
        EnsembleMember.parse(text, options=args.cfg_options, device=args.device)
        for text in args.models
    ]
    metrics = evaluate_ensemble(members, weights=args.weights, out_file=args.out)
    if args.json:
        print_json(args, metrics)
    elif args.out:
        print(f"detections: {args.out}")
