"""Derive and check the names of a new project and its parts."""

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from mmtal import registry
from mmtal.registry import TALRegistry

REGISTRIES = dict(
    head="HEADS", backbone="BACKBONES", dataset="DATASETS", loss="LOSSES", metric="METRICS"
)


@dataclass(frozen=True)
class Names:
    """What a project and its component are called.

    Attributes:
        project: Folder and module, ``my_idea``.
        component: Module of the component, ``my_idea_head``.
        class_name: Class of the component, ``MyIdeaHead``.
    """

    project: str
    component: str
    class_name: str

    @classmethod
    def of(cls, name: str, kind: str) -> "Names":
        """Names after one in any style: ``my_idea``, ``my-idea``, ``MyIdea``; else ValueError."""
        project = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", project) or keyword.iskeyword(project):
            raise ValueError(
                "name must be a Python name in letters, digits and single underscores that begins "
                f"with a letter and is no keyword, such as my_idea, but got '{name}'"
            )
        component = project if project.split("_")[-1] == kind else f"{project}_{kind}"
        return cls(project, component, "".join(part.capitalize() for part in component.split("_")))

    def fill(self, text: str) -> str:
        """A template's text or path under these names."""
        names = {
            "my_project": self.project,
            "my-project": self.project.replace("_", "-"),
            "my_component": self.component,
            "MyComponent": self.class_name,
        }
        return re.sub("|".join(names), lambda found: names[found[0]], text)


def check_module_name(module: str) -> None:
    """Refuse (ValueError) names that would hide another module, or be hidden by it."""
    if module in sys.stdlib_module_names:
        raise ValueError(f"name '{module}' is taken by a module of Python's: choose another")
    found = importlib.util.find_spec(module)
    if found is not None:
        where = found.origin or ", ".join(found.submodule_search_locations or [])
        raise ValueError(f"name '{module}' is taken by the module {where}: choose another")


def check_class_name(names: Names, kind: str, projects: Path | None) -> None:
    """Refuse (ValueError) a component or a test file whose name is in use.

    ``projects`` is the folder of the other projects; None for a package.
    """
    components: TALRegistry = getattr(registry, REGISTRIES[kind])
    if names.class_name in components.names():
        raise ValueError(
            f"{names.class_name} is registered by {components.get(names.class_name).__module__} "
            "already: choose another name"
        )
    if projects is None:
        return
    for path in sorted(projects.glob("*/*/*.py")):
        if re.search(rf"^class {names.class_name}\b", path.read_text(), re.MULTILINE):
            raise ValueError(f"{path} has a class {names.class_name} already: choose another name")
    # pytest takes two test files of one name for the same module
    test = f"test_{names.component}.py"
    for path in [*projects.glob(f"*/tests/{test}"), *projects.parent.glob(f"tests/**/{test}")]:
        raise ValueError(f"{path} is a test file of the same name: choose another name")
