"""What users of other OpenMMLab projects call first."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("scope", "expected"), [(True, "mmtal"), (False, "None")])
def test_mmengines_registries_find_every_component_afterwards(scope, expected):
    code = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from mmtal.utils import register_all_modules
register_all_modules(init_default_scope={scope})
from mmengine.registry import HOOKS, MODELS, DefaultScope
now = DefaultScope.get_current_instance()
found = MODELS.get("mmtal.FPN"), HOOKS.get("mmtal.SeedHook")
print(*(cls.__name__ for cls in found), now and now.scope_name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["FPN", "SeedHook", expected], done.stderr
