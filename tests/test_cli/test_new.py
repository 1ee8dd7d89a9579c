"""Generated projects pass their test, train, and are clean; bad names are refused."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmtal.new_project import DESIGNS, KINDS, new_project
from mmtal.new_project.generator import TEMPLATE_VERSIONS, TEMPLATES, TESTS
from mmtal.new_project.names import Names
from mmtal.plugins import compatible_versions
from mmtal.version import __version__

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "pyproject.toml"
COMPONENTS = [kind for kind in KINDS if kind not in ("detector", "package")]
DETECTORS = [dict(kind="detector", design=design) for design in DESIGNS]
ALL = [*(dict(kind=kind) for kind in COMPONENTS), *DETECTORS]
TRAIN = """
import sys
from mmtal.engine.runner import build_runner, load_config

for path in sys.argv[1:]:
    config = load_config(path)
    for loader in (config.train_dataloader, config.val_dataloader):
        loader.update(num_workers=0, persistent_workers=False, batch_size=1)
        loader.dataset.indices = 1
    config.model.backbone.embed_channels = 16
    config.train_cfg.update(max_epochs=1, val_interval=1)
    config.param_scheduler = None
    runner = build_runner(config)
    runner.train()
    assert runner.iter > 0
    print("TRAINED", type(runner.model.head).__module__, *runner.message_hub.log_scalars)
"""


@pytest.fixture
def top(tmp_path, monkeypatch) -> Path:
    """A folder like the repository's top folder, without projects."""
    (tmp_path / "projects").mkdir()
    for name in ("configs", "data", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python(*arguments: object, cwd: Path) -> str:
    """Run Python with ``cwd``, and ``cwd/site`` as site-packages; return what it printed."""
    (cwd / "sitecustomize.py").write_text("import site; site.addsitedir('site')")
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": f"{cwd}:{ROOT}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


# ---------------------------------------------------------------- they work


@pytest.mark.slow  # new processes, trainings
def test_projects_pass_their_tests_and_train(top):
    created = {kind: new_project(f"bold_{kind}", kind=kind) for kind in COMPONENTS}
    out = python("-m", "pytest", "-v", *(p.folder for p in created.values()), cwd=top)
    for kind in COMPONENTS:
        assert f"test_bold_{kind}.py::" in out
    # the tests of the other kinds take a training step with the model of their config
    configs = [created[kind].commands[-1].split()[-1] for kind in ("dataset", "metric")]
    out = python("-c", TRAIN, *configs, cwd=top)
    dataset, metric = (line for line in out.splitlines() if line.startswith("TRAINED "))
    assert "tal/mAP" in dataset
    assert "tal/mAP" in metric and "tal/bold_metric" in metric


@pytest.mark.slow  # trainings
def test_detectors_learn_from_the_embedded_data(top):
    folders = [new_project(f"bold_{given['design']}", **given).folder for given in DETECTORS]
    out = python("-m", "pytest", "-v", *folders, cwd=top)
    for design in DESIGNS:
        learned = f"test_bold_{design}_head_training.py::test_it_learns_and_is_evaluated PASSED"
        assert learned in out
    assert " 8 passed" in out


@pytest.mark.slow
def test_a_package_is_installed_found_by_its_entry_point_and_trains(top):
    package = new_project("bold_idea", kind="package")
    install, test, train = package.commands
    assert install.startswith("pip install ")
    python("-m", *install.split(), "-q", "--target", "site", cwd=top)
    assert " passed" in python("-m", "pytest", test.split()[-1], cwd=top)
    out = python("-c", TRAIN, train.split()[-1], cwd=top)
    assert "TRAINED bold_idea.bold_idea_head " in out


@pytest.mark.slow  # mypy reads mmtal
def test_lint_and_types_are_clean(top, monkeypatch):
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    names = [f"bold_{given.get('design', given['kind'])}" for given in ALL]
    for name, given in zip(names, ALL, strict=True):
        new_project(name, **given)
        new_project(name, **given, package=True)
    folders = ["projects", *names]
    # where mmtal is not first-party, import blocks are divided otherwise
    own = ["--config", "lint.isort.known-first-party=['mmtal', 'projects']"]
    settings = ["--no-cache", "--config", SETTINGS]
    # paths of the settings are those of this repository
    for ignored in ("tests/*.py:D", "tests/*.py:PL", "tests/*.py:S", "configs/*.py:D"):
        own += ["--extend-per-file-ignores", f"**/{ignored}"]
    python("-m", "ruff", "check", *settings, *own, *folders, cwd=top)
    python("-m", "ruff", "format", "--check", *settings, *folders, cwd=top)
    code = [path for path in top.glob("projects/*/*/*.py") if path.parent.name != "configs"]
    assert len(code) == 3 * len(ALL) + len(DETECTORS)
    if (ROOT / ".mypy_cache").is_dir():  # what `make lint` has read of PyTorch
        shutil.copytree(ROOT / ".mypy_cache", top / "cache")
    mypy = ["-m", "mypy", "--config-file", SETTINGS, "--cache-dir", top / "cache"]
    assert "Success" in python(*mypy, *code, cwd=top)


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize("kind", COMPONENTS)
def test_a_project_is_one_component_one_config_one_test_and_a_readme(top, kind, run):
    code, out, err = run("bold-idea", "--kind", kind)
    assert (code, err) == (0, "")
    expected = [
        f"bold_idea/bold_idea_{kind}.py",
        "bold_idea/__init__.py",
        "configs/hapt_bold_idea.py",
        f"tests/test_bold_idea_{kind}.py",
        "README.md",
    ]
    folder = top / "projects" / "bold_idea"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == set(expected)
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == f"BoldIdea{kind.capitalize()} is in projects/bold_idea:"
    assert lines[1:6] == expected
    assert lines[7:] == [
        "python -m pytest projects/bold_idea",
        "mmtal train projects/bold_idea/configs/hapt_bold_idea.py",
    ]
    for path in expected:
        text = (folder / path).read_text()
        assert not [word for word in ("my_", "my-", "MyComponent") if word in text], path
        if path.endswith(".py"):
            ast.parse(text)


@pytest.mark.parametrize(
    ("words", "class_name"),
    [((), "QueryHead"), (("--design", "query"), "QueryHead"), (("--design", "proposal"), "Detect")],
)
def test_a_detector_is_a_head_with_two_tests(top, run, words, class_name):
    code, out, err = run("bold-idea", "--kind", "detector", *words)
    assert (code, err) == (0, "")
    assert out.startswith("BoldIdeaHead is in projects/bold_idea:")
    folder = top / "projects" / "bold_idea"
    assert (
        f"class BoldIdeaHead({class_name}" in (folder / "bold_idea/bold_idea_head.py").read_text()
    )
    tests = sorted(path.name for path in folder.glob("tests/*"))
    assert tests == ["test_bold_idea_head.py", "test_bold_idea_head_training.py"]


def test_a_design_is_of_a_detector(top, run):
    code, _, err = run("bold", "--kind", "head", "--design", "query")
    assert code == 2 and "and left out for others, but got 'query' for 'head'" in err
    assert not list((top / "projects").iterdir())


def test_packages_lie_where_they_are_asked_to_and_need_no_repository(tmp_path, run):
    code, out, _ = run("BoldIdea", "--kind", "loss", "--package", "--out", tmp_path)
    assert code == 0
    folder = tmp_path / "bold_idea"
    assert f"pip install --no-deps --no-build-isolation -e {folder}" in out
    text = (folder / "pyproject.toml").read_text()
    assert 'bold_idea = "bold_idea"' in text
    assert f'dependencies = ["mmtal{compatible_versions(__version__)}"]' in text
    for path in folder.rglob("*.py"):
        assert "projects" not in path.read_text(), path


def test_templates_say_what_the_generator_replaces():
    """Else a replacement would silently do nothing."""
    assert set(TESTS) == {path.stem for path in (TEMPLATES / "components").glob("*.py")}
    start = (TEMPLATES / "project" / "config_start.py").read_text()
    configs = sorted((TEMPLATES / "configs").glob("*.py"))
    assert len(configs) == len(TESTS)
    for path in configs:
        assert start in path.read_text(), path
    for path in ("project/__init__.py", "package/pyproject.toml"):
        assert TEMPLATE_VERSIONS in (TEMPLATES / path).read_text(), path


def test_the_projects_here_could_be_generated_today():
    assert compatible_versions(__version__) == TEMPLATE_VERSIONS


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("bold", "head", ("bold", "bold_head", "BoldHead")),
        ("BoldHead", "head", ("bold_head", "bold_head", "BoldHead")),
        ("bold-v2", "loss", ("bold_v2", "bold_v2_loss", "BoldV2Loss")),
        ("overhead", "head", ("overhead", "overhead_head", "OverheadHead")),
    ],
)
def test_names_are_made_from_one(name, kind, expected):
    assert Names.of(name, kind) == Names(*expected)


