"""What the wheel holds, and what works from it without a checkout."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from mmtal.config_files import demo_checkpoint, find_config, list_configs
from mmtal.version import __version__

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = ("configs", "tools", "projects", "demo", "data/hapt")


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
    """The unpacked wheel, built from a copy so that no old build is in it."""
    copy, target = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("site")
    files = "setup.py pyproject.toml MANIFEST.in LICENSE README.md model-index.yml"
    for name in files.split():
        shutil.copy(ROOT / name, copy)
    for name in ("mmtal", "requirements", *RESOURCES):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    code = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(target)], cwd=copy, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [wheel] = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    wheel.unlink()
    return target


def files(folder: Path) -> set[str]:
    paths = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {p.as_posix() for p in paths if not {"__pycache__", "tests"} & set(p.parts[:-1])}


def test_the_wheel_is_whole(site):
    installed = files(site / "mmtal")
    assert {name for name in files(ROOT / "mmtal") if "templates" not in name} <= installed
    templates = (ROOT / "mmtal/new_project/templates").rglob("*.*")
    assert all((site / path.relative_to(ROOT)).is_file() for path in templates)
    for folder in RESOURCES:
        wanted = {f".mim/{folder}/{name}" for name in files(ROOT / folder)}
        assert wanted
        assert wanted <= installed
    assert (site / "mmtal/.mim/model-index.yml").is_file()
    assert not any(site.glob("mmtal/.mim/projects/*/tests"))
    assert {path.name for path in site.iterdir()} == {"mmtal", f"mmtal-{__version__}.dist-info"}


def test_a_plain_install_has_mmengine_and_an_opencv_that_needs_no_screen(site):
    text = (site / f"mmtal-{__version__}.dist-info/METADATA").read_text()
    required = {
        line.removeprefix("Requires-Dist: ")
        for line in text.splitlines()
        if line.startswith("Requires-Dist: ")
    }
    plain = {line.split(">")[0] for line in required if "extra ==" not in line}
    assert {"onedl-mmengine", "opencv-python-headless", "torch"} <= plain
    assert not {"opencv-python", "onedl-mmcv", "mmcv"} & plain
    assert any(line.startswith("onedl-mmcv") and 'extra == "mmcv"' in line for line in required)


def test_the_wheel_works_without_a_checkout(site, tmp_path):
    """Configs and projects are found in it, in this process and in one that it spawns."""
    (tmp_path / "projects/mine").mkdir(parents=True)
    (tmp_path / "projects/mine/part.py").write_text("NAME = 'mine'\n")
    code = f"""
import inspect, multiprocessing, sys
from pathlib import Path
if __name__ == "__main__":
    others = [p for p in sys.path if not (Path(p or ".") / "mmtal").is_dir()]
    sys.path[:] = [{str(site)!r}, {str(tmp_path)!r}, *others]
    import mmtal
    from mmengine.config import Config
    from mmtal.config_files import find_config, resource_root
    from mmtal.registry import MODELS
    print(find_config("actionformer/thumos_i3d"))
    Config.fromfile(resource_root() / "projects/tridet/configs/thumos_i3d.py")
    backbone = MODELS.get("SGPNet")
    print(inspect.getfile(backbone))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(inspect.getfile, (backbone,)))
    import projects.mine.part
    print(projects.mine.part.NAME)
"""
    script = tmp_path / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    lines = done.stdout.split()
    assert len(lines) == 4, done.stderr
    resources = site / "mmtal/.mim"
    assert lines[0] == str(resources / "configs/actionformer/thumos_i3d.py")
    assert lines[1] == lines[2] == str(resources / "projects/tridet/tridet/sgp_net.py")
    assert lines[3] == "mine"


def test_the_demo_checkpoint_holds_half_precision_and_plain_values():
    checkpoint = torch.load(demo_checkpoint(), weights_only=True)
    assert {value.dtype for value in checkpoint["state_dict"].values()} == {torch.float16}
    assert demo_checkpoint().stat().st_size < 4e6
    record = json.loads(demo_checkpoint().with_suffix(".json").read_text())
    assert record["mAP"]["float16"] == pytest.approx(record["mAP"]["float32"], abs=0.002)


def test_an_editable_install_does_not_hide_projects(tmp_path):
    code = "import mmtal, projects; print(*projects.__path__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if "No module named 'mmtal'" in done.stderr:
        pytest.skip("mmtal is not installed here: make install")
    assert str(ROOT / "projects") in done.stdout.split(), done.stderr


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        (
            "ModuleNotFoundError('No module named mmengine', name='mmengine')",
            "pip install onedl-mmengine",
        ),
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
import mmtal  # needs none of it
import mmtal.registry
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert remedy in done.stderr.splitlines()[-1]
