"""Checkpoints from and to other codebases: python tools/convert_checkpoint.py FILE --out FILE."""

import argparse

from mmtal.checkpoints.files import (
    FORMATS,
    MMTAL,
    convert,
    find_fitting_config,
    read_foreign_checkpoint,
    scheme_between,
    write_foreign_checkpoint,
)
from mmtal.cli.entry import run_tool
from mmtal.engine.runner import load_config
from mmtal.utils.files import write_text


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Convert a checkpoint of an ActionFormer; every parameter must match."
    )
    parser.add_argument("checkpoint", help="of mmtal, the official release or OpenTAD")
    parser.add_argument("--out", required=True, help="file to write")
    parser.add_argument(
        "--to",
        choices=FORMATS,
        default=MMTAL,
        help="whose checkpoint to write (default: mmtal)",
    )
    parser.add_argument(
        "--config", help="config of its model (default: the one of mmtal's that it fits)"
    )
    parser.add_argument(
        "--weights",
        choices=["ema", "plain"],
        help="moving average or last weights (default: ema, where the file has it)",
    )
    parser.add_argument("--table", action="store_true", help="show what became of each parameter")
    parser.add_argument("--report", metavar="FILE", help="write that table to a text file")
    args = parser.parse_args()

    checkpoint = read_foreign_checkpoint(args.checkpoint)
    chosen, which = checkpoint.weights(args.weights)
    scheme = scheme_between(checkpoint.format, args.to)
    path = args.config or find_fitting_config(chosen, scheme, checkpoint.format)
    config = load_config(path)
    kinds = {which: chosen}
    if args.to != MMTAL and args.weights is None and checkpoint.plain is not None:
        kinds["plain"] = checkpoint.plain
    results = {
        kind: convert(weights, config, source=checkpoint.format, target=args.to)
        for kind, weights in kinds.items()
    }
    result = results[which]
    if args.table:
        print(result.table(), end="\n\n")
    if args.report:
        write_text(args.report, result.table() + "\n")
    for each in results.values():
        each.raise_if_unmatched()
    write_foreign_checkpoint(
        args.out,
        {kind: each.state_dict for kind, each in results.items()},
        target=args.to,
        epoch=checkpoint.epoch,
        note={"converted_from": checkpoint.format, "weights": which},
    )
    print(f"from     {checkpoint.format}, {' and '.join(sorted(results))} weights")
    print(f"to       {args.to}: {args.out}")
    print(f"config   {path}")
    print(f"result   {result.summary()}")


if __name__ == "__main__":
    run_tool(main)
