"""Start a project or a plugin package: python tools/new_project.py NAME --kind head."""

import argparse

from mmtal.cli.entry import run_tool
from mmtal.new_project import KINDS, new_project


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="such as my_idea; files and classes are named after it")
    parser.add_argument(
        "--kind",
        required=True,
        choices=KINDS,
        help="what it adds to mmtal; package: a package of its own with a head",
    )
    parser.add_argument(
        "--package",
        action="store_true",
        help="a package of its own with an entry point, not a project of this repository",
    )
    parser.add_argument(
        "--dir", help="where to write it (default: projects; packages: the current folder)"
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    created = new_project(args.name, kind=args.kind, package=args.package, folder=args.dir)
    print(f"{created.class_name} is in {created.folder}:")
    for path in created.files:
        print(f"  {path}")
    print("Next, from the top folder of mmtal's repository:")
    for command in created.commands:
        print(f"  {command}")


if __name__ == "__main__":
    run_tool(main)
