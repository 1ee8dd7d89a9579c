"""Limits on the number of detections follow the length of a recording, and are said."""

import re
from types import SimpleNamespace

import pytest

from mmtal.models.localizers.limits import (
    TRAINING_LENGTH,
    length_factor,
    limits_times,
    limits_warning,
)
from mmtal.structures import FeatureGrid, TemporalDataSample


@pytest.mark.parametrize(
    ("seconds", "made_for", "expected", "why"),
    [
        (1409.0, 1409.0, 1, "the longest training recording"),
        (1673.0, 1409.0, 1, "THUMOS' longest test recording: its golden figures stay"),
        (36000.0, 972.0, 37, "ten hours"),
        (36000.0, None, 1, "a test of a checkpoint that does not say: as its config has it"),
        (float("inf"), 10.0, 1, "a recording of unknown length"),
        (1.0, 10.0, 1, "never fewer"),
        (700.0, TRAINING_LENGTH, 7, "100 features of a second are the longest sequence"),
    ],
)
def test_length_factor(seconds, made_for, expected, why) -> None:
    model = SimpleNamespace(made_for=made_for, padding=SimpleNamespace(max_seq_len=100))
    sample = TemporalDataSample(metainfo=dict(duration=seconds, grid=FeatureGrid(2, 0, 2)))
    assert length_factor(model, sample) == expected, why


def test_a_heads_limits_are_put_back_after_an_error() -> None:
    head = SimpleNamespace(max_per_video=200, pre_nms_topk=2000)

    def fail() -> None:
        with limits_times(head, 3):
            assert (head.max_per_video, head.pre_nms_topk) == (600, 6000)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (head.max_per_video, head.pre_nms_topk) == (200, 2000)


def test_limits_that_the_user_gives_stay() -> None:
    head = SimpleNamespace(max_per_video=200, pre_nms_topk=2000, fixed_limits=("max_per_video",))
    with limits_times(head, 3):
        assert (head.max_per_video, head.pre_nms_topk) == (200, 6000)


@pytest.mark.parametrize(
    ("reached", "message"),
    [
        ({}, None),
        ({"a": dict(max_per_video=0.29)}, None),
        ({"a": dict(max_per_video=0.3)}, "max_per_video was reached in 1 of 9, such as 'a'"),
        ({"a": dict(pre_nms_topk=0.5), "b": dict(pre_nms_topk=0.4)}, "pre_nms_topk .* in 2 of 9"),
    ],
)
def test_what_is_said(reached, message) -> None:
    text = limits_warning(reached, score_thr=0.3, total=9)
    if message is None:
        assert text is None
    else:
        assert text is not None and re.search(message, text)


def test_a_limit_that_was_not_reached_is_not_said_at_a_threshold_of_zero() -> None:
    assert limits_warning({"a": dict(max_per_video=0.0)}, score_thr=0.0, total=1) is None
