"""List the configs that come with mmtal.

Those of configs/actionformer go by their own name alone, too: thumos_i3d.
"""

from argparse import Namespace

from mmtal.cli.options import print_result
from mmtal.config_files import list_configs, list_project_configs

ARGUMENTS = {"--json": ""}


def run(args: Namespace) -> None:
    names = [*list_configs(), *list_project_configs()]
    print_result(args, names, "\n".join(names))
