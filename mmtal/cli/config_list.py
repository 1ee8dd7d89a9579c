"""List the configs that come with mmtal.

Those of configs/actionformer go by their own name alone, too: thumos_i3d.
"""

from argparse import Namespace

from mmtal.cli.options import print_json
from mmtal.config_files import list_configs, list_project_configs

ARGUMENTS = {"--json": ""}


def run(args: Namespace) -> None:
    names = [*list_configs(), *list_project_configs()]
    if args.json:
        print_json(args, names)
    else:
        print("\n".join(names))
