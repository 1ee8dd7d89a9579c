"""Plugins can rely on what docs/public_api.md promises, and rely on nothing else."""

import ast
import sys
from pathlib import Path

import pytest

from mmtal import public_api as module
from mmtal.cli.entry import run_tool
from mmtal.new_project.generator import TEMPLATES
from mmtal.plugins import compatible_versions
from mmtal.public_api import (
    HOW_TO_GO_ON,
    PAGE,
    broken_promises,
    format_page,
    private_uses,
    public_api,
    read_page,
)
from mmtal.version import __version__

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = ["example_project", "opentad_actionformer", "temporalmaxer", "tridet"]


def test_the_code_keeps_its_promises():
    versions, promised = read_page(PAGE.read_text())
    broken = broken_promises(promised, public_api())
    if versions == compatible_versions(__version__):
        assert not broken, "\n".join([*broken, HOW_TO_GO_ON])


def test_the_page_lists_what_is_public():
    assert PAGE.read_text() == format_page(public_api()), (
        "docs/public_api.md is not what the code promises: if no promise is broken (see the test "
        "above), run `python -m mmtal.public_api` and commit the page"
    )


def test_a_page_is_read_as_it_was_written():
    api = public_api()
    assert read_page(format_page(api)) == (compatible_versions(__version__), api)
    assert sum(map(len, api.values())) > 200
    assert "(features, masks)" in api["mmtal.models"]["AnchorFreeHead.forward"]
    assert not [name for entries in api.values() for name in entries if "._" in name[:-8]]


@pytest.mark.parametrize(
    ("promised", "now", "expected"),
    [
        ("(a, b=...)", "(a, b=..., c=...)", []),
        ("(a, *, b)", "(a, *, c=..., b)", []),
        ("(a)", "(a=...)", []),
        ("(a)", "(a, **kwargs)", []),
        ("(a, *, b=...)", "(a, b=...)", []),
        ("", "(a)", []),
        ("(a, b=...)", "(a)", ["has no parameter 'b' any more"]),
        ("(a, b)", "(a, c)", ["has no parameter 'b' any more", "now needs 'c'"]),
        ("(a, b)", "(b, a)", ["has 'a' at another place", "has 'b' at another place"]),
        ("(a, b)", "(a, c=..., b=...)", ["has 'b' at another place"]),
        ("(a, b=...)", "(a, *, b=...)", ["takes 'b' by name only"]),
        ("(a, b=...)", "(a, b)", ["now needs 'b'"]),
        ("(a, *, b=...)", "(a, *, c, b=...)", ["now needs 'c'"]),
        ("(a, *, b)", "(a)", ["has no parameter 'b' any more"]),
        ("(*args, a)", "(a)", ["takes no further places any more"]),
        ("(a, **kwargs)", "(a)", ["takes no further names any more"]),
        ("(a)", "", ["cannot be called any more"]),
    ],
)
def test_changes_that_break_plugins_are_found(promised, now, expected):
    found = broken_promises({"mmtal.models": {"f": promised}}, {"mmtal.models": {"f": now}})
    assert found == [f"mmtal.models.f {change}" for change in expected]


@pytest.mark.parametrize("now", [{}, {"mmtal.models": {"g": "(a)"}}])
def test_a_name_that_is_gone_is_found(now):
    assert broken_promises({"mmtal.models": {"f": "(a)"}}, now) == ["mmtal.models.f is gone"]


# ---------------------------------------------------------------- who relies on it


@pytest.mark.parametrize("name", PLUGINS)
def test_plugins_rely_on_promises_alone(name):
    project = ROOT / "projects" / name
    # golden tests look inside; the example's tests are there to be copied
    folders = [project / name, *([project / "tests"] if name == "example_project" else [])]
    files = [file for folder in folders for file in folder.glob("*.py")]
    assert len(files) >= 3
    assert [use for file in files for use in private_uses(file)] == []


def test_new_projects_rely_on_promises_alone():
    files = sorted(TEMPLATES.rglob("*.py"))
    assert len(files) >= 15
    assert [use for file in files for use in private_uses(file)] == []


@pytest.mark.parametrize("name", PLUGINS)
def test_plugins_say_which_versions_they_work_with(name):
    tree = ast.parse((ROOT / "projects" / name / name / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.With)]
    call = block.items[0].context_expr
    assert isinstance(call, ast.Call) and ast.unparse(call.func) == "requires_mmtal"
    assert ast.literal_eval(call.args[0]) == compatible_versions(__version__)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in imports] == ["mmtal.plugins"], "the rest is in the block"


CODE = """
import mmtal.utils.wording
from mmtal.utils import wording
from mmtal import models
from mmtal.models import AnchorFreeHead
from mmtal.models.heads.anchor_free_head import AnchorFreeHead as Same
from mmtal.utils.errors import USER_ERRORS

class Head(AnchorFreeHead):
    _table = ()

    def __init__(self):
        self._own = 1
        self._theirs(self._own, self._also_own(), self._table)

    def _also_own(self):
        return super()._theirs()
"""
USES = [
    "2: mmtal.utils.wording",
    "3: mmtal.utils.wording",
    "6: mmtal.models.heads.anchor_free_head.AnchorFreeHead",
    "7: mmtal.utils.errors.USER_ERRORS",
    "14: self._theirs",
    "17: self._theirs",
]


def test_private_uses_are_found(tmp_path):
    file = tmp_path / "head.py"
    file.write_text(CODE)
    assert private_uses(file) == [f"{file}:{use}" for use in USES]


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["public_api", *map(str, arguments)])
        code = 0
        try:
            run_tool(module.main)
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call


def test_a_plugin_is_checked(tmp_path, run):
    (tmp_path / "head.py").write_text(CODE)
    code, out, _ = run(tmp_path)
    assert code == 1 and len(out.splitlines()) == len(USES)
    (tmp_path / "head.py").write_text("from mmtal.models import AnchorFreeHead\n")
    assert run(tmp_path) == (0, "1 file: nothing that is not promised\n", "")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.py", None, "No such file"),
        ("wrong.py", "class:\n", "wrong.py, line 1: no Python: "),
    ],
)
def test_what_cannot_be_read_is_an_error(tmp_path, run, name, text, message):
    if text:
        (tmp_path / name).write_text(text)
    code, out, err = run(tmp_path / name)
    assert (code, out) == (1, "") and message in err.splitlines()[0]


def test_the_page_is_written_only_where_it_breaks_no_promise(tmp_path, monkeypatch, run):
    monkeypatch.setattr(module, "PAGE", page := tmp_path / "page.md")
    code, _, err = run()
    assert code == 1 and "run this in a checkout of mmtal" in err
    api = {**public_api(), "mmtal.models": {"OldHead": "(in_channels)"}}
    page.write_text(before := format_page(api))
    code, _, err = run()
    assert code == 1 and err.startswith("error: mmtal.models.OldHead is gone\n")
    assert HOW_TO_GO_ON in err and page.read_text() == before
    page.write_text(before.replace(compatible_versions(__version__), ">=0.0,<0.1"))
    assert run()[0] == 0
    assert page.read_text() == format_page(public_api())
