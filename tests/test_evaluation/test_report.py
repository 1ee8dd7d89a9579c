"""What is told with the figures."""

import json

from mmtal.evaluation.functional import InstanceTable
from mmtal.evaluation.report import evaluate_detections, format_table
from mmtal.evaluation.result_files import video_list_sha256


def report(**changed: dict) -> tuple:
    truth = {
        "a": dict(segments=[[0, 10], [0, 10], [20, 30]], labels=[0, 0, 2]),  # one repetition
        "b": dict(segments=[], labels=[]),
    }
    found = {
        "a": dict(segments=[[0, 10], [20, 26]], labels=[0, 2], scores=[0.5, 0.25]),
        "b": dict(segments=[], labels=[], scores=[]),
    }
    return evaluate_detections(
        InstanceTable.from_videos(truth),
        InstanceTable.from_videos({**found, **changed}),
        tiou_thresholds=[0.5, 0.75],
        recall_at=[1],
        classes=["jump", "run", "sit"],
    )


def test_numbers() -> None:
    _, numbers, _ = report()
    assert numbers == {
        "mAP": 0.75,
        "mAP@0.50": 1.0,
        "mAP@0.75": 0.5,
        "recall@1x@0.50": 1.0,
        "recall@1x@0.75": 0.5,
    }


def test_stamp() -> None:
    _, numbers, stamp = report()
    assert stamp == dict(
        protocol="corrected",
        num_videos=2,
        video_list_sha256=video_list_sha256(["a", "b"]),
        num_instances=2,
        duplicates_dropped=1,
        unlisted_videos=[],
        tiou_thresholds=[0.5, 0.75],
        metrics=numbers,
        ap_per_class={"jump": [1.0, 1.0], "sit": [1.0, 0.0]},  # nobody runs here
    )


def test_table_is_in_percent_and_says_how_it_was_made() -> None:
    scores, _, stamp = report()
    text = format_table(scores, stamp, classes=["jump", "run", "sit"], per_class=True)
    title, *table = text.splitlines()
    for part in ("protocol corrected", "2 recordings", stamp["video_list_sha256"][:8]):
        assert part in title
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table if "|" in line]
    assert cells == [
        ["tIoU", "0.50", "0.75", "average"],
        ["mAP", "100.00", "50.00", "75.00"],
        ["Recall@1x", "100.00", "50.00", "75.00"],
        ["jump", "100.00", "100.00", "100.00"],
        ["sit", "100.00", "0.00", "50.00"],
    ]
    assert "run" not in format_table(scores, stamp, classes=["jump", "run"], per_class=False)


def test_detections_in_unlisted_recordings_are_told() -> None:
    stray = dict(segments=[[0, 10]], labels=[0], scores=[0.9])
    scores, numbers, stamp = report(z=stray)
    assert numbers["mAP@0.50"] == 0.75  # a false positive
    assert stamp["unlisted_videos"] == ["z"]
    assert "1 recordings that the ground truth" in format_table(
        scores, stamp, classes=[], per_class=False
    )


def test_without_ground_truth_the_stamp_is_json() -> None:
    nothing = InstanceTable.from_videos({"a": dict(segments=[], labels=[])})
    scores, _, stamp = evaluate_detections(nothing, nothing, tiou_thresholds=[0.5], classes=[])
    assert json.loads(json.dumps(stamp, allow_nan=False))["metrics"]["mAP"] is None
    assert "nan" in format_table(scores, stamp, classes=[], per_class=True)
