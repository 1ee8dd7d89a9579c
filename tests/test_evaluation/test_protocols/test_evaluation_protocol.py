"""What a protocol does to ground truth and detections."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtal.evaluation.average_precision import detection_scores
from mmtal.evaluation.protocols import EvaluationProtocol, find_protocol
from mmtal.evaluation.protocols.evaluation_protocol import VideoList, rounded
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import video_list_sha256

CLASSES = ["jump", "run", "sit", "fall"]


def listed(*names: str) -> VideoList:
    return VideoList(names, video_list_sha256(names))


def table(**videos: list) -> InstanceTable:
    """Rows (label, start, end[, score])."""
    return InstanceTable.from_videos(
        {
            name: dict(
                labels=[row[0] for row in rows],
                segments=[row[1:3] for row in rows],
                scores=[row[3] if len(row) > 3 else 1.0 for row in rows],
            )
            for name, rows in videos.items()
        }
    )


def protocol(**changed: Any) -> EvaluationProtocol:
    return EvaluationProtocol(**{"name": "toy/one", "tiou_thresholds": [0.5], **changed})


def test_excluded_recordings_vanish_from_both_tables() -> None:
    truth = table(a=[(0, 0, 10)], b=[(0, 0, 10)])
    found = table(a=[(0, 0, 10, 0.5)], b=[(0, 20, 30, 0.9)], z=[(0, 0, 1, 0.1)])
    assert protocol().evaluate(truth, found, CLASSES)["metrics"]["mAP"] == 0.25
    stamp = protocol(videos=listed("a", "b"), excluded=listed("b")).evaluate(truth, found, CLASSES)
    assert stamp["metrics"]["mAP"] == 1.0
    assert (stamp["num_videos"], stamp["num_instances"], stamp["num_detections"]) == (1, 1, 2)
    assert stamp["video_list_sha256"] == video_list_sha256(["a"])
    assert (stamp["excluded_videos"], stamp["unlisted_videos"]) == (1, ["z"])


def test_classes_left_out() -> None:
    truth = table(a=[(0, 0, 10), (1, 20, 30)])
    found = table(a=[(0, 0, 10, 0.5), (1, 40, 50, 0.9)])
    assert protocol().evaluate(truth, found, CLASSES)["metrics"]["mAP"] == 0.5
    without = protocol(without_classes=("run",))
    stamp = without.evaluate(truth, found, CLASSES)
    assert stamp["metrics"]["mAP"] == 1.0 and list(stamp["ap_per_class"]) == ["jump"]
    assert (stamp["num_instances"], stamp["duplicates_dropped"]) == (1, 0)
    with pytest.raises(ValueError, match="leaves out the class 'run', but the annotations have no"):
        without.evaluate(truth, found, ["jump", "sit"])


REPEATED = table(a=[(0, 0, 10), (0, 0.0005, 10), (1, 5, 5.0005), (2, 3, 3), (2, 8, 4)])


@pytest.mark.parametrize(
    ("duplicates", "kept"),
    [
        ("keep", [0, 0, 1, 2, 2]),
        ("drop_repeated", [0, 1]),  # 0.5 ms is long enough, nothing and less is not
        ("drop", [0]),
    ],
)
def test_duplicates(duplicates: Any, kept: list[int]) -> None:
    truth, _, _ = protocol(duplicates=duplicates).prepare(REPEATED, table(a=[]), CLASSES)
    assert truth.labels.tolist() == kept


def test_rounding_is_that_of_python() -> None:
    # Scaled by 100 first, as NumPy does it, 1.005 would become 1.0 or 1.01 by luck.
    segments = [0.285, 1.005, 2.675, 1234.565]
    found = table(a=[(0, low, low + 1, 0.12345) for low in segments])
    _, rounded, _ = protocol(decimals=(2, 4)).prepare(table(a=[(0, 0, 1)]), found, CLASSES)
    assert rounded.segments[:, 0].tolist() == [round(low, 2) for low in segments]
    assert set(rounded.scores.tolist()) == {round(0.12345, 4)}


@given(
    st.lists(st.floats(-1e12, 1e12) | st.integers(-(10**7), 10**7).map(lambda n: n / 2000)),
    st.integers(0, 5),
)
@settings(max_examples=200, deadline=None)
def test_any_number_is_rounded_as_python_does(numbers: list[float], decimals: int) -> None:
    rows = [(0, low, low, low) for low in numbers]
    found = rounded(table(a=rows), decimals, decimals)
    assert found.scores.tolist() == [round(low, decimals) for low in numbers]
    assert found.segments[:, 1].tolist() == found.scores.tolist()


def test_official_labels_collide() -> None:
    """The labels that prepare() gives are matched as detection_scores() does it itself."""
    rng = np.random.default_rng(0)
    truth = table(a=[(label, 10 * i, 10 * i + 8) for i, label in enumerate([1, 3, 1, 3])])
    found = table(
        a=[
            (int(rng.integers(5)), start, start + 8, float(score))
            for start, score in zip(rng.integers(0, 30, 40).tolist(), rng.random(40), strict=True)
        ]
    )
    stamp = protocol(label_handling="official").evaluate(truth, found, CLASSES)
    expected = detection_scores(truth, found, [0.5], label_handling="official")
    plain = detection_scores(truth, found, [0.5])
    assert stamp["metrics"]["mAP"] == expected.average_map != plain.average_map
    assert set(stamp["ap_per_class"]) == {"run", "fall"}


def test_recall_pooled_over_the_instances() -> None:
    truth = table(a=[(0, 0, 10), (0, 20, 30), (0, 40, 50), (1, 0, 10)])
    found = table(a=[(0, 0, 10, 0.9), (1, 0, 10, 0.9)])
    name = "recall@1x@0.50"
    mean = protocol(recall_at=(1,)).evaluate(truth, found, CLASSES)["metrics"]
    pooled = protocol(recall_at=(1,), pooled_recall=True).evaluate(truth, found, CLASSES)["metrics"]
    assert mean[name] == pytest.approx((1 / 3 + 1) / 2)
    assert pooled[name] == pytest.approx(2 / 4)


def test_normalized_map_leaves_unsure_detections_out() -> None:
    truth = table(a=[(0, 0, 10), (1, 20, 30)])
    found = table(a=[(0, 0, 10, 0.29), (1, 20, 30, 0.3)])
    metrics = protocol(normalized_above=0.3).evaluate(truth, found, CLASSES)["metrics"]
    assert metrics["mAP"] == 1.0
    assert metrics["mAP_N"] == metrics["mAP_N@0.50"] == 0.5


def test_proposals_do_without_labels() -> None:
    truth = table(a=[(0, 0, 10), (1, 20, 30)])
    found = table(a=[(2, 0, 10, 0.9), (2, 20, 30, 0.8)])
    stamp = protocol(proposals=(1, 2)).evaluate(truth, found, CLASSES)
    assert stamp["metrics"]["AR@1"] == 0.5 and stamp["metrics"]["AR@2"] == 1.0
    assert stamp["ap_per_class"] == {}


@pytest.mark.parametrize(
    ("names", "partial", "message"),
    [
        ("ab", False, None),
        ("a", True, None),  # one fold
        ("a", False, "about 2 recordings, but 1 recording missing .* such as 'b'"),
        ("abc", True, "1 recording too many .* such as 'c'"),
        ("ac", False, "1 recording missing .* and 1 recording too many"),
    ],
)
def test_list_of_recordings(names: str, partial: bool, message: str | None) -> None:
    own = protocol(videos=listed("a", "b"), subset="test")
    truth = table(**{name: [(0, 0, 10)] for name in names})
    if message:
        with pytest.raises(ValueError, match=message):
            own.evaluate(truth, truth, CLASSES, partial=partial)
    else:
        stamp = own.evaluate(truth, truth, CLASSES, partial=partial)
        assert stamp["missing_videos"] == 2 - len(names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(tiou_thresholds=[0.7, 0.5]), "tIoU thresholds must be rising"),
        (dict(label_handling="strict"), "label_handling must be one of"),
        (dict(recall_at=(0,)), "recall_at must be integers >= 1"),
        (dict(duplicates="none"), "duplicates must be one of"),
    ],
)
def test_bad_protocols(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        protocol(**arguments)


def test_another_number_of_classes_is_an_error() -> None:
    truth = table(**{name: [(0, 0, 10)] for name in find_protocol("gtea/split1").video_ids or ()})
    with pytest.raises(ValueError, match="has 10 classes, but the annotations have 4"):
        find_protocol("gtea/split1").evaluate(truth, truth, CLASSES)


def test_nothing_found_and_nothing_to_find() -> None:
    nothing = table(a=[])
    assert protocol().evaluate(table(a=[(0, 0, 10)]), nothing, CLASSES)["metrics"]["mAP"] == 0
    stamp = find_protocol("ego4d-mq/challenge").evaluate(nothing, nothing, ["c"] * 110)
    assert stamp["metrics"]["mAP"] is None and stamp["metrics"]["recall@1x@0.50"] is None


def test_a_list_that_was_changed_is_noticed() -> None:
    with pytest.raises(ValueError, match="restore the list"):
        _ = VideoList(("a", "b"), video_list_sha256(["a"])).ids
