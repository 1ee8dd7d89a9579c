"""What imports cost: ``import mmtal`` loads nothing but itself, a room loads what it works with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def modules_after(statement: str) -> list[str]:
    """Modules that a statement adds to a new interpreter."""
    code = (
        f"import json, sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        f"{statement}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_package_imports_nothing_but_the_standard_library():
    found = modules_after("import mmtal")
    others = [name for name in found if name.partition(".")[0] not in sys.stdlib_module_names]
    assert others == ["mmtal", "mmtal.config_files", "mmtal.renames", "mmtal.version"]
    assert len(found) < 50


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("mmtal.apis", ("torch", "mmengine")),
        ("mmtal.utils", ("torch", "mmengine")),
        ("mmtal.config_files", ("torch", "mmengine")),
        ("mmtal.plugins", ("torch", "mmengine")),
        ("mmtal.runtime", ("torch", "mmengine", "matplotlib", "cv2", "numba", "onnxruntime")),
        ("mmtal.registry", ("torch", "cv2", "mmtal.models", "mmtal.engine")),
        ("mmtal.evaluation.average_precision", ("torch", "mmengine")),
        ("mmtal.structures", ("cv2", "scipy", "matplotlib", "mmtal.registry")),
        ("mmtal.checkpoints.loading", ("cv2", "matplotlib", "mmtal.models")),
    ],
)
def test_a_module_imports_only_what_it_works_with(module, absent):
    found = modules_after(f"import {module}")
    assert module in found
    assert not set(absent) & set(found)
