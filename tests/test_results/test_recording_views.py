"""Recordings for pictures."""

import json
from pathlib import Path

import numpy as np

from mmtal.results.result_files import read_recording_views


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
