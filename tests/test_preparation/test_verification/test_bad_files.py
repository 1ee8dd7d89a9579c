"""Files that are no annotations, or hold what no data set has."""

from pathlib import Path

import pytest

from mmtal.preparation.verification import verify


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"database": []}', "expected an object with an object 'database'"),
        ('{"x": {"subset": "training", "actions": []}}', r"object 'database'.*mmtal data import"),
    ],
)
def test_files_in_another_format(tmp_path: Path, content: str, message: str):
    path = tmp_path / "ann.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=rf"ann\.json:? .*{message}"):
        verify(path)


def test_a_duration_of_5000_digits_is_a_problem_of_its_recording(tmp_path: Path):
    path = tmp_path / "ann.json"
    path.write_text('{"database": {"a": {"subset": "x", "duration": %s}}}' % ("9" * 5000))
    assert verify(path).counts()["malformed entry"] == 1


def test_empty_database(tmp_path: Path):
    path = tmp_path / "ann.json"
    path.write_text('{"database": {}}')
    report = verify(path)
    assert report.counts() == {"no instance": 1}
    report.format()


def test_videos_are_no_features(own):
    (own.features / "r2.npy").rename(own.features / "r2.MP4")
    [finding] = own.verify().findings
    assert finding.remedy.startswith("there is 'r2.MP4': make features in another folder")
    assert f"mmtal data extract {own.features} --out FEATURES" in finding.remedy
