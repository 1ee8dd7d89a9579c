"""Compilation and its cache; what is computed is tested in test_nms.py."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from mmtal.runtime import nms_numba


def test_exp_is_accurate_to_float32() -> None:
    x = np.linspace(-87, 0, 100_001, dtype=np.float32)
    ours = np.array([nms_numba._exp(value) for value in x])
    np.testing.assert_allclose(ours, np.exp(x.astype(np.float64)), rtol=2e-7)
    assert ours[-1] == 1, "a segment without overlap keeps its score exactly"


def test_compiles_where_no_cache_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def njit(signature: str, cache: bool = False) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(signature)

    monkeypatch.setattr(numba, "njit", njit)
    assert nms_numba.compiled("i8(i8)", lambda number: number + 1)(1) == 2


def test_own_mistakes_are_not_hidden() -> None:
    with pytest.raises(numba.TypingError):
        nms_numba.compiled("i8(i8)", lambda number: number.nonsense)


@pytest.mark.slow
def test_later_processes_load_what_the_first_compiled(tmp_path: Path) -> None:
    script = (
        "from mmtal.runtime.nms_numba import compiled_pick\n"
        "print(sum(compiled_pick.stats.cache_hits.values()))"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(root)}
    hits = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for _ in range(2)
    ]
    assert hits == ["0", "1"]
