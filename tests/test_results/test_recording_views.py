"""Recordings for pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from mmtal.results.result_files import read_recording_views
from mmtal.visualization.timeline import draw_annotations


def test_ground_truth_and_predictions_of_each_recording(tmp_path: Path) -> None:
    instance = dict(label="run", segment=[1, 2])
    database = {
        "b": dict(subset="test", duration=9.0, annotations=[instance]),
        "a": dict(subset="Test", annotations=[]),  # neither duration nor instance
        "other": dict(
            subset="train", duration=5.0, annotations=[dict(label="sit", segment=[0, 1])]
        ),
    }
    found = [dict(label="sit", segment=[3, 4], score=0.5), dict(label=0, segment=[0, 7], score=0.9)]
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=database)))
    (tmp_path / "res.json").write_text(json.dumps(dict(results=dict(a=found))))
    (b, a), classes = read_recording_views(tmp_path / "ann.json", "test", tmp_path / "res.json")
    assert classes == ["run", "sit"]
    assert (b.video_id, b.duration, b.gt_labels.tolist(), len(b.pred_scores)) == ("b", 9.0, [0], 0)
    np.testing.assert_array_equal(b.gt_segments, [[1, 2]])
    assert (a.duration, a.pred_labels.tolist(), a.gt_segments.shape) == (7.0, [1, 0], (0, 2))
    views, _ = read_recording_views(tmp_path / "ann.json", "test")
    assert [len(view.pred_scores) for view in views] == [0, 0]


def test_events_are_drawn_as_long_as_predictions(tmp_path: Path) -> None:
    entry = dict(subset="test", duration=100.0, annotations=[dict(label="step", time=5.0)])
    found = [dict(label="step", segment=[3, 4], score=0.5), dict(label="step", time=7, score=0.4)]
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=dict(a=entry))))
    (tmp_path / "res.json").write_text(json.dumps(dict(results=dict(a=found))))
    files = tmp_path / "ann.json", "test", tmp_path / "res.json"
    (view,), classes = read_recording_views(*files)
    assert classes == ["step"]
    np.testing.assert_allclose(view.gt_segments, [[4.5, 5.5]])
    np.testing.assert_allclose(view.pred_segments, [[3, 4], [6.5, 7.5]])
    (view,), _ = read_recording_views(*files, tolerance=2)
    np.testing.assert_allclose(view.pred_segments, [[1.5, 5.5], [5, 9]])
    (view,), _ = read_recording_views(tmp_path / "ann.json", "test")
    np.testing.assert_allclose(view.gt_segments, [[4.9, 5.1]])
    texts = [t.get_text() for t in draw_annotations(view, classes).findobj(Text)]
    assert any(text.startswith("1:40; 1 event of 1 class;") for text in texts), texts
    assert not any(text.endswith(" s") for text in texts), texts


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        ("0.5 s", 0.5),
        ("2 frames", 0.3),
        (None, 0.3),
        ("some s", "has an operating point without a"),
    ],
)
def test_how_far_off_events_may_be_stands_in_the_results(
    tolerance: str | None, expected: float | str, tmp_path: Path
) -> None:
    entry = dict(subset="test", duration=300.0, annotations=[dict(label="step", time=5.0)])
    found = dict(a=[dict(label="step", time=7, score=0.4)])
    stamp = dict(operating_point=dict(score_thr=0.3, tolerance=tolerance))
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=dict(a=entry))))
    (tmp_path / "res.json").write_text(json.dumps(dict(results=found, mmtal=stamp)))
    files = tmp_path / "ann.json", "test", tmp_path / "res.json"
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=expected):
            read_recording_views(*files)
        return
    assert read_recording_views(*files)[0][0].tolerance == pytest.approx(expected)
    with pytest.raises(ValueError, match="tolerance must be > 0 seconds, and finite, but got 0"):
        read_recording_views(*files, tolerance=0)
    entry["annotations"] = [dict(label="step", segment=[5, 6])]
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=dict(a=entry))))
    with pytest.raises(ValueError, match="tolerances are for events without duration, but"):
        read_recording_views(*files, tolerance=1)
