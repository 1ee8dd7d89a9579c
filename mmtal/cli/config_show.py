"""Show a config with everything that it inherits."""

from argparse import Namespace

from mmtal.cli.options import print_result, shared

ARGUMENTS = shared("config", "--json", "--cfg-options")


def run(args: Namespace) -> None:
    from mmtal.engine.runner import load_config

    config = load_config(args.config, options=args.cfg_options)
    print_result(args, config.to_dict(), config.pretty_text)
