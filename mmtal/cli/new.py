"""Start a project or a plugin package, with a test that passes."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("name", help="such as my_idea; files and classes are named after it")
    parser.add_argument(
        "--kind",
        required=True,
        choices=["head", "backbone", "dataset", "loss", "metric", "package"],
        help="what it adds to mmtal; package: a package of its own with a head",
    )
    parser.add_argument(
        "--package", action="store_true",
        help="a package of its own with an entry point, not a project of this repository",
    )  # fmt: skip
    parser.add_argument("--out", note="the folder; default: projects; packages: the current one")


def run(args: Namespace) -> None:
    from mmtal.new_project import new_project

    created = new_project(args.name, kind=args.kind, package=args.package, folder=args.out)
    print(f"{created.class_name} is in {created.folder}:")
    for path in created.files:
        print(f"  {path}")
    print("Next, from the top folder of mmtal's repository:")
    for command in created.commands:
        print(f"  {command}")
