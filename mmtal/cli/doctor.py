"""Show versions and settings: the block that a bug report needs.

Exit code 1: something is missing or broken, as the block says.
"""

import os
import platform
from argparse import Namespace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mmtal.cli.options import print_result
from mmtal.config_files import PACKAGE
from mmtal.version import __version__

PAIRS = {
    "mmengine": ("onedl-mmengine", "mmengine", "mmengine-lite"),
    "mmcv": ("onedl-mmcv", "mmcv", "mmcv-lite"),
    "opencv": ("opencv-python-headless", "opencv-python", "opencv-contrib-python"),
}
"""Distributions that bring the same module."""
OTHERS = ("numpy", "numba", "matplotlib", "optuna", "av")
SETTINGS = ("MMTAL_", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")

ARGUMENTS = {"--json": ""}


def run(args: Namespace) -> int:
    problems: list[str] = []
    facts: dict[str, Any] = {
        "mmtal": f"{__version__}, {PACKAGE}",
        "python": f"{platform.python_version()}, {platform.platform()}",
        "torch": torch_facts(problems),
        **{name: installed(*names) for name, names in PAIRS.items()},
        **{name: installed(name) for name in OTHERS},
        "NMS": nms_facts(problems),
        "plugins": plugin_facts(problems),
        "settings": ", ".join(
            f"{name}={value}" for name, value in os.environ.items() if name.startswith(SETTINGS)
        )
        or "none",
    }
    if "not installed" in facts["mmengine"]:
        problems.append("MMEngine is not installed: pip install onedl-mmengine")
    lines = [*facts.items(), *(("problem", text) for text in problems)]
    text = "\n".join(f"{name:12}{value}" for name, value in lines)
    print_result(args, {**facts, "problems": problems}, text)
    return 1 if problems else 0


def installed(*names: str) -> str:
    """The distributions that are installed of those that may be, with their versions."""
    found = []
    for name in names:
        try:
            found.append(f"{version(name)}" + (f" ({name})" if len(names) > 1 else ""))
        except PackageNotFoundError:
            continue
    return " and ".join(found) or "not installed"


def torch_facts(problems: list[str]) -> str:
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a library that it needs
        problems.append(f"PyTorch cannot be imported: {error}")
        return installed("torch")
    if not torch.cuda.is_available():
        return f"{torch.__version__}, no GPU, {torch.get_num_threads()} threads"
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return f"{torch.__version__}, CUDA {torch.version.cuda}, GPUs: {', '.join(gpus)}"


def nms_facts(problems: list[str]) -> str:
    try:
        from mmtal.ops import nms_mmcv
        from mmtal.runtime import nms_numba  # noqa: F401 - tried
    except (ImportError, OSError) as error:
        problems.append(f"the NMS cannot be imported: {error}")
        return "none"
    if nms_mmcv.has_cuda_nms():
        return "numba (CPU, soft-NMS), mmcv's CUDA ops (hard NMS of GPU tensors)"
    compiled = "without CUDA" if nms_mmcv.compiled_ops() else "not there"
    return f"numba; mmcv's compiled ops are {compiled}"


def plugin_facts(problems: list[str]) -> str:
    try:
        from mmtal.plugins import FAILED, GROUP, load_plugins
    except ImportError as error:
        problems.append(f"plugins cannot be looked for: {error}")
        return "unknown"
    loaded = load_plugins()
    problems += [f"plugin '{name}' failed: {reason}" for name, reason in FAILED.items()]
    return ", ".join(loaded) or f"none (entry points of the group {GROUP})"
