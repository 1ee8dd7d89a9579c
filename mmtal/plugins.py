"""Plugins found without a line in any config: the entry points of the group ``mmtal.plugins``.

A package declares ``[project.entry-points."mmtal.plugins"] my_plugin = "my_package"``; importing
``my_package`` registers its components. What fails to import is reported and does no other harm.
"""

import warnings
from importlib.metadata import entry_points

GROUP = "mmtal.plugins"
FAILED: dict[str, str] = {}
"""Names of the plugins that failed to import, with the reason."""


def load_plugins() -> list[str]:
    """Import every installed plugin and return the names of those that imported."""
    loaded = []
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:  # a plugin can fail in any way; unrelated runs must go on
            FAILED[point.name] = f"{type(error).__name__}: {error}"
            warnings.warn(
                f"plugin '{point.name}' ({point.value}) failed to import and is left out: "
                f"{FAILED[point.name]}",
                stacklevel=2,
            )
        else:
            loaded.append(point.name)
    return loaded
