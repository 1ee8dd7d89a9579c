"""The ``mmtal`` command: list, choose and run its subcommands."""

import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from mmtal.cli.entry import run_tool
from mmtal.cli.parser import CommandParser
from mmtal.version import __version__

COMMANDS: dict[str, Any] = {
    "run": "check the data, train and test in one command",
    "train": "train a model",
    "test": "test a checkpoint",
    "infer": "find actions in recordings",
    "stream": "find actions in a live signal",
    "data": (
        "prepare annotations and features",
        {
            "import": "import annotations from other formats",
            "verify": "find everything that is wrong with a data set",
            "suggest": "write a config that fits a data set",
            "split": "split recordings into subsets or folds with the same mix of classes",
            "export": "write annotations as a table or as JSON",
        },
    ),
    "results": (
        "evaluate, convert and combine results files",
        {
            "eval": "compute mAP by a benchmark's protocol",
            "convert": "check results and convert them, or make a submission",
            "fuse": "merge the results of several systems, or name segments without classes",
            "join": "join verbs and nouns to actions (EPIC-Kitchens)",
            "ensemble": "test several models as one",
            "scores": "convert class scores of whole recordings",
        },
    ),
    "show": (
        "draw data, predictions and models",
        {
            "timeline": "draw the instances of recordings",
            "overview": "draw all recordings and classes of an annotation file",
            "predictions": "draw predictions against ground truth",
            "features": "draw the features of a recording",
            "activity": "draw what a model computes for a recording",
            "page": "write an interactive page of recordings",
            "curves": "draw training curves",
            "video": "draw a timeline into a video",
            "subtitles": "write actions as subtitles",
        },
    ),
    "explain": "explain why the mAP of results is what it is",
    "checkpoint": (
        "inspect and convert checkpoints",
        {
            "convert": "convert checkpoints from and to the official release and OpenTAD",
            "inspect": "show what a checkpoint holds",
        },
    ),
    "leaderboard": (
        "compare methods over seeds and folds",
        {
            "run": "train and test what a spec lists",
            "table": "show records beside published figures",
            "check": "fail if new runs fell below accepted ones",
            "pack": "pack finished runs into one file per method",
        },
    ),
    "search": "search for better config values",
    "new": "start a project or a plugin package",
    "config": (
        "list and show configs",
        {
            "list": "list the configs that come with mmtal",
            "show": "show a config with everything that it inherits",
            "cost": "show the size and cost of a config's model",
        },
    ),
    "demo": "find actions with a shipped model, in seconds",
    "doctor": "show versions and settings for a bug report",
}
"""Help of each command, and of a group with its commands. ``data verify`` is in the module
``mmtal.cli.data_verify``, whose docstring describes it, with ``add_arguments(parser)`` and
``run(args)``, which returns its exit code if that is not 0; ``INTERRUPTED`` is what to know after
Ctrl-C. Modules import at their top only what ``mmtal --help`` may import."""

EXIT_CODES = """exit codes:
  0    done
  1    done, and something was found (data verify, leaderboard check, doctor) or has failed
       (leaderboard run); or a bug of ours
  2    wrong use: an option, a file or its content; the line that begins with 'error:' says which
  130  interrupted by Ctrl-C
  141  the reader of the output (head, less) has closed it

A config is a path, or a name that 'mmtal config list' shows. Flags may be spelled with - or _."""


def build_parser() -> CommandParser:
    """The parser of all commands; the arguments of each are added when it is chosen."""
    parser = CommandParser(
        prog="mmtal", description="Temporal action localization on MMEngine.", epilog=EXIT_CODES
    )
    parser.add_argument("--version", action="version", version=f"mmtal {__version__}")
    _add_commands(parser, COMMANDS)
    return parser


def _add_commands(parser: CommandParser, tree: Mapping[str, Any], group: str = "") -> None:
    adder = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for word, entry in tree.items():
        text, below = (entry, {}) if isinstance(entry, str) else entry
        module = None if below else f"mmtal.cli.{group}{word}"
        child = adder.add_parser(word, help=text, description=text, module=module)
        if below:
            _add_commands(child, below, group=f"{word}_")


def execute(args: Namespace, *, failed: int = 2) -> None:
    """Run the command that was parsed, and exit unless its code is 0; bad input: ``failed``."""

    def call() -> None:
        # with --json, nothing but the result may reach standard output
        args.stdout = sys.stdout
        quiet = contextlib.redirect_stdout(sys.stderr) if getattr(args, "json", False) else None
        with quiet or contextlib.nullcontext():
            code = args.command.run(args)
        if code:
            sys.exit(code)

    interrupted = getattr(args.command, "INTERRUPTED", "nothing was written")
    run_tool(call, failed=failed, interrupted=interrupted)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the ``mmtal`` command; the parser exits with code 2 by itself."""
    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:  # the shell asks how the line may go on
        import argcomplete

        argcomplete.autocomplete(parser)
    execute(parser.parse_args(argv))


def forward(
    command: str, aliases: Mapping[str, str] | None = None, *, failed: int = 1, moved: bool = True
) -> None:
    """Run a command under the name of an old script, with that script's flags.

    Args:
        command: Its words, such as ``data verify``.
        aliases: Old arguments and what they are called now, see :meth:`CommandParser.alias`.
        failed: Exit code for bad input, as of the script.
        moved: Say the new name on standard error.
    """
    if moved:
        print(f"note: {sys.argv[0]} is now 'mmtal {command}'", file=sys.stderr)
    parser, words = build_parser(), command.split()
    chosen = parser.find(*words)
    for old, new in (aliases or {}).items():
        chosen.alias(old, new)
    execute(parser.parse_args([*words, *sys.argv[1:]]), failed=failed)
