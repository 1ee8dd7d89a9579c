"""Find plugins, and check the version of mmtal that they were written for.

A package declares ``[project.entry-points."mmtal.plugins"] my_plugin = "my_package"`` and is
imported at the first look-up in a registry, or when :func:`mmtal.engine.runner.load_config` reads
a config; that registers its components. ``dependencies = ["mmtal>=0.1,<0.2"]`` says what it works
with. A project of this repository is imported by a config and says the same with
:func:`requires_mmtal`. What fails to import is reported and does no other harm.
"""

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from mmtal.renames import update_module
from mmtal.version import __version__

GROUP = "mmtal.plugins"
LOADED: list[str] = []
"""Names of the plugins that were imported."""
FAILED: dict[str, str] = {}
"""Names of the plugins that failed to import, with the reason."""
_searched = False


def load_plugins() -> list[str]:
    """Import every installed plugin, at the first call, and return the names of those imported."""
    global _searched
    if not _searched:
        _searched = True  # before the imports, since a plugin may look something up in a registry
        for point in entry_points(group=GROUP):
            load_plugin(point)
    return LOADED


def load_plugin(point: EntryPoint) -> None:
    """Import one plugin; where that fails, warn and remember it, and go on."""
    try:
        with requires_mmtal(_required_versions(point), plugin=point.name):
            point.load()
    except Exception as error:  # a plugin can fail in any way; unrelated runs must go on
        FAILED[point.name] = f"{type(error).__name__}: {error}"
        warnings.warn(
            f"plugin '{point.name}' ({point.value}) failed to import and is left out: "
            f"{FAILED[point.name]}",
            stacklevel=2,
        )
    else:
        LOADED.append(point.name)


def compatible_versions(version: str) -> str:
    """The versions that keep what this one promises: ``0.1.7`` -> ``>=0.1,<0.2``."""
    major, minor = (int(part) for part in version.split(".")[:2])
    last = f"{major}.{minor + 1}" if major == 0 else f"{major + 1}"
    return f">={major}.{minor},<{last}"


@contextmanager
def requires_mmtal(versions: str, *, plugin: str) -> Iterator[None]:
    """Import a plugin's components in this block, if it works with this mmtal.

    Args:
        versions: Versions of mmtal that the plugin works with, such as ``>=0.1,<0.2``.
        plugin: What to call it in errors.

    Raises:
        ValueError: This mmtal is another, or lacks what the block imports from it. (No
            ImportError, whose message MMEngine replaces when a config imports the plugin.)
    """
    if not SpecifierSet(versions).contains(__version__, prereleases=True):
        raise ValueError(
            f"plugin '{plugin}' works with mmtal {versions}, but this is mmtal {__version__}: "
            "install a version of the plugin for this mmtal, or a mmtal that it works with"
        )
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "mmtal":
            raise
        place = update_module(error.name or "")
        now = "" if place == error.name else f" (it is {place} now)"
        raise ValueError(
            f"plugin '{plugin}' relies on something that mmtal {__version__} does not have: "
            f"{error.msg}{now}. CHANGELOG.md says what took the place of a name"
        ) from error


def renamed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that still knows names which have moved, and warns.

    Example:
        ``__getattr__ = renamed(__name__, {"OldHead": "mmtal.models.NewHead"})``

    Args:
        module: Name of the module that had them.
        names: New place of each old name, with module.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        warnings.warn(
            f"{module}.{name} is now {names[name]}; the old name goes with the next version of "
            "mmtal that breaks promises (before 1.0: the next 0.x)",
            DeprecationWarning,
            stacklevel=2,
        )
        place, _, new_name = names[name].rpartition(".")
        return getattr(importlib.import_module(place), new_name)

    return find


def _required_versions(point: EntryPoint) -> str:
    """What the package's dependencies say of mmtal; empty where they say nothing."""
    texts = (point.dist.requires if point.dist else None) or []
    for requirement in map(Requirement, texts):
        active = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if active and canonicalize_name(requirement.name) == "mmtal":
            return str(requirement.specifier)
    return ""
