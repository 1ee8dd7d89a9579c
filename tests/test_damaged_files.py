"""Every reader either reads a damaged file or says in one error which file is damaged.

A few seconds by default; ``MMTAL_FUZZ=5000 pytest tests/test_damaged_files.py`` tries 5,000 damages
on each reader. What it finds goes into the tests of the module that reads.
"""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from mutations import Mutation, damages
from valid_files import CASES, Case

from mmtal.utils.processor import peak_memory

EXAMPLES = int(os.environ.get("MMTAL_FUZZ", "40"))
SECONDS = 10.0
"""Of the processor, that reading a damaged file of a few kilobytes may take."""
MEMORY = 1 << 30
"""Bytes, likewise."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_damaged_file_is_read_or_named(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.content)
    case.read(path)  # undamaged

    @settings(
        max_examples=max(1, EXAMPLES // 8) if case.slow else EXAMPLES,
        derandomize="MMTAL_FUZZ" not in os.environ,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(damages(structured=case.structured, packed=case.packed))
    def fuzz(changes: list[Mutation]) -> None:
        content = case.content
        for change in changes:
            content = change(content)[:1_000_000]
        path.write_bytes(content)
        check(case, path)

    fuzz()


def check(case: Case, path: Path) -> None:
    start, before = time.process_time(), peak_memory()
    message = path.name
    try:
        case.read(path)
    except (ValueError, OSError) as error:
        message = str(error)
    assert path.name in message, f"the file is not named: {message[:1000]}"
    assert len(message) < 50_000, f"{len(message)} characters: {message[:300]}"
    assert time.process_time() - start < SECONDS
    assert peak_memory() - before < MEMORY
