import numpy as np
import pytest

from mmtal.results.instance_table import InstanceTable, without_duplicates


def test_recordings_without_instances_stay_listed() -> None:
    table = InstanceTable.from_videos(
        {
            "a": dict(segments=[], labels=[]),
            "b": dict(segments=[[1, 2], [3, 4]], labels=[0, 1], scores=[0.5, 0.25]),
        }
    )
    assert table.video_ids == ("a", "b")
    assert table.video.tolist() == [1, 1]
    assert table.scores.tolist() == [0.5, 0.25]
    assert table.select(table.scores > 0.3).labels.tolist() == [0]
    assert table.video_index_in(["b"]).tolist() == [0, 0]
    assert table.video_index_in(["a"]).tolist() == [-1, -1]


def test_no_recording_at_all() -> None:
    table = InstanceTable.from_videos({})
    assert len(table) == 0 and table.segments.shape == (0, 2)
    assert without_duplicates(table)[1] == 0


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (dict(segments=[[0, 1]], labels=[0, 1]), "recording 'v' must have as many segments"),
        (dict(segments=[[0, np.nan]], labels=[0]), "recording 'v' holds a segment or a score"),
        (dict(segments=[[0, 1]], labels=[0], scores=[np.inf]), "recording 'v' holds"),
    ],
)
def test_bad_columns(columns: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        InstanceTable.from_videos({"v": columns})


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        pytest.param([(0, 1, 2), (0, 1, 2)], [0], id="exact repetition"),
        pytest.param([(0, 1, 2), (1, 1, 2)], [0, 1], id="another label"),
        pytest.param([(0, 1, 2), (0, 1.0009, 1.9991)], [0], id="both ends within 1 ms"),
        pytest.param([(0, 1, 2), (0, 1, 2.002)], [0, 1], id="one end farther"),
        pytest.param([(0, 1, 1.0005)], [], id="shorter than 1 ms"),
        pytest.param([(0, 2, 1)], [], id="reversed"),
        pytest.param([(0, 1, 1.0005), (0, 1, 1.0012)], [1], id="a dropped one drops no other"),
        pytest.param(
            [(0, 1, 2), (0, 1.0008, 2), (0, 1.0016, 2)], [0, 2], id="a chain: compared with kept"
        ),
        pytest.param(
            [(0, 5, 6), (0, 1, 2), (0, 5, 6), (0, 1, 2)], [0, 1], id="the first ones stay"
        ),
    ],
)
def test_without_duplicates(rows: list, kept: list[int]) -> None:
    columns = dict(labels=[row[0] for row in rows], segments=[row[1:] for row in rows])
    table = InstanceTable.from_videos({"v": columns, "w": columns})  # recordings are apart
    cleaned, dropped = without_duplicates(table)
    half = table.segments[kept].tolist()
    assert cleaned.segments.tolist() == half + half
    assert dropped == 2 * (len(rows) - len(kept))
