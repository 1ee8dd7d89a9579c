"""THUMOS14's detection text."""

from pathlib import Path

import pytest

from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions import thumos
from mmtal.results.submissions.formats import read_detections
from mmtal.results.submissions.official_list import Submission

CLASSES = list(thumos.CLASS_IDS)


def test_official_class_numbers() -> None:
    # detclasslist.txt of the evaluation kit: numbers among 101 classes, by the same alphabet.
    assert len(CLASSES) == 20 and sorted(CLASSES) == CLASSES
    assert sorted(thumos.CLASS_IDS.values()) == list(thumos.CLASS_IDS.values())
    assert thumos.CLASS_IDS["BaseballPitch"] == 7 and thumos.CLASS_IDS["VolleyballSpiking"] == 97


def test_lines(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    row = dict(segments=[[1.23456, 2.5]], labels=[CLASSES.index("Diving")], scores=[1 / 3])
    empty = dict(segments=[], labels=[], scores=[])
    table = InstanceTable.from_videos({"v": row, "w": empty})
    thumos.write(path, Submission(detections=table, classes=CLASSES))
    assert path.read_text() == "v 1.235 2.500 26 0.3333333333333333\n"


def test_what_peers_write(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(b"v 1.2 3 26 0.5 \r\n\r\nv\t0 1e1  7 1e-05\r\nw 1 2 7 .5\r\n")
    table = read_detections(path)[2].table(CLASSES)
    assert table.video_ids == ("v", "w") and table.labels.tolist() == [7, 0, 0]
    assert table.segments.tolist() == [[1.2, 3], [0, 10], [1, 2]]
    assert table.scores.tolist() == [0.5, 1e-05, 0.5]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("v 1 2 3 0.5", "line 2: class 3 is none of THUMOS14's, which are 7, 9, 12"),  # a label id
        ("v 1 2 7", "line 2: must be 'video start end class score', but is 'v 1 2 7'"),
        ("v 1 2 7.5 1", "line 2: must be"),
        ("v 1 nan 7 1", "NaN or infinite number"),
    ],
)
def test_bad_lines(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "in.txt"
    path.write_text(f"v 1 2 7 0.5\n{line}\n")
    problems = read_detections(path)[2].problems
    with pytest.raises(ValueError, match=message):
        problems.raise_if_any()
