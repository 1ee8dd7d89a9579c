"""Where configs and tools lie: beside the package in a checkout, inside it when installed."""

import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


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
    """Names for :func:`find_config`, such as ``actionformer/thumos_i3d``; bases left out."""
    root = resource_root() / "configs"
    paths = [path.relative_to(root).with_suffix("") for path in root.rglob("*.py")]
    return sorted(path.as_posix() for path in paths if path.parts[0] != "_base_")


def find_config(name: str) -> Path:
    """Path of a config of mmtal's.

    Args:
        name: Below ``configs/``, with or without ``.py``: ``actionformer/thumos_i3d``.

    Raises:
        FileNotFoundError: There is none; the message lists those there are.
    """
    path = resource_root() / "configs" / f"{name.removesuffix('.py')}.py"
    if not path.is_file():
        raise FileNotFoundError(
            f"config '{name}' must be one of {', '.join(list_configs())} (searched {path})"
        )
    return path


def output_name(config: Path) -> str:
    """What a config's results are called: as its file, after its project or method.

    ActionFormer's and loose configs bear their own name alone: ``salads50_cnn``, but
    ``tridet_salads50_cnn`` for ``projects/tridet/configs/salads50_cnn.py``.
    """
    folders = config.resolve().parts[:-1]
    if folders[-3:-2] == ("projects",) and folders[-1] == "configs":
        return f"{folders[-2]}_{config.stem}"
    if folders[-2:-1] == ("configs",) and folders[-1] != "actionformer":
        return f"{folders[-1]}_{config.stem}"
    return config.stem
