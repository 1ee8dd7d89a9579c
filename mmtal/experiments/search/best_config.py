"""Write the best trial as a config that inherits from its template."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmtal.experiments.search.settings import SearchSettings
from mmtal.experiments.search.space import DOTTED
from mmtal.preparation.suggestion.config_text import comment
from mmtal.utils.files import write_text

TEMPLATE = "template.py"
"""Copy of the template in the study's folder, which can so be moved to another machine."""


def write_best_config(
    settings: SearchSettings, values: Mapping[str, Any], *, origin: str, number: int, value: float
) -> Path:
    """Write ``best.py`` into the study's folder: the template, and what the trial changes.

    The template is a copy of ``origin``; ``value`` is the trial's mAP on the held-out recordings,
    in [0, 1].
    """
    path = settings.folder / "best.py"
    config = settings.config(values, settings.folder).to_dict()
    keys = [*settings.options, *(DOTTED.get(key, key) for key in values)]
    tree: dict[str, Any] = {}
    for key in keys:
        _graft(tree, config, key)
    text = comment(
        f"Trial {number} of {settings.folder.name}: mAP {100 * value:.2f} % on the held-out "
        "training recordings, the highest of all trials, and therefore rather high. The figure to "
        "report is that of the test set, after training on the whole training set:"
    )
    text += f"#     {train_command(settings)}\n"
    text += comment(f"{TEMPLATE}: '{origin}' as it was when the search began")
    text += f"_base_ = {TEMPLATE!r}\n"
    if not tree:
        text += "# the template as it is was the best\n"
    write_text(path, text + Config(tree).pretty_text)
    return path


def train_command(settings: SearchSettings) -> str:
    """What trains ``best.py`` on the whole training set, and tests it."""
    path = os.path.relpath(settings.folder / "best.py")
    return (
        f"mmtal run {shlex.quote(path)} --data-path {shlex.quote(settings.data_path)} "
        f"--work-dir {shlex.quote(f'work_dirs/{settings.folder.name}_best')}"
    )


def _graft(tree: dict[str, Any], config: dict[str, Any], key: str) -> None:
    """Copy a value of a config into a tree of its own.

    A config cannot inherit a part of a list, so that a list is copied as a whole.
    """
    parts = key.split(".")
    value: Any = config
    for number, part in enumerate(parts, start=1):
        value = value[part]
        if isinstance(value, list) or number == len(parts):
            for name in parts[: number - 1]:
                tree = tree.setdefault(name, {})
            tree[parts[number - 1]] = value
            return
