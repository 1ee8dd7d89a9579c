"""Start a project or a plugin package, with a test that passes."""

from argparse import Namespace

ARGUMENTS = {
    "name": "such as my_idea; files and classes are named after it",
    "--kind": dict(
        required=True,
        choices=["head", "backbone", "dataset", "loss", "metric", "detector", "package"],
        help="what it adds to mmtal; package: a package of its own with a head",
    ),
    "--design": dict(
        choices=["query", "proposal"],
        help="detector: queries, each of which says one segment (default), or proposals, which are "
        "rated",
    ),
    "--package": dict(
        action="store_true",
        help="a package of its own with an entry point, not a project of this repository",
    ),
    "--out": "the folder; default: projects; packages: the current one",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.new_project import new_project

    created = new_project(
        args.name, kind=args.kind, design=args.design, package=args.package, folder=args.out
    )
    print(f"{created.class_name} is in {created.folder}:")
    for path in created.files:
        print(f"  {path}")
    print("Next, from the top folder of mmtal's repository:")
    for command in created.commands:
        print(f"  {command}")
