"""Folders import only from those below them; see docs/draw_structure.py for the order."""

import subprocess
import sys
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from docs.draw_structure import BASE, FACES, LEVELS, folder_of, imports, modules, violations
from docs.draw_structure import sentence_of as sentence

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = [folder for level in LEVELS for folder in level]


def test_every_import_goes_down() -> None:
    assert not violations(modules())


def test_no_modules_import_each_other_in_a_circle() -> None:
    before: dict[str, set[str]] = {}
    for module, other in imports(modules()):
        if module != other and module not in FACES:
            before.setdefault(module, set()).add(other)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_pictures_are_drawn_of_arrays() -> None:
    """Structures hold the arrays; nothing is read, matched or computed by a model."""
    own = [pair for pair in imports(modules()) if folder_of(pair[0]) == "visualization"]
    assert {folder_of(other) for _, other in own} == {"visualization", "structures", "utils"}


def test_every_folder_has_its_level_and_says_who_may_import_it() -> None:
    folders = {name.split(".")[1] for name in modules() if name.count(".") > 1}
    assert folders <= set(FOLDERS)
    for folder in sorted(folders):
        assert "may import" in sentence(folder), f"mmtal/{folder}/__init__.py"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("from mmtal.utils.files import x", [], id="below"),
        pytest.param("from mmtal.cli import x", ["mmtal.models.a imports mmtal.cli"], id="above"),
        pytest.param("import mmtal.cli", ["mmtal.models.a imports mmtal.cli"], id="plain import"),
        pytest.param(
            "def f():\n    from mmtal import cli\n", ["mmtal.models.a imports mmtal.cli"], id="lazy"
        ),
        pytest.param("import numpy", [], id="no business of ours"),
    ],
)
def test_imports_up_are_seen(tmp_path: Path, text: str, expected: list[str]) -> None:
    for name, content in {"models/a.py": text, "cli/__init__.py": "", "utils/files.py": ""}.items():
        path = tmp_path / "mmtal" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert violations(modules(tmp_path)) == expected


@pytest.mark.parametrize("module", ["mmtal.evaluation.average_precision", "mmtal.results.fusion"])
def test_figures_need_neither_torch_nor_pictures(module: str) -> None:
    heavy = "{'torch', 'matplotlib', 'mmengine'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_base_is_what_lies_in_no_folder() -> None:
    assert folder_of("mmtal.registry") == folder_of("mmtal") == BASE
    assert folder_of("mmtal.models.heads") == "models"


def test_no_two_test_files_have_one_name() -> None:
    """Else pytest reads one of them only."""
    root = Path(__file__).parent.parent
    paths = [p for folder in ("tests", "projects") for p in (root / folder).rglob("test_*.py")]
    names = Counter(path.name for path in paths)
    assert [name for name, number in names.items() if number > 1] == []


def test_the_repository_holds_what_it_is_known_to_hold() -> None:
    """No output of a command that was tried, and no file that is too long to read."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a checkout")
    files = listed.stdout.splitlines()
    folders = {name.split("/")[0] for name in files if "/" in name}
    assert folders == {
        ".ci", ".github", "benchmarks", "configs", "data", "demo", "docs", "mmtal", "projects",
        "requirements", "tests", "tools",
    }  # fmt: skip
    python = [ROOT / name for name in files if name.endswith(".py")]
    assert [path for path in python if len(path.read_bytes().splitlines()) > 400] == []
