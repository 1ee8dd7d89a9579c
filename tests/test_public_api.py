"""What the API reference shows is whole and documented, and plugins rely on nothing else."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from mmtal.new_project.generator import TEMPLATES
from mmtal.plugins import compatible_versions
from mmtal.utils.yaml_files import read_yaml
from mmtal.version import __version__

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = sorted(path.parent.name for path in ROOT.glob("projects/*/README.md"))
API = read_yaml(ROOT / "mkdocs.yml")["extra"]["api"]


def public_names(module: str) -> list[str]:
    """Names of ``__all__``, or those that a module defines itself."""
    found = importlib.import_module(module)
    own = [
        name for name, value in vars(found).items() if getattr(value, "__module__", "") == module
    ]
    return [n for n in getattr(found, "__all__", own) if not n.startswith("_")]


def private_imports(file: Path) -> list[str]:
    """What a plugin's file imports from mmtal beside the public API, as ``LINE: NAME``."""
    public = {f"{module}.{name}" for module in API for name in public_names(module)}
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mmtal":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names if a.name.split(".")[0] == "mmtal"]
        found += [f"{node.lineno}: {n}" for n in names if n not in public and n not in API]
    return found


@pytest.mark.parametrize("module", API)
def test_what_is_public_is_there_and_documented(module):
    names = public_names(module)
    assert names
    found = importlib.import_module(module)
    for name in names:
        value = getattr(found, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert (value.__doc__ or "").strip(), f"{module}.{name} has no docstring"


@pytest.mark.parametrize("name", PLUGINS)
def test_plugins_rely_on_the_public_api_alone(name):
    files = sorted((ROOT / "projects" / name / name).glob("*.py"))
    assert files
    assert {file.name: uses for file in files if (uses := private_imports(file))} == {}


def test_new_projects_rely_on_the_public_api_alone():
    files = sorted(TEMPLATES.rglob("*.py"))
    assert len(files) >= 15
    assert {file.name: uses for file in files if (uses := private_imports(file))} == {}


def test_private_imports_are_found(tmp_path):
    (file := tmp_path / "head.py").write_text(
        "import mmtal.utils.wording\n"
        "from mmtal import models\n"
        "from mmtal.models import AnchorFreeHead\n"
        "from mmtal.models.heads.anchor_free_head import AnchorFreeHead as Same\n"
    )
    assert private_imports(file) == [
        "1: mmtal.utils.wording",
        "4: mmtal.models.heads.anchor_free_head.AnchorFreeHead",
    ]


@pytest.mark.parametrize("name", PLUGINS)
def test_plugins_say_which_versions_they_work_with(name):
    tree = ast.parse((ROOT / "projects" / name / name / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.With)]
    call = block.items[0].context_expr
    assert isinstance(call, ast.Call) and ast.unparse(call.func) == "requires_mmtal"
    assert ast.literal_eval(call.args[0]) == compatible_versions(__version__)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in imports] == ["mmtal.plugins"], "the rest is in the block"
