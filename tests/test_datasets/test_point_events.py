"""Events without duration as segments of one width."""

import numpy as np
import pytest

from mmtal.datasets.point_events import extent


def with_events(disk, times, **more):
    for entry in disk.database.values():
        entry["annotations"] = [dict(label="step", label_id=0, time=t, **more) for t in times]
    return disk


def test_segments_around_events(disk):
    dataset = with_events(disk, [2.0, 5.5]).dataset(point_width=1.0)
    segments = dataset.get_data_info(0)["segments"]
    np.testing.assert_allclose(segments, [[1.5, 2.5], [5.0, 6.0]])
    assert dataset.metainfo["classes"] == ("step",)


def test_events_at_the_ends_keep_their_time_as_middle(disk):
    dataset = with_events(disk, [0.25, 9.9]).dataset(point_width=1.0)
    segments = dataset.get_data_info(0)["segments"]
    np.testing.assert_allclose(segments.mean(axis=1), [0.25, 9.9], atol=1e-6)
    np.testing.assert_allclose(np.diff(segments)[:, 0], [0.5, 0.2], atol=1e-5)


def test_events_at_the_very_ends_are_instances(disk):
    dataset = with_events(disk, [0.0, 10.0]).dataset(point_width=1.0, remove_duplicates=True)
    segments = dataset.get_data_info(0)["segments"]
    np.testing.assert_allclose(segments.mean(axis=1), [0, 10], atol=2e-3)


@pytest.mark.parametrize(
    ("width", "change", "message"),
    [
        (0, dict(time=2.0), "point_width must be > 0 seconds, but got 0"),
        (1.0, dict(segment=[2, 3]), "no instance has a 'time' in place of a segment"),
        (1.0, dict(time=99.0), "segment outside the recording"),
    ],
)
def test_bad_input(disk, width, change, message):
    for entry in disk.database.values():
        entry["annotations"] = [dict(label="step", label_id=0) | change]
    with pytest.raises(ValueError, match=message):
        disk.dataset(point_width=width)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(1.23456, 1.23456, dict(time=1.2346)), (1, 2.00004, dict(segment=[1, 2.0]))],
)
def test_predictions_without_duration_have_a_time(start, end, expected):
    assert extent(start, end) == expected
