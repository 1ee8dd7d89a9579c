"""What ``pip install .`` leaves behind."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmtal.config_files import find_config, list_configs
from mmtal.version import __version__

ROOT = Path(__file__).resolve().parents[1]


def test_configs_are_found_in_a_checkout():
    assert find_config("actionformer/thumos_i3d") == ROOT / "configs/actionformer/thumos_i3d.py"
    assert find_config("actionformer/thumos_i3d.py").is_file()
    names = list_configs()
    assert len(names) == len([p for p in ROOT.glob("configs/*/*.py") if p.parts[-2] != "_base_"])


def test_an_unknown_config_is_answered_with_those_there_are():
    with pytest.raises(FileNotFoundError, match="actionformer/thumos_i3d"):
        find_config("actionformer/thumos")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder with the installed package, built from a copy so that no old build is in it."""
    copy, target = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("site")
    for name in ("setup.py", "pyproject.toml", "MANIFEST.in", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("mmtal", "configs", "tools", "requirements"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(copy)], check=True, cwd=copy)
    return target


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {
        p.relative_to(folder).as_posix() for p in folder.rglob("__pycache__/*")
    }


@pytest.mark.slow
def test_the_installed_package_is_whole(site):
    installed = files(site / "mmtal")
    assert any(name.endswith(".js") for name in installed)
    assert files(ROOT / "mmtal") <= installed
    for folder in ("configs", "tools"):
        wanted = {f".mim/{folder}/{name}" for name in files(ROOT / folder)}
        assert wanted
        assert wanted <= installed
    assert {path.name for path in site.iterdir() if path.suffix != ".dist-info"} == {"mmtal"}
    assert (site / f"mmtal-{__version__}.dist-info").is_dir()


@pytest.mark.slow
def test_the_installed_package_finds_its_configs(site, tmp_path):
    code = f"""
import sys; sys.path.insert(0, {str(site)!r})
from mmengine.config import Config
from mmtal.config_files import find_config
path = find_config("actionformer/thumos_i3d")
print(path)
print(Config.fromfile(path).default_scope)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    path, scope = done.stdout.split() or pytest.fail(done.stderr)
    assert path == str(site / "mmtal/.mim/configs/actionformer/thumos_i3d.py")
    assert scope == "mmtal"


def test_an_editable_install_does_not_hide_projects(tmp_path):
    code = "import mmtal, projects; print(*projects.__path__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if "No module named 'mmtal'" in done.stderr:
        pytest.skip("mmtal is not installed here: make install")
    assert done.stdout.split() == [str(ROOT / "projects")], done.stderr


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        ("ModuleNotFoundError('No module named mmengine', name='mmengine')", "mmtal[onedl]"),
        ("ImportError('libGL.so.1: cannot open shared object file')", "opencv-python-headless"),
    ],
)
def test_an_incomplete_environment_is_answered_with_its_remedy(cause, remedy):
    code = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("mmengine"):
            raise {cause}
sys.meta_path.insert(0, Missing())
import mmtal
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert remedy in done.stderr.splitlines()[-1]
