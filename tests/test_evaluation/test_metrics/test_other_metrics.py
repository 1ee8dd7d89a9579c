"""AverageRecall and FrameMetrics as MMEngine runs them."""

from typing import Any

import pytest
import torch
from mmengine.evaluator import Evaluator

from mmtal.evaluation.metrics import AverageRecall, FrameMetrics, TemporalMAP
from mmtal.registry import METRICS


def sample(video_id: str, truth: list, found: list) -> dict[str, Any]:
    actual = torch.tensor(truth, dtype=torch.float32).reshape(-1, 3)
    guess = torch.tensor(found, dtype=torch.float32).reshape(-1, 4)
    return dict(
        video_id=video_id,
        duration=10.0,
        gt_instances=dict(segments=actual[:, 1:], labels=actual[:, 0].long()),
        pred_instances=dict(segments=guess[:, 1:3], labels=guess[:, 0].long(), scores=guess[:, 3]),
    )


SAMPLES = [
    sample("a", [(0, 0, 5), (1, 5, 10)], [(1, 5, 10, 0.9), (0, 0, 4, 0.8), (1, 0, 10, 0.1)]),
    sample("b", [(1, 2, 4)], []),
]


def evaluate(*, missing: Any = None, **config: Any) -> dict[str, float]:
    evaluator = Evaluator(METRICS.build(config))
    evaluator.dataset_meta = dict(classes=("jump", "run"), missing_truth=missing or {})
    evaluator.process(SAMPLES, None)
    return evaluator.evaluate(2)


def test_average_recall() -> None:
    numbers = evaluate(type="AverageRecall", tiou_thresholds=[0.75], numbers=[1, 2])
    # two recordings and three proposals, all in a: on average 2 wanted, all of them taken
    assert numbers["tal/AR@2"] == pytest.approx(2 / 3)
    assert numbers.keys() == {"tal/AR@1", "tal/AR@2", "tal/AUC"}
    assert 0 < numbers["tal/AUC"] < 2 / 3


def test_frame_metrics() -> None:
    numbers = evaluate(type="FrameMetrics", frames_per_second=1, overlaps=[50])
    # truth aaaaabbbbb ..bb......, found aaaa.bbbbb ..........
    assert numbers == pytest.approx(
        {
            "frame/accuracy": 17 / 20,
            "frame/precision": 1.0,
            "frame/recall": (4 / 5 + 5 / 7) / 2,
            "frame/f1": (8 / 9 + 10 / 12) / 2,
            "frame/f1@50": 2 * 2 / (3 + 2),
            "frame/edit": 1 / 2,  # ab as ab, b as nothing
        }
    )


def test_a_protocol_on_own_recordings_takes_them_as_one_split() -> None:
    """A training with a benchmark's recipe does not end with an error when it is evaluated."""
    own = FrameMetrics(frames_per_second=15).rules  # the rate of gtea/ms-tcn
    assert own.mean_over == "frames"
    expected = evaluate(type="FrameMetrics", frames_per_second=15)
    assert evaluate(type="FrameMetrics", protocol="gtea/ms-tcn") == expected


def test_recordings_without_features_are_empty() -> None:
    missing = {"c": dict(segments=[[0, 5]], labels=[0], duration=10.0)}
    numbers = evaluate(missing=missing, type="FrameMetrics", frames_per_second=1)
    assert numbers["frame/accuracy"] == pytest.approx((17 + 5) / 30)
    numbers = evaluate(missing=missing, type="AverageRecall", tiou_thresholds=[0.75], numbers=[1])
    assert (
        numbers["tal/AR@1"]
        < evaluate(type="AverageRecall", tiou_thresholds=[0.75], numbers=[1])["tal/AR@1"]
    )
    missing["c"]["duration"] = None
    with pytest.raises(ValueError, match="recording 'c' must have a duration"):
        evaluate(missing=missing, type="FrameMetrics", frames_per_second=1)


def test_low_scores_are_left_out_of_the_frames() -> None:
    low = evaluate(type="FrameMetrics", frames_per_second=1, score_thr=0.0)
    assert low["frame/accuracy"] == pytest.approx(17 / 20)  # frame 4 of a is now wrongly b
    none = evaluate(type="FrameMetrics", frames_per_second=1, score_thr=0.95)
    assert none["frame/recall"] == 0


@pytest.mark.parametrize(
    ("metric", "arguments", "message"),
    [
        (AverageRecall, dict(numbers=[0]), "numbers must be integers >= 1"),
        (AverageRecall, dict(tiou_thresholds=[2.0]), "tIoU thresholds must be"),
        (FrameMetrics, dict(frames_per_second=0), "frames_per_second must be > 0"),
        (FrameMetrics, {}, "must have frames_per_second or a protocol, one of them"),
        (FrameMetrics, dict(protocol="gtea/split1"), "one of segmentations, .* to TemporalMAP"),
        (TemporalMAP, dict(protocol="gtea/ms-tcn"), "one of detections, .* to FrameMetrics"),
    ],
)
def test_bad_arguments(metric: type, arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metric(**arguments)
