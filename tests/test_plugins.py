"""Plugins: found by entry point alone, and harmless where they are broken."""

import subprocess
import sys
from pathlib import Path

import pytest

from mmtal.registry import HEADS

ROOT = Path(__file__).resolve().parents[1]
SETUP = """
from setuptools import setup

setup(
    name="{name}",
    version="1.0",
    py_modules=["{name}"],
    entry_points={{"mmtal.plugins": ["{name} = {name}"]}},
)
"""
HEAD = """
from torch import nn

from mmtal.registry import HEADS


@HEADS.register_module()
class StrangeHead(nn.Module):
    pass
"""


def install(name: str, module: str, folder: Path) -> Path:
    """Install a package of one module; what ``pip install`` into site-packages would give."""
    source, site = folder / name, folder / "site"
    source.mkdir()
    (source / "setup.py").write_text(SETUP.format(name=name))
    (source / f"{name}.py").write_text(module)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(source)], check=True, cwd=folder)
    return site


def run(code: str, *folders: Path) -> subprocess.CompletedProcess:
    path = f"import sys; sys.path[:0] = {[str(ROOT), *map(str, folders)]!r}\n"
    return subprocess.run(
        [sys.executable, "-c", path + code], capture_output=True, text=True, check=False
    )


@pytest.mark.slow  # pip builds a package, and a new process imports torch
def test_an_installed_package_registers_its_head(tmp_path):
    site = install("strange_plugin", HEAD, tmp_path)
    done = run("import mmtal.registry as r; print(r.HEADS.get('StrangeHead').__module__)", site)
    assert done.stdout.strip() == "strange_plugin", done.stderr


@pytest.mark.slow
def test_a_broken_plugin_is_named_and_does_not_break_unrelated_runs(tmp_path):
    site = install("broken_plugin", "import a_module_that_is_missing", tmp_path)
    code = """
import mmtal
from mmtal.registry import HOOKS, MODELS
print(HOOKS.get("SafeCheckpointHook").__name__)
try:
    MODELS.get("NoSuchHead")
except KeyError as error:
    print(error)
"""
    done = run(code, site)
    assert done.stdout.startswith("SafeCheckpointHook"), done.stderr
    assert "plugin 'broken_plugin'" in done.stderr
    for output in (done.stdout, done.stderr):
        assert "ModuleNotFoundError: No module named 'a_module_that_is_missing'" in output


def test_an_unknown_type_names_its_neighbours_and_the_way_to_a_plugin():
    HEADS.register_module(name="RatherSpecialHead", module=dict, force=True)
    with pytest.raises(KeyError) as caught:
        HEADS.get("RatherSpezialHead")
    message = str(caught.value)
    assert "Did you mean RatherSpecialHead" in message
    assert "custom_imports = dict(imports=[" in message
