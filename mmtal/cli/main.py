"""The ``mmtal`` command: list, choose and run its subcommands."""

import contextlib
import importlib
import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from mmtal.cli.entry import run_tool
from mmtal.cli.parser import CommandParser
from mmtal.version import __version__

GROUPS = {
    "data": "prepare annotations and features",
    "results": "evaluate, convert and combine results files",
    "show": "draw data, predictions and models",
    "checkpoint": "inspect and convert checkpoints",
    "leaderboard": "compare methods over seeds and folds",
    "config": "list and show configs",
}
COMMANDS = (
    "run", "train", "test", "infer", "stream",
    "data extract", "data import", "data verify", "data suggest", "data split", "data export",
    "results eval", "results convert", "results fuse", "results join", "results ensemble",
    "results scores",
    "show timeline", "show overview", "show predictions", "show features", "show activity",
    "show page", "show curves", "show video", "show subtitles",
    "explain", "checkpoint convert", "checkpoint inspect",
    "leaderboard run", "leaderboard table", "leaderboard check", "leaderboard pack",
    "search", "new", "config list", "config show", "config cost", "export", "demo", "doctor",
)  # fmt: skip
"""``data verify`` is in the module ``mmtal.cli.data_verify``, whose docstring describes it, with
``ARGUMENTS`` and ``run(args)``, which returns its exit code if that is not 0; ``INTERRUPTED`` is
what to know after Ctrl-C. Modules import at their top only what ``mmtal --help`` may import."""

EXIT_CODES = """exit codes:
  0    done
  1    done, and something was found (data verify, leaderboard check, doctor) or has failed
       (leaderboard run); or a bug of ours
  2    wrong use: an option, a file or its content; the line that begins with 'error:' says which
  130  interrupted by Ctrl-C
  141  the reader of the output (head, less) has closed it

A config is a path, or a name that 'mmtal config list' shows. Flags may be spelled with - or _."""


def build_parser() -> CommandParser:
    """The parser of all commands."""
    parser = CommandParser(
        prog="mmtal", description="Temporal action localization on MMEngine.", epilog=EXIT_CODES
    )
    parser.add_argument("--version", action="version", version=f"mmtal {__version__}")
    listed: dict[str, Any] = dict(required=True, metavar="COMMAND", title="commands")
    groups = {"": parser.add_subparsers(**listed)}
    for command in COMMANDS:
        group, _, word = command.rpartition(" ")
        if group not in groups:
            text = GROUPS[group]
            child = groups[""].add_parser(group, help=text, description=text)
            groups[group] = child.add_subparsers(**listed)
        module = importlib.import_module(f"mmtal.cli.{command.replace(' ', '_')}")
        text = (module.__doc__ or "").splitlines()[0].rstrip(".")
        groups[group].add_parser(word, help=text[0].lower() + text[1:], module=module)
    return parser


def execute(args: Namespace, *, failed: int = 2) -> None:
    """Run the command that was parsed, and exit unless its code is 0; bad input: ``failed``."""

    def call() -> None:
        # with --json, nothing but the result may reach standard output
        args.stdout = sys.stdout
        keep_inputs(args)
        quiet = contextlib.redirect_stdout(sys.stderr) if getattr(args, "json", False) else None
        with quiet or contextlib.nullcontext():
            code = args.command.run(args)
        if code:
            sys.exit(code)

    interrupted = getattr(args.command, "INTERRUPTED", "nothing was written")
    run_tool(call, failed=failed, interrupted=interrupted)


def keep_inputs(args: Namespace) -> None:
    """Refuse an ``--out`` that is a file which the command reads. ValueError: it is."""
    out = getattr(args, "out", None)
    if not (isinstance(out, str | os.PathLike) and os.path.isfile(out)):
        return
    for name, value in vars(args).items():
        for path in value if isinstance(value, list) else [value]:
            text = isinstance(path, str | os.PathLike) and name != "out"
            if text and os.path.isfile(path) and os.path.samefile(path, out):
                raise ValueError(f"--out: would overwrite the source {path}: choose another name")


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
    """Run a command, such as ``data verify``, under the name of an old script, with its flags.

    ``aliases``: old arguments and what they are called now, see :meth:`CommandParser.alias`;
    ``failed``: exit code for bad input, as of the script; ``moved``: say the new name.
    """
    if moved:
        print(f"note: {sys.argv[0]} is now 'mmtal {command}'", file=sys.stderr)
    parser, words = build_parser(), command.split()
    chosen = parser.find(*words)
    for old, new in (aliases or {}).items():
        chosen.alias(old, new)
    execute(parser.parse_args([*words, *sys.argv[1:]]), failed=failed)
