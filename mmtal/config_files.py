"""Locate and read configs, beside the package in a checkout or inside it when installed."""

from __future__ import annotations

import difflib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mmtal.renames import update_config_name, update_names

if TYPE_CHECKING:
    from mmengine.config import Config

PACKAGE = Path(__file__).resolve().parent
MAIN_METHOD = "actionformer"
"""Configs of this folder are known by their own name alone, too."""


def resource_root() -> Path:
    """The folder that holds ``configs/``, ``tools/``, ``projects/``, ``demo/`` and ``data/hapt/``.

    An installed package has them in ``mmtal/.mim``, as MMEngine's users expect.
    """
    installed = PACKAGE / ".mim"
    return installed if installed.is_dir() else PACKAGE.parent


def make_projects_importable() -> None:
    """Let configs import ``projects.NAME``, which are no part of the package.

    Projects of the user's, in a folder ``projects/`` of the working directory, stay importable
    beside them: both folders are parts of one namespace package.
    """
    root = str(resource_root())
    if root not in sys.path:
        sys.path.append(root)


def demo_checkpoint() -> Path:
    """The checkpoint of the config ``demo`` that mmtal ships; ``checkpoint.json`` is its record."""
    return resource_root() / "demo" / "checkpoint.pth"


def demo_recording() -> Path:
    """A recording for the config ``demo``: ten minutes of acceleration, not trained on."""
    return resource_root() / "data" / "hapt" / "features" / "sbj_11.npz"


def list_configs() -> list[str]:
    """Names of the configs below ``configs/``, such as ``actionformer/thumos_i3d``."""
    return sorted(_configs_below(resource_root() / "configs"))


def list_project_configs() -> list[str]:
    """Names of the projects' configs: ``tridet/thumos_i3d`` is in ``projects/tridet/configs``."""
    return sorted(_project_configs())


def find_config(name: str | Path) -> Path:
    """Path of a config.

    Args:
        name: Its path; or its name, with or without ``.py``: ``actionformer/thumos_i3d`` and
            ``thumos_i3d`` below ``configs/``, ``tridet/thumos_i3d`` of a project.

    Raises:
        FileNotFoundError: There is none; the message names those that are spelled alike.
    """
    text = update_config_name(str(name).removesuffix(".py"))
    for path in (Path(name), Path(f"{text}.py")):
        if path.is_file():
            return path
    known = {**_project_configs(), **_configs_below(resource_root() / "configs")}
    short = {
        key.removeprefix(f"{MAIN_METHOD}/"): path
        for key, path in known.items()
        if key.startswith(f"{MAIN_METHOD}/")
    }
    found = known.get(text) or short.get(text)
    if found:
        return found
    folder = Path(name) if Path(name).is_dir() else Path(name).parent
    beside = sorted(str(path) for path in folder.glob("*.py")) if "/" in text else []
    close = difflib.get_close_matches(text, [*known, *short, *beside], n=3) or beside[:3]
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise FileNotFoundError(
        f"config '{name}' is neither a file nor the name of a config: {hint}"
        "'mmtal config list' shows the names"
    )


def _configs_below(folder: Path) -> dict[str, Path]:
    """Path of each config by its name; bases are left out."""
    paths = {path.relative_to(folder).with_suffix(""): path for path in folder.rglob("*.py")}
    return {name.as_posix(): path for name, path in paths.items() if name.parts[0] != "_base_"}


def _project_configs() -> dict[str, Path]:
    return {
        f"{folder.parent.name}/{name}": path
        for folder in resource_root().glob("projects/*/configs")
        for name, path in _configs_below(folder).items()
    }


def read_config(path: str | Path) -> Config:
    """Read a config, import what it asks for, and replace old names in it with a notice.

    Raises:
        FileNotFoundError: There is no such file.
        ImportError: A module of ``custom_imports`` cannot be imported.
    """
    from mmengine.config import Config
    from mmengine.logging import print_log
    from mmengine.utils import import_modules_from_strings

    if not Path(path).is_file():
        raise FileNotFoundError(f"config {path} does not exist")
    config = Config.fromfile(path, import_custom_modules=False)
    content, found = update_names(config.to_dict())
    if found:
        names = ", ".join(f"{old} -> {new}" for old, new in found.items())
        print_log(f"{path} uses old names, which still work: {names}", "current", logging.WARNING)
        config = Config(content, filename=config.filename, format_python_code=False)
    if config.get("custom_imports"):
        import_modules_from_strings(**config.custom_imports)
    return config


def output_name(config: Path) -> str:
    """What a config's results are called: as its file, after its project or method.

    ActionFormer's and loose configs bear their own name alone: ``salads50_cnn``, but
    ``tridet_salads50_cnn`` for ``projects/tridet/configs/salads50_cnn.py``.
    """
    folders = config.resolve().parts[:-1]
    if folders[-3:-2] == ("projects",) and folders[-1] == "configs":
        return f"{folders[-2]}_{config.stem}"
    if folders[-2:-1] == ("configs",) and folders[-1] != MAIN_METHOD:
        return f"{folders[-1]}_{config.stem}"
    return config.stem
