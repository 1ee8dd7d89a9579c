"""Convert a checkpoint of an ActionFormer from or to another codebase.

Every parameter must match.
"""

from argparse import Namespace

from mmtal.cli.options import print_json

ARGUMENTS = {
    "checkpoint": "of mmtal, the official release or OpenTAD",
    "--out": dict(required=True),
    "--to": dict(choices=["mmtal", "official", "opentad"], default="mmtal"),
    "--config": "config of its model, path or name (default: the one of mmtal's that it fits)",
    "--which": dict(
        choices=["ema", "plain"],
        help="moving average or last weights (default: ema, where the file has it)",
    ),
    "--table": dict(action="store_true", help="show what became of each parameter"),
    "--report": dict(metavar="FILE", help="write that table to a text file"),
    "--json": "",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.checkpoints import files
    from mmtal.engine.runner import load_config
    from mmtal.utils.files import write_text

    checkpoint = files.read_foreign_checkpoint(args.checkpoint)
    chosen, which = checkpoint.weights(args.which)
    scheme = files.scheme_between(checkpoint.format, args.to)
    path = args.config or files.find_fitting_config(chosen, scheme, checkpoint.format)
    config = load_config(path)
    kinds = {which: chosen}
    if args.to != files.MMTAL and args.which is None and checkpoint.plain is not None:
        kinds["plain"] = checkpoint.plain
    results = {
        kind: files.convert(weights, config, source=checkpoint.format, target=args.to)
        for kind, weights in kinds.items()
    }
    result = results[which]
    if args.table:
        print(result.table(), end="\n\n")
    if args.report:
        write_text(args.report, result.table() + "\n")
    for each in results.values():
        each.raise_if_unmatched()
    files.write_foreign_checkpoint(
        args.out,
        {kind: each.state_dict for kind, each in results.items()},
        target=args.to,
        epoch=checkpoint.epoch,
        note={"converted_from": checkpoint.format, "weights": which},
    )
    facts = dict(source=checkpoint.format, weights=sorted(results), to=args.to, out=args.out)
    if args.json:
        print_json(args, dict(facts, config=str(path), result=result.summary()))
        return
    print(f"from     {checkpoint.format}, {' and '.join(sorted(results))} weights")
    print(f"to       {args.to}: {args.out}")
    print(f"config   {path}")
    print(f"result   {result.summary()}")
