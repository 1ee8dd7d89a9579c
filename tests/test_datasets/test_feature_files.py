"""Which file is a recording's."""

from pathlib import Path

import pytest

from mmtal.datasets.feature_files import FileNames, list_feature_files


@pytest.mark.parametrize(
    ("why", "file", "ending", "found"),
    [
        ("as it is named", "é.npy", ".npy", True),
        ("an accent of its own", "e\u0301.npy", ".npy", True),
        ("a camera's capitals", "é.MP4", ".mp4", True),
        ("of features, no tool makes them", "é.NPY", ".npy", False),
    ],
)
def test_the_file_of_a_recording(
    tmp_path: Path, why: str, file: str, ending: str, found: bool
) -> None:
    (tmp_path / file).touch()
    assert FileNames(ending=ending).path(tmp_path, "é").exists() == found


def test_half_written_files_are_no_features(tmp_path: Path) -> None:
    for name in ("a.npy", ".x1a.npy"):
        (tmp_path / name).touch()
    assert list_feature_files(tmp_path) == ["a.npy"]