def test_a_project_may_be_called_as_the_templates_call_things():
    names = Names.of("my-component", "loss")
    assert names.fill("my_project.my_component") == "my_component.my_component_loss"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2fast", "name must be a Python name in letters"),
        ("bold idea", "but got 'bold idea'"),
        ("../up", "but got '../up'"),
        ("lambda", "is no keyword"),
        ("_bold", "begins with a letter"),
        ("tämpo", "name must be a Python name in letters"),
        ("", "but got ''"),
        ("json", "name 'json' is taken by a module of Python's"),
        ("numpy", "name 'numpy' is taken by the module"),
        ("anchor-free", "AnchorFreeHead is registered by mmtal.models.heads.anchor_free_head"),
    ],
)
def test_names_that_cannot_be_are_refused_before_anything_is_written(top, run, name, message):
    code, out, err = run(name, "--kind", "head")
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and message in err.splitlines()[0]
    assert not list((top / "projects").iterdir())


def test_what_exists_is_not_touched(top, run):
    (top / "projects" / "bold").mkdir()
    code, _, err = run("bold", "--kind", "head")
    assert code == 2 and "projects/bold exists: choose another name" in err
    assert not list((top / "projects" / "bold").iterdir())


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("projects/x/x/heads.py", "class BoldHead(Base):\n    pass\n", "a class BoldHead already"),
        ("projects/x/tests/test_bold_head.py", "", "is a test file of the same name"),
        ("tests/test_models/test_bold_head.py", "", "is a test file of the same name"),
    ],
)
def test_names_of_other_projects_are_not_taken(top, run, path, text, message):
    (top / path).parent.mkdir(parents=True)
    (top / path).write_text(text)
    code, _, err = run("bold", "--kind", "head")
    assert code == 2 and message in err
    assert not (top / "projects" / "bold").exists()


def test_a_project_needs_the_repository_around_it(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("bold", "--kind", "head")
    assert code == 2 and "folder 'projects' does not exist: start this in the top folder" in err
    code, _, err = run("bold", "--kind", "head", "--out", tmp_path)
    assert code == 2 and "a project must lie in the folder projects/" in err
    code, _, err = run("bold", "--kind", "head", "--out", "elsewhere")  # making it would not help
    assert code == 2 and "a project must lie in the folder projects/" in err
    code, _, err = run("bold", "--kind", "package", "--out", "elsewhere")
    assert code == 2 and "folder 'elsewhere' does not exist: make it" in err
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind must be one of head, .*, package, but got 'neck'"):
        new_project("bold", kind="neck")
