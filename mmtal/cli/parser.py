"""Parsers of commands with one vocabulary of flags."""

import argparse
import functools
import sys
from argparse import SUPPRESS
from collections.abc import Iterator
from typing import Any

from mmtal.cli.options import SHARED

PLACES = ("DIR", "FILE", "PATH", "OUT", "YAML", "[SUBSET=]SOURCE")
"""What values that say where something lies are called in help."""

_Help = functools.partial(argparse.RawDescriptionHelpFormatter, max_help_position=32)


class CommandParser(argparse.ArgumentParser):
    """A parser whose long flags may be spelled with ``-`` or ``_``.

    Arguments in :data:`mmtal.cli.options.SHARED` have their help, type and metavar from there.
    A command's module describes it in its docstring; its ``ARGUMENTS``, and those of its ``GROUPS``
    by their title, have by name what :meth:`add_argument` takes, or only the note of a shared
    argument or the help of another. ``ALIASES`` are other names of arguments, which help does not
    show. A group of commands has no module.
    """

    def __init__(self, *, module: Any = None, **kwargs: Any) -> None:
        super().__init__(formatter_class=_Help, **kwargs)
        if module is None:
            return
        self.description = module.__doc__
        self.set_defaults(command=module)
        for title, arguments in {"": module.ARGUMENTS, **getattr(module, "GROUPS", {})}.items():
            group = self.add_argument_group(title) if title else None
            for name, settings in arguments.items():
                if isinstance(settings, str):
                    settings = {"note" if name in SHARED else "help": settings}
                self.add_argument(name, group=group, **settings)
        for old, new in getattr(module, "ALIASES", {}).items():
            self.alias(old, new)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        words = sys.argv[1:] if args is None else args
        return super().parse_known_args([_hyphenated(word) for word in words], namespace)

    def add_argument(
        self, *names: str, note: str = "", group: Any = None, **kwargs: Any
    ) -> argparse.Action:
        """Add an argument, which may be of a ``group``, as ``argparse.ArgumentParser`` does.

        ``note`` is what this command adds to the shared help; a default is added by itself.
        """
        names = tuple(map(_hyphenated, names))
        settings = {**SHARED.get(names[0], {}), **kwargs}
        default = settings.get("default")
        if default is not None and default is not False and default not in ("", [], SUPPRESS):
            shown = " ".join(default) if isinstance(default, list) else default
            note = "; ".join(filter(None, (note, f"default: {shown}")))
        if note and settings["help"] is not SUPPRESS:
            settings["help"] = f"{settings['help']} ({note})"
        if settings.get("metavar") in PLACES:
            kind = settings.get("type", str)
            settings["type"] = lambda text: kind(place(text))
        add = super().add_argument if group is None else group.add_argument
        return add(*names, **settings)

    def find(self, *words: str) -> "CommandParser":
        """The parser of a command below this one: ``find("data", "verify")``."""
        parser = self
        for word in words:
            [below] = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
            parser = below.choices[word]
        return parser

    def alias(self, old: str, new: str) -> None:
        """Take an argument, a flag or a positional one, in an old form, too, without showing it."""
        old = _hyphenated(old)
        [action] = [a for a in self._actions if new in (a.option_strings or [a.dest])]

        kind: Any = action.type or str

        def convert(text: str) -> Any:  # argparse converts the default, too
            return text if text is SUPPRESS else kind(text)

        settings: dict[str, Any] = dict(type=convert, help=SUPPRESS)
        if old.startswith("-") and new.startswith("-"):
            self._option_string_actions[old] = action
        elif old.startswith("-"):  # a flag that became positional
            for owner in (self._actions, *(g._group_actions for g in self._action_groups)):
                if action in owner:
                    owner.remove(action)
            settings["help"] = action.help
            super().add_argument(old, dest=action.dest, required=action.required, **settings)
        else:  # a positional argument that became a flag
            nargs = None if action.required else "?"
            action.required = False
            super().add_argument(action.dest, nargs=nargs, default=SUPPRESS, **settings)


def commands(parser: CommandParser) -> Iterator[tuple[str, CommandParser]]:
    """Every command's words (``data verify``) and parser, for documents and tests."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                leaves = list(commands(below)) or [("", below)]
                yield from ((f"{word} {rest}".strip(), leaf) for rest, leaf in leaves)


def place(text: str) -> str:
    """A path as it was given; an empty one would be the current folder."""
    if not text:
        raise argparse.ArgumentTypeError(
            "is empty: give a path (is a variable of the shell unset?)"
        )
    return text


def _hyphenated(text: str) -> str:
    """``--data_path=a_b`` -> ``--data-path=a_b``."""
    if not text.startswith("--"):
        return text
    flag, equals, value = text.partition("=")
    return flag.replace("_", "-") + equals + value
