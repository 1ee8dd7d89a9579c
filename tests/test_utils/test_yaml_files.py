"""YAML without its traps."""

from pathlib import Path
from typing import Any

import pytest

from mmtal.utils.yaml_files import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),  # a text in YAML 1.1
        ("1.0e-4", 1e-4),
        ("-.5E3", -500.0),
        ("1e-4x", "1e-4x"),
        ("12", 12),
        ("0-4", "0-4"),
        ("a: {<<: {b: 1, c: 2}, b: 3}", {"a": {"b": 3, "c": 2}}),  # to replace is no repetition
        ("[&x {b: 1}, {<<: *x, c: 2}, *x]", [{"b": 1}, {"b": 1, "c": 2}, {"b": 1}]),
    ],
)
def test_values(tmp_path: Path, text: str, value: Any) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    found = read_yaml(path)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: {b: 1, b: 1}", "x.yaml cannot be read as YAML: the key 'b' is there twice in line 1"),
        (b"a: [", "x.yaml cannot be read as YAML: while parsing a flow node"),
        (b"\xff", "x.yaml cannot be read as YAML: 'utf-8' codec"),
        (b"!!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "x.yaml").write_bytes(text)
    with pytest.raises(ValueError, match=message):
        read_yaml(tmp_path / "x.yaml")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_yaml(tmp_path / "none.yaml")
