"""What plugins may rely on: ``python -m mmtal.public_api`` writes docs/public_api.md.

The page is the promise, and a test holds the code to it. ``python -m mmtal.public_api FOLDER``
lists what a plugin's code uses that is not promised.
"""

import ast
import functools
import importlib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmtal.cli.entry import run_tool
from mmtal.plugins import compatible_versions
from mmtal.utils.files import write_text
from mmtal.utils.wording import counted
from mmtal.version import __version__

REGISTRIES = (
    "DATASETS DATA_SAMPLERS TRANSFORMS MODELS BACKBONES NECKS HEADS LOSSES TASK_UTILS METRICS "
    "EVALUATORS HOOKS VISUALIZERS INFERENCERS OPTIM_WRAPPER_CONSTRUCTORS"
)
MODULES: dict[str, tuple[str, ...]] = {
    "mmtal": (),
    "mmtal.registry": tuple(REGISTRIES.split()),
    "mmtal.plugins": ("requires_mmtal",),
    "mmtal.config_files": ("find_config", "list_configs"),
    "mmtal.structures": (),
    "mmtal.datasets": (),
    "mmtal.models": (),
    "mmtal.models.layers": (),
    "mmtal.models.task_modules": (),
    "mmtal.ops": (),
    "mmtal.evaluation.metrics": (),
    "mmtal.evaluation.average_precision": ("DetectionScores", "detection_scores"),
    "mmtal.evaluation.frames": ("frame_labels", "frame_scores", "segmental_f1"),
    "mmtal.evaluation.thresholds": ("tiou_grid",),
    "mmtal.evaluation.protocols": (),
    "mmtal.results.instance_table": ("InstanceTable",),
    "mmtal.engine": (),
    "mmtal.visualization": (),
    "mmtal.apis": (),
    "mmtal.engine.runner": ("load_config", "override", "build_runner", "main_metric"),
    "mmtal.cli.entry": ("run_tool",),
    "mmtal.checkpoints.names": ("NamingScheme", "Rule", "OFFICIAL", "OPENTAD"),
}
"""Public modules and their public names; none: those of ``__all__``."""
PAGE = Path(__file__).resolve().parents[1] / "docs" / "public_api.md"
HEAD = """# Public API

What code outside mmtal may rely on. `python -m mmtal.public_api` makes the list from the code, and
a test holds the code to it; [Plugins](plugins.md#versions-of-mmtal) says what you see when it
changes. Everything else, and every name that begins with an underscore, may change at any time.

Parameters after `*` are given by name; those with `=...` may be left out.

Promised by mmtal {version}.
"""
HOW_TO_GO_ON = """
Plugins rely on these. Keep the old way working: for a name that has moved, leave
`__getattr__ = renamed(__name__, {"OldName": "mmtal.new.place.NewName"})` of mmtal.plugins behind;
give new parameters defaults and put them last, or after `*`. Where a break is meant, raise the
version in mmtal/version.py (before 1.0 its second number), say in CHANGELOG.md what takes the place
of the old, adapt the projects and the versions that they and the templates of mmtal/new_project
name, and run `python -m mmtal.public_api`. (What no release has had yet, nobody relies on: delete
its line from docs/public_api.md by hand.)"""
Api = dict[str, dict[str, str]]
"""Module -> name, or ``Class.method`` -> parameters as in ``def`` (empty: it cannot be called)."""


@functools.cache
def public_api() -> Api:
    """The public names of this code."""
    found: Api = {}
    for module_name, names in MODULES.items():
        module = importlib.import_module(module_name)
        entries = found[module_name] = {}
        for name in sorted(names or module.__all__):
            value = getattr(module, name)
            is_class = inspect.isclass(value)
            entries[name] = _parameters(value) if is_class or inspect.isroutine(value) else ""
            if is_class:
                entries |= {f"{name}.{member}": text for member, text in _members(value)}
    return found


def format_page(api: Api) -> str:
    """The page of the documentation."""
    parts = [HEAD.format(version=compatible_versions(__version__))]
    for module, entries in api.items():
        lines = [
            line
            for name, parameters in entries.items()
            for line in textwrap.wrap(
                name + parameters,
                width=96,
                subsequent_indent=" " * 8,
                break_long_words=False,
                break_on_hyphens=False,
            )
        ]
        parts.append(f"## {module}\n\n```text\n" + "\n".join(lines) + "\n```\n")
    return "\n".join(parts)


def read_page(page: str) -> tuple[str, Api]:
    """Versions and names that a page promises."""
    versions = page.split("Promised by mmtal ")[1].split(maxsplit=1)[0].removesuffix(".")
    api: Api = {}
    for section in page.split("\n## ")[1:]:
        module, block = section.split("\n\n```text\n")
        for entry in block.split("\n```")[0].replace("\n        ", " ").splitlines():
            name, bracket, rest = entry.partition("(")
            api.setdefault(module, {})[name] = bracket + rest
    return versions, api


