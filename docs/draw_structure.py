"""Draw the folders of mmtal with their imports: python docs/draw_structure.py.

``tests/test_structure.py`` holds the order that is drawn. Every import counts, also one inside a
function.
"""

import ast
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "structure.svg"
BASE = "mmtal"
"""Stands for the modules beside the folders that nearly all of them import."""
LEVELS = (
    ("utils",),
    (BASE,),
    ("runtime",),
    ("structures",),
    ("ops", "datasets", "visualization"),
    ("models",),
    ("checkpoints",),
    ("preparation",),
    ("results",),
    ("evaluation",),
    ("engine", "error_analysis"),
    ("inference",),
    ("experiments",),
    ("apis", "new_project"),
    ("cli",),
)
"""From the bottom: a folder imports only from levels below its own."""
FACES = ("mmtal.__main__", "mmtal.utils")
"""Entries that only pass on to where things live: ``python -m mmtal``, a script for developers, and
what users of other frameworks look for in ``mmtal.utils``."""


def modules(root: Path = ROOT) -> dict[str, Path]:
    """The package's modules by name; templates for new projects are text, not modules."""
    paths = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((root / "mmtal").rglob("*.py"))
    }
    return {name: path for name, path in paths.items() if ".templates." not in name}


def folder_of(module: str) -> str:
    """The folder that a module lies in; see ``BASE`` for those that lie in none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in sum(LEVELS, ()) else BASE


def imports(files: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    """Every import of a module of the package by another, inside functions, too."""
    for module, path in files.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                inside = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [name if name in files else node.module for name in inside]
            else:
                continue
            yield from ((module, name) for name in names if name.split(".")[0] == "mmtal")


def violations(files: Mapping[str, Path]) -> list[str]:
    """Imports that do not go down."""
    level = {folder: number for number, folders in enumerate(LEVELS) for folder in folders}
    return [
        f"{module} imports {other}"
        for module, other in imports(files)
        if folder_of(module) != folder_of(other)
        and level[folder_of(other)] >= level[folder_of(module)]
        and module not in FACES
    ]


def sentence_of(folder: str) -> str:
    """What lives in a folder and what may import it: its docstring."""
    if folder == BASE:
        return "Registry, plugins, config files, version. Everything but utils may import them."
    tree = ast.parse(modules()[f"mmtal.{folder}"].read_text(encoding="utf-8"))
    return " ".join((ast.get_docstring(tree) or "").split())


def draw() -> Path:
    """Write the picture: a row for each folder, a column for each folder that it imports."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"svg.hashsalt": "mmtal", "svg.fonttype": "none"})
    folders = [folder for level in LEVELS for folder in level]
    counts = Counter((folder_of(a), folder_of(b)) for a, b in imports(modules()) if a not in FACES)
    number = len(folders)
    figure = Figure(figsize=(14, 0.42 * number + 1.9))
    axes = figure.add_axes((0.1, 0.02, 0.44, 0.84))
    axes.set(xlim=(-0.5, number - 0.5), ylim=(-0.5, number - 0.5), aspect="auto")
    top = -0.5
    for place, level in enumerate(LEVELS):
        if place % 2 == 0:
            axes.axhspan(top, top + len(level), color="0.95", zorder=0)
        top += len(level)
    for row, folder in enumerate(folders):
        axes.text(row, row, "■", ha="center", va="center", color="0.75")
        for column, other in enumerate(folders):
            count = counts[folder, other] * (row != column)
            if count:
                color = "#0072B2" if column < row else "#D55E00"
                axes.text(column, row, str(count), ha="center", va="center", color=color)
        axes.text(
            number - 0.2,
            row,
            "\n".join(textwrap.wrap(sentence_of(folder), 92)),
            ha="left",
            va="center",
            size=8,
        )
    axes.set_xticks(range(number), folders, rotation=45, ha="left")
    axes.set_yticks(range(number), folders)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    axes.spines[:].set_visible(False)
    figure.text(
        0.02, 0.965, "How often the folder of a row imports from the folder of a column", size=11
    )
    figure.savefig(PICTURE, metadata={"Date": None})
    return PICTURE


if __name__ == "__main__":
    print(f"written to {draw()}")
