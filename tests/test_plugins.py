"""Plugins: found by entry point alone, when they are needed, and harmless where broken."""

import subprocess
import sys
import types
import warnings
from pathlib import Path

import pytest

from mmtal import models, plugins
from mmtal.config_files import find_config
from mmtal.engine.runner import load_config
from mmtal.plugins import compatible_versions, renamed, requires_mmtal
from mmtal.registry import HEADS, NECKS
from mmtal.version import __version__

ROOT = Path(__file__).resolve().parents[1]
SETUP = """
from setuptools import setup

setup(
    name="{name}",
    version="1.0",
    py_modules=["{name}"],
    install_requires={requires},
    entry_points={{"mmtal.plugins": ["{name} = {name}"]}},
)
"""
HEAD = """
from torch import nn

from mmtal.registry import HEADS, NECKS


@HEADS.register_module()
class StrangeHead(nn.Module):
    pass
"""


def install(name: str, module: str, folder: Path, requires: tuple[str, ...] = ()) -> Path:
    """Install a package of one module; what ``pip install`` into site-packages would give."""
    source, site = folder / name, folder / "site"
    source.mkdir()
    (source / "setup.py").write_text(SETUP.format(name=name, requires=list(requires)))
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


def test_an_unknown_type_names_its_neighbors_and_the_way_to_a_plugin():
    HEADS.register_module(name="RatherSpecialHead", module=dict, force=True)
    with pytest.raises(KeyError) as caught:
        HEADS.get("RatherSpezialHead")
    message = str(caught.value)
    assert "Did you mean RatherSpecialHead" in message
    assert "custom_imports = dict(imports=[" in message


# ---------------------------------------------------------------- versions


@pytest.mark.slow
def test_a_package_for_another_mmtal_is_not_imported(tmp_path):
    site = install("later_plugin", HEAD, tmp_path, ("numpy", "mmtal>=7.0,<8"))
    code = "import sys, mmtal.registry as r; 'FPN' in r.NECKS; print('later_plugin' in sys.modules)"
    done = run(code, site)
    assert done.stdout.strip() == "False", done.stderr
    assert "plugin 'later_plugin' works with mmtal <8,>=7.0, but this is mmtal 0.1.0" in done.stderr


class FakePoint:
    """An entry point of a package with these requirements."""

    name = value = "fake"

    def __init__(self, *requires: str) -> None:
        self.dist = types.SimpleNamespace(requires=list(requires) or None)
        self.loaded = 0

    def load(self) -> None:
        self.loaded += 1


def install_fake(monkeypatch, point: FakePoint) -> types.ModuleType:
    """Let this process find one entry point, and forget that it has searched before."""
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point])
    monkeypatch.setattr(plugins, "FAILED", {})
    monkeypatch.setattr(plugins, "LOADED", [])
    monkeypatch.setattr(plugins, "_searched", False)
    return plugins


@pytest.mark.parametrize(
    ("requires", "loads", "why"),
    [
        ((), True, "says nothing"),
        (("torch>=99",), True, "pip looks after other packages"),
        (("torch", f"mmtal=={__version__}"), True, "this version"),
        (("MMTAL>=0.0.1",), True, "names are compared as pip compares them"),
        (("mmtal[onedl]<0.0.5",), False, "too new"),
        (("mmtal>=99",), False, "too old"),
        (("mmtal>=99; extra == 'later'",), True, "of an extra that nobody asked for"),
    ],
)
def test_what_a_package_requires_is_checked_before_it_is_imported(
    monkeypatch, requires, loads, why
):
    point = FakePoint(*requires)
    found = install_fake(monkeypatch, point)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plugins.load_plugins()
    assert point.loaded == loads, why
    assert (bool(found.LOADED), not caught, not found.FAILED) == (loads,) * 3, why


# ---------------------------------------------------------------- when


def test_plugins_are_imported_once_at_the_first_look_up(monkeypatch):
    point = FakePoint()
    install_fake(monkeypatch, point)
    assert not point.loaded
    assert "FPN" in NECKS and "NoSuchNeck" not in NECKS
    assert point.loaded == 1


def test_plugins_are_imported_when_a_config_is_read(monkeypatch):
    point = FakePoint()
    install_fake(monkeypatch, point)
    load_config(find_config("actionformer/thumos_i3d"))
    assert point.loaded == 1


def test_a_plugin_may_look_something_up_while_it_is_imported(monkeypatch):
    point = FakePoint()
    point.load = lambda: NECKS.get("FPN")
    assert install_fake(monkeypatch, point).FAILED == {}
    HEADS.get("AnchorFreeHead")
    assert plugins.LOADED == ["fake"]


@pytest.mark.parametrize("version", ["0.1.0", "0.1.9"])
def test_a_project_works_with_the_versions_it_names(monkeypatch, version):
    monkeypatch.setattr(plugins, "__version__", version)
    with requires_mmtal(">=0.1,<0.2", plugin="projects.bold"):
        pass


@pytest.mark.parametrize("version", ["0.0.9", "0.2.0", "0.2.0rc1"])
def test_a_project_is_stopped_by_another_mmtal(monkeypatch, version):
    monkeypatch.setattr(plugins, "__version__", version)
    entered = []
    with pytest.raises(ValueError) as caught, requires_mmtal(">=0.1,<0.2", plugin="projects.bold"):
        entered.append(True)
    assert not entered
    assert str(caught.value).startswith(
        f"plugin 'projects.bold' works with mmtal >=0.1,<0.2, but this is mmtal {version}: "
    )


def test_a_name_that_mmtal_has_no_more_is_one_clear_error():
    with (
        pytest.raises(ValueError, match=r"plugin 'bold' relies on something that mmtal .* have: "),
        requires_mmtal(">=0.1", plugin="bold"),
    ):
        from mmtal.models import NoSuchHead  # noqa: F401
    with (
        pytest.raises(ValueError, match=r"No module named 'mmtal.no_such_module'"),
        requires_mmtal(">=0.1", plugin="bold"),
    ):
        import mmtal.no_such_module  # noqa: F401


def test_other_missing_modules_stay_import_errors():
    with pytest.raises(ModuleNotFoundError), requires_mmtal(">=0.1", plugin="bold"):
        import no_such_module_anywhere  # noqa: F401


def test_a_renamed_name_works_on_and_says_what_took_its_place(monkeypatch):
    old = types.ModuleType("mmtal_of_old")
    old.__getattr__ = renamed("mmtal_of_old", {"OldHead": "mmtal.models.AnchorFreeHead"})
    monkeypatch.setitem(sys.modules, "mmtal_of_old", old)
    with pytest.warns(DeprecationWarning, match="mmtal_of_old.OldHead is now mmtal.models.Anch"):
        from mmtal_of_old import OldHead
    assert OldHead is models.AnchorFreeHead
    with pytest.raises(ImportError, match="cannot import name 'Unknown'"):
        from mmtal_of_old import Unknown  # noqa: F401


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.1.0", ">=0.1,<0.2"), ("0.12.3", ">=0.12,<0.13"), ("1.4.0", ">=1.4,<2")],
)
def test_promises_hold_until_the_next_number_that_may_break_them(version, expected):
    assert compatible_versions(version) == expected