def broken_promises(promised: Api, found: Api) -> list[str]:
    """What code that was written for ``promised`` would stumble over; empty: nothing."""
    problems = []
    for module, entries in promised.items():
        for name, parameters in entries.items():
            if name not in found.get(module, {}):
                problems.append(f"{module}.{name} is gone")
            elif parameters:
                now = found[module][name]
                changes = _changes(parameters, now) if now else ["cannot be called any more"]
                problems += [f"{module}.{name} {change}" for change in changes]
    return problems


def private_uses(file: Path) -> list[str]:
    """Imports from mmtal, and attributes of ``self``, that are not promised to a plugin.

    Args:
        file: A Python file of the plugin.

    Returns:
        ``FILE:LINE: what``, one for each.

    Raises:
        ValueError: It is no Python.
    """
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(f"{file}, line {error.lineno}: no Python: {error.msg}") from error
    api = public_api()
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and _is_mmtal(node.module):
            names = [
                f"{node.module}.{alias.name}"
                for alias in node.names
                if alias.name not in api.get(str(node.module), {})
                and f"{node.module}.{alias.name}" not in api
            ]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names if _is_mmtal(a.name) and a.name not in api]
        elif isinstance(node, ast.Attribute) and _is_own_object(node.value):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            names = [f"self.{node.attr}"] if private and node.attr not in own else []
        found += [f"{file}:{node.lineno}: {name}" for name in names]  # type: ignore[attr-defined]
    return found


class _LeftOut:
    """A default, whichever."""

    def __repr__(self) -> str:
        return "..."


_LEFT_OUT = _LeftOut()


def _is_mmtal(module: str | None) -> bool:
    return (module or "").partition(".")[0] == "mmtal"


def _is_own_object(node: ast.expr) -> bool:
    """``self`` or ``super()``."""
    if isinstance(node, ast.Call):
        node = node.func
    return isinstance(node, ast.Name) and node.id in ("self", "super")


def _members(cls: type) -> Iterator[tuple[str, str]]:
    """What mmtal defines for a class, its bases included; properties without parameters."""
    for name in sorted(dir(cls)):
        owner = next((base for base in cls.__mro__ if name in vars(base)), None)
        member = inspect.getattr_static(cls, name)
        if (name.startswith("_") and name != "__call__") or not _is_mmtal(
            getattr(owner, "__module__", "")
        ):
            continue
        if isinstance(member, property):
            yield name, ""
        elif isinstance(member, staticmethod | classmethod) or inspect.isfunction(member):
            yield name, _parameters(getattr(cls, name))


def _parameters(value: Any) -> str:
    """``(a, b=..., *, c)``, without ``self``."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    plain = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else _LEFT_OUT)
        for name, p in signature.parameters.items()
        if name != "self"
    ]
    return str(inspect.Signature(plain))


def _changes(promised: str, now: str) -> list[str]:
    """What a caller of the promised parameters would stumble over."""
    old, new = _arguments(promised), _arguments(now)
    by_name = set(new["named"]) | set(new["positional"])
    problems = []
    for place, name in enumerate(old["positional"]):
        if name not in by_name:
            if not new["any_name"]:
                problems.append(f"has no parameter '{name}' any more")
        elif name not in new["positional"]:
            problems.append(f"takes '{name}' by name only")
        elif new["positional"].index(name) != place:
            problems.append(f"has '{name}' at another place")
    for name in old["named"]:
        if name not in by_name and not new["any_name"]:
            problems.append(f"has no parameter '{name}' any more")
    for what, kind in (("places", "any_place"), ("names", "any_name")):
        if old[kind] and not new[kind]:
            problems.append(f"takes no further {what} any more")
    for name in new["required"]:
        if name not in old["required"]:
            problems.append(f"now needs '{name}'")
    return problems


def _arguments(parameters: str) -> dict[str, Any]:
    function = ast.parse(f"def f{parameters}: ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    positional = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    named = [argument.arg for argument in given.kwonlyargs]
    return dict(
        positional=positional,
        named=named,
        any_place=given.vararg is not None,
        any_name=given.kwarg is not None,
        required=positional[: len(positional) - len(given.defaults)]
        + [n for n, default in zip(named, given.kw_defaults, strict=True) if default is None],
    )


def write_page() -> None:
    """Write the page of this checkout, if no promise of these versions is broken.

    Raises:
        FileNotFoundError: This is no checkout.
        ValueError: Something that the page promises has gone.
    """
    if not PAGE.is_file():
        raise FileNotFoundError(f"{PAGE} does not exist: run this in a checkout of mmtal")
    versions, promised = read_page(PAGE.read_text(encoding="utf-8"))
    broken = broken_promises(promised, public_api())
    if broken and versions == compatible_versions(__version__):
        raise ValueError("\n".join([*broken, HOW_TO_GO_ON]))
    write_text(PAGE, format_page(public_api()))


def main() -> None:
    """Write the page, or look for what files use that is not promised."""
    paths = [Path(text) for text in sys.argv[1:]]
    if not paths:
        write_page()
        print(f"written to {PAGE}")
        return
    files = [f for path in paths for f in (sorted(path.rglob("*.py")) or [path])]
    problems = [problem for file in files for problem in private_uses(file)]
    print("\n".join(problems) or f"{counted(len(files), 'file')}: nothing that is not promised")
    sys.exit(bool(problems))


if __name__ == "__main__":
    run_tool(main)
