"""Defects of published annotation files are known; others in the same files are new.

The counts are those of ``data/README.md`` beside the data.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mmtal.preparation.verification import fix, verify

PUBLISHED = {
    "thumos14": {"segment outside the recording": 30},
    "multithumos": {
        "reversed segment": 30,
        "empty segment": 7,
        "segment outside the recording": 35,
    },
    "activitynet13": {
        "segment outside the recording": 215,
        "empty segment": 12,
        "duplicated instance": 52,  # 47 to the last digit, 5 within a millisecond
        "missing duration": 198,
        "missing fps": 1,  # of all recordings
        "split without instances": 1,  # testing
    },
}
INSTANCES = {
    "thumos14": {"Validation": (200, 3007), "Test": (212, 3358)},
    "multithumos": {"Validation": (200, 18482), "Test": (212, 20186)},
    "activitynet13": {"training": (9649, None), "validation": (4926, None)},
}


@pytest.fixture
def published(shared_data: Callable[[str], Path]) -> Callable[[str], Path]:
    return lambda name: shared_data(f"benchmarks/{name}/{name}.json")


LARGE = [
    "thumos14",
    pytest.param("multithumos", marks=pytest.mark.slow),
    pytest.param("activitynet13", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("name", LARGE)
def test_published_defects_are_known(published, name: str):
    report = verify(published(name))
    assert report.known_counts() == PUBLISHED[name]
    assert report.ok and report.counts() == {}
    assert "is published so" in report.format()
    bad = sum(n for kind, n in PUBLISHED[name].items() if "segment" in kind)
    total = 0
    for split, (recordings, instances) in INSTANCES[name].items():
        found = report.statistics["splits"][split]
        assert found["recordings"] == recordings
        total += (instances or found["instances"]) - found["instances"]
    assert total == (0 if name == "activitynet13" else bad)


@pytest.mark.slow
def test_47_duplicates_are_the_same_to_the_last_digit(published):
    path = published("activitynet13")
    database = json.loads(path.read_text())["database"]
    found = 0
    for entry in database.values():
        rows = [(i["label"], *i["segment"]) for i in entry["annotations"]]
        found += len(rows) - len(set(rows))
    assert found == 47


def test_new_defects_in_a_published_file_are_new(published, tmp_path: Path):
    content = json.loads(published("thumos14").read_text())
    database = content["database"]
    sound = database["video_test_0000004"]["annotations"]
    sound[0]["segment"] = [3.0, 1.0]
    sound[1]["segment"] = [11.4, 99.0]
    known = database["video_test_0000270"]["annotations"]
    outside = next(i for i in known if i["segment"][1] > 176.3)
    known.append(dict(outside))  # once more than published
    known.append({**outside, "segment": [outside["segment"][0] + 1, outside["segment"][1]]})
    del database["video_test_0000006"]["duration"]
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content))
    report = verify(path)
    assert report.known_counts() == PUBLISHED["thumos14"]
    assert report.counts() == {
        "reversed segment": 1,
        "segment outside the recording": 3,
        "missing duration": 1,
        "duplicated instance": 1,
    }
    assert not report.ok


@pytest.mark.slow
def test_part_of_a_published_file(published, tmp_path: Path):
    database = json.loads(published("activitynet13").read_text())["database"]
    part = {name: entry for name, entry in database.items() if entry["subset"] == "validation"}
    path = tmp_path / "part.json"
    path.write_text(json.dumps({"database": part}))
    report = verify(path)
    assert report.known_counts()["missing duration"] == 198
    assert report.counts() == {"missing fps": 1}  # known only of the whole file
    assert verify(path, fps=30).ok


@pytest.mark.parametrize("name", LARGE)
def test_published_files_can_be_fixed(published, tmp_path: Path, name: str):
    report = verify(published(name), fps=30)
    out = tmp_path / "fixed.json"
    fix(report, out)
    again = verify(out, fps=30)
    left = ("missing duration", "split without instances")
    assert not {k: n for k, n in again.counts().items() | again.known_counts().items()
                if k not in left}  # fmt: skip


def test_charades_has_a_tool(shared_data):
    with pytest.raises(ValueError, match=r"object 'database'.*mmtal data import"):
        verify(shared_data("benchmarks/charades/charades.json"))
