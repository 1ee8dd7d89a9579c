"""Files written and imported in one call."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmtal.preparation.importers import Imported, ImportOptions, Source, import_annotations

ARGUMENTS = ("format_name", "durations", "features", "lists", "bad_segments")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of the test's folder: text, bytes, or anything else as JSON."""

    def call(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return call


@pytest.fixture
def load() -> Callable[..., Imported]:
    """Import files or folders; keywords are arguments of the import, or of its options."""

    def call(*paths: Path, **given: Any) -> Imported:
        arguments = {name: given.pop(name) for name in ARGUMENTS if name in given}
        sources = [Source(path) for path in paths]
        return import_annotations(sources, options=ImportOptions(**given), **arguments)

    return call
