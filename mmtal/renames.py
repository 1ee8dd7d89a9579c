"""Old names in configs and records, and what they are called now.

Records of a leaderboard keep their text and checkpoints their weights; names change here, when
they are read. To rename something that a config can name, add a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPONENTS = {
    "CentreAssigner": "CenterAssigner",
    "CentrenessHead": "CenternessHead",
}
"""Values of ``type``."""

KEYS = {
    "centre_radius": "center_radius",
}
"""Keys of any dict."""

CONFIGS = {
    "actionformer_opentad/": "opentad_actionformer/",
    "configs/actionformer_opentad/": "projects/opentad_actionformer/configs/",
    "example_project/hapt_centreness": "example_project/hapt_centerness",
    "projects/example_project/configs/hapt_centreness": (
        "projects/example_project/configs/hapt_centerness"
    ),
}
"""Paths or names of configs, without ``.py``; a folder ends in a slash."""

MODULES = {
    "mmtal.apis.": "mmtal.inference.",
    "mmtal.apis.auto_template": "mmtal.experiments.auto_template",
    "mmtal.apis.checkpoint_": "mmtal.checkpoints.",
    "mmtal.apis.config_keys": "mmtal.engine.config_check",
    "mmtal.apis.experiment": "mmtal.experiments.experiment",
    "mmtal.apis.inference_pipeline": "mmtal.inference.pipeline",
    "mmtal.apis.official_checkpoint": "mmtal.checkpoints.files",
    "mmtal.apis.run": "mmtal.engine.runner",
    "mmtal.datasets.importers": "mmtal.preparation.importers",
    "mmtal.datasets.verification": "mmtal.preparation.verification",
    "mmtal.engine.checkpoint": "mmtal.checkpoints.loading",
    "mmtal.engine.plain_pickle": "mmtal.checkpoints.plain_pickle",
    "mmtal.engine.safe_globals": "mmtal.checkpoints.safe_globals",
    "mmtal.evaluation.error_analysis": "mmtal.error_analysis",
    "mmtal.evaluation.functional": "mmtal.evaluation",
    "mmtal.evaluation.functional.external_scores": "mmtal.results.fusion.external_scores",
    "mmtal.evaluation.functional.instance_table": "mmtal.results.instance_table",
    "mmtal.evaluation.fusion": "mmtal.results.fusion",
    "mmtal.evaluation.result_files": "mmtal.results.result_files",
    "mmtal.evaluation.submissions": "mmtal.results.submissions",
    "mmtal.files": "mmtal.utils.files",
    "mmtal.leaderboard": "mmtal.experiments.leaderboard",
    "mmtal.progress": "mmtal.utils.progress",
    "mmtal.search": "mmtal.experiments.search",
    "mmtal.suggestion": "mmtal.preparation.suggestion",
    "mmtal.wording": "mmtal.utils.wording",
    "mmtal.yaml_files": "mmtal.utils.yaml_files",
}
"""Modules with all below them; an entry that ends in ``.`` or ``_`` is the start of a name."""


def update_names(content: Any) -> tuple[Any, dict[str, str]]:
    """A copy of a config with today's names, and the new name of each old one that was found.

    Where a dict has a key under its old and its new name, the later one holds: it overrides what
    was inherited from a base.
    """
    found: dict[str, str] = {}

    def note(old: Any, new: Any) -> Any:
        if old != new:
            found[old] = new
        return new

    def walk(value: Any, key: Any) -> Any:
        if isinstance(value, Mapping):
            return {note(k, KEYS.get(k, k)): walk(item, k) for k, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(walk(item, key) for item in value)
        if not isinstance(value, str):
            return value
        return note(value, _component(value) if key == "type" else update_module(value))

    return walk(content, None), found


def update_option(name: str) -> str:
    """Today's spelling of a dotted name, such as ``model.head.assigner.centre_radius``."""
    return ".".join(KEYS.get(part, part) for part in name.split("."))


def update_module(name: str) -> str:
    """Where a module, or what lies in it, is now; any other text stays as it is."""
    return _replace_longest(name, MODULES, ".")


def update_config_name(name: str) -> str:
    """Where a config is now, by its path or its name below ``configs/``."""
    return _replace_longest(name, CONFIGS, ".")


def _component(name: str) -> str:
    """A class, maybe with its module or the scope ``mmtal`` before it."""
    place, dot, leaf = name.rpartition(".")
    return update_module(place + dot) + COMPONENTS.get(leaf, leaf)


def _replace_longest(name: str, table: Mapping[str, str], end: str) -> str:
    for old in sorted(table, key=len, reverse=True):
        if name == old or name.startswith(old if old[-1] in "._/" else old + end):
            return table[old] + name[len(old) :]
    return name
