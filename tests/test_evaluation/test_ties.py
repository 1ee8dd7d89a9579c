import pytest

from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.evaluation.report import notices
from mmtal.evaluation.ties import tie_range
from mmtal.results.instance_table import InstanceTable

PROTOCOL = EvaluationProtocol(tiou_thresholds=[0.5])
TRUTH = InstanceTable.from_videos({"a": dict(segments=[(0, 10)], labels=[0])})


def detections(scores: list[float]) -> InstanceTable:
    """One right and one wrong detection."""
    found = dict(segments=[(0, 10), (20, 30)], labels=[0, 0], scores=scores)
    return InstanceTable.from_videos({"a": found})


def test_equal_scores_give_a_range() -> None:
    found = detections([0.5, 0.5])
    ties = tie_range(PROTOCOL, TRUTH, found, ["run"])
    assert ties == dict(random=pytest.approx((0.5, 1.0)), extremes=pytest.approx((0.5, 1.0)))
    stamp = PROTOCOL.evaluate(TRUTH, found, ["run"]) | dict(tie_range=ties)
    assert "equal scores: mAP is 50.00 to 100.00 in random orders" in notices(PROTOCOL, stamp)[0]


def test_scores_that_differ_have_none() -> None:
    assert tie_range(PROTOCOL, TRUTH, detections([0.5, 0.25]), ["run"]) is None
