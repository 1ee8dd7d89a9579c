"""Generate a project that trains and passes its test.

The templates are working code of a project called ``my_project`` with a component
``MyComponent`` in ``my_component.py``; a new project is their text under other names.
"""

from dataclasses import dataclass
from pathlib import Path

from mmtal.new_project.names import Names, check_class_name, check_module_name
from mmtal.plugins import compatible_versions
from mmtal.version import __version__

TEMPLATES = Path(__file__).resolve().parent / "templates"
DESIGNS = ("query", "proposal")
"""What a detector may be based on, the default first."""
TESTS = dict(
    head=["model"], backbone=["model"], dataset=["dataset"], loss=["model"], metric=["metric"],
    query=["model", "training"], proposal=["model", "training"],
)  # fmt: skip
"""Templates of the tests for each template of a component."""
KINDS = (*(kind for kind in TESTS if kind not in DESIGNS), "detector", "package")
TEMPLATE_VERSIONS = ">=0.1,<0.2"
"""Versions of mmtal that the templates' text names."""


@dataclass(frozen=True)
class NewProject:
    """What was written.

    Attributes:
        folder: The project's folder.
        class_name: The component, as configs call it.
        files: Paths below the folder, the component's first.
        commands: What to run next, from the top folder of the repository.
    """

    folder: Path
    class_name: str
    files: list[Path]
    commands: list[str]


def new_project(
    name: str,
    *,
    kind: str,
    design: str | None = None,
    package: bool = False,
    folder: str | Path | None = None,
) -> NewProject:
    """Write a project with one component that does something simple and true.

    The name is in any of the styles ``my_idea``, ``my-idea``, ``MyIdea``; ``design`` is what a
    detector, whose component is its head, is based on: one of ``DESIGNS``. ``package``, or the kind
    ``package`` (of a head): a package with an entry point, not a project of this repository. The
    folder is ``projects`` by default, for a package the current one.

    Raises:
        ValueError: The name cannot be used, or is taken; or there is no such kind or design.
        FileNotFoundError: There is no such folder, or no recipe to inherit from.
        FileExistsError: There is such a project.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, but got '{kind}'")
    if design is not None and (kind != "detector" or design not in DESIGNS):
        raise ValueError(
            f"design must be {' or '.join(DESIGNS)} for the kind detector, and left out for "
            f"others, but got '{design}' for '{kind}'"
        )
    template = kind
    if kind == "package":
        kind = template = "head"
        package = True
    elif kind == "detector":
        kind, template = "head", design or DESIGNS[0]
    names = Names.of(name, kind)
    folder = Path(folder or ("." if package else "projects"))
    _check_folder(folder, package)
    target = folder / names.project
    if target.exists():
        raise FileExistsError(f"{target} exists: choose another name")
    check_module_name(names.project)
    check_class_name(names, kind, None if package else folder)
    texts = {path: names.fill(text) for path, text in _texts(template, package).items()}
    files = [Path(names.fill(path)) for path in texts]
    for path, text in zip(files, texts.values(), strict=True):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    place = target if folder == Path("projects") else target.resolve()
    config = place / "configs" / f"hapt_{names.project}.py"
    install = [f"pip install --no-deps --no-build-isolation -e {place}"] if package else []
    commands = [*install, f"python -m pytest {place}", f"mmtal train {config}"]
    return NewProject(target, names.class_name, files, commands)


def _texts(template: str, package: bool) -> dict[str, str]:
    """Template of every file of a project, by its path in it."""
    form = "package" if package else "project"
    config = _read(f"configs/{template}.py")
    texts = {
        "my_project/my_component.py": _read(f"components/{template}.py"),
        "my_project/__init__.py": _read(f"{form}/__init__.py"),
        "configs/hapt_my_project.py": config.replace(
            _read("project/config_start.py"), _read(f"{form}/config_start.py")
        ),
        **{
            f"tests/test_my_component{ending}.py": _read(f"tests/{test}.py")
            for test, ending in zip(TESTS[template], ("", "_training"), strict=False)
        },
        "README.md": _read(f"{form}/README.md"),
    }
    if package:
        texts["pyproject.toml"] = _read("package/pyproject.toml")
    versions = compatible_versions(__version__)
    return {path: text.replace(TEMPLATE_VERSIONS, versions) for path, text in texts.items()}


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _check_folder(folder: Path, package: bool) -> None:
    name, recipe = folder.resolve().name, folder.resolve().parent / "configs/actionformer/demo.py"
    if not package and (name != "projects" or (folder.is_dir() and not recipe.is_file())):
        raise FileNotFoundError(
            f"a project must lie in the folder projects/ of mmtal's repository, but got "
            f"'{folder}': its config inherits from {recipe}. Add --package for a package that "
            "may lie anywhere"
        )
    if not folder.is_dir():
        what = "make it" if package else "start this in the top folder of mmtal's repository"
        other = "" if package else ", or add --package"
        raise FileNotFoundError(f"folder '{folder}' does not exist: {what}{other}")
