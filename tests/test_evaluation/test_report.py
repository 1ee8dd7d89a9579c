"""What is told with the figures."""

import json

from mmtal.evaluation.protocols import EvaluationProtocol, find_protocol
from mmtal.evaluation.report import (
    format_comparison,
    format_protocols,
    format_remarks,
    format_table,
    notices,
)
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import video_list_sha256

CLASSES = ["jump", "run", "sit"]
PROTOCOL = EvaluationProtocol(tiou_thresholds=[0.5, 0.75], recall_at=(1,))


def report(protocol: EvaluationProtocol = PROTOCOL, **changed: dict) -> dict:
    truth = {
        "a": dict(segments=[[0, 10], [0, 10], [20, 30]], labels=[0, 0, 2]),  # one repetition
        "b": dict(segments=[], labels=[]),
    }
    found = {
        "a": dict(segments=[[0, 10], [20, 26]], labels=[0, 2], scores=[0.5, 0.25]),
        "b": dict(segments=[], labels=[], scores=[]),
    }
    tables = (InstanceTable.from_videos(v) for v in (truth, {**found, **changed}))
    return protocol.evaluate(*tables, CLASSES)


def cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_stamp() -> None:
    assert report() == dict(
        protocol="custom",
        main_metric="mAP",
        duplicates="drop",
        label_handling="corrected",
        decimals=None,
        num_videos=2,
        video_list_sha256=video_list_sha256(["a", "b"]),
        num_instances=2,
        num_detections=2,
        duplicates_dropped=1,
        excluded_videos=0,
        missing_videos=0,
        absent_videos=0,
        unlisted_videos=[],
        tiou_thresholds=[0.5, 0.75],
        metrics={
            "mAP": 0.75,
            "mAP@0.50": 1.0,
            "mAP@0.75": 0.5,
            "recall@1x@0.50": 1.0,
            "recall@1x@0.75": 0.5,
        },
        ap_per_class={"jump": [1.0, 1.0], "sit": [1.0, 0.0]},  # nobody runs here
    )


def test_table_is_in_percent_and_says_how_it_was_made() -> None:
    stamp = report()
    title = format_table(stamp).splitlines()[0]
    for part in ("protocol custom", "corrected", "2 recordings", stamp["video_list_sha256"][:8]):
        assert part in title
    assert cells(format_table(stamp, per_class=True)) == [
        ["", "0.50", "0.75", "average"],
        ["mAP", "100.00", "50.00", "75.00"],
        ["Recall@1x", "100.00", "50.00", "75.00"],
        ["jump", "100.00", "100.00", "100.00"],
        ["sit", "100.00", "0.00", "50.00"],
    ]
    assert "sit" not in format_table(stamp)


def test_proposals_have_no_thresholds_of_their_own() -> None:
    protocol = EvaluationProtocol(tiou_thresholds=[0.5], proposals=(1, 2))
    names = [row[0] for row in cells(format_table(report(protocol)))]
    assert names == ["", "AUC", "AR@1", "AR@2"]


def test_comparison_shows_differences() -> None:
    kept = EvaluationProtocol(name="kept", tiou_thresholds=[0.5], duplicates="keep")
    rows = {row[0]: row[1:] for row in cells(format_comparison([report(), report(kept)]))}
    assert rows[""] == ["custom", "kept"]
    assert rows["instances"] == ["2", "3"]
    # Only one of the two equal instances is found: AP of jump is 0.5 where both count.
    assert rows["mAP@0.50 (%)"] == ["100.00", "75.00 (-25.00)"]
    assert rows["mAP@0.75 (%)"] == ["50.00", "-"]  # kept has no such threshold
    assert rows["recall@1x@0.50 (%)"] == ["100.00", "-"]


def test_comparison_names_the_benchmark_once() -> None:
    stamps = [report() | {"protocol": f"toy/{variant}"} for variant in ("one", "two")]
    assert cells(format_comparison(stamps))[0] == ["toy", "one", "two"]


def test_detections_in_unlisted_recordings_are_told() -> None:
    stamp = report(z=dict(segments=[[0, 10]], labels=[0], scores=[0.9]))
    assert stamp["metrics"]["mAP@0.50"] == 0.75  # a false positive
    assert stamp["unlisted_videos"] == ["z"]
    assert "1 recording that the ground truth does not list" in notices(PROTOCOL, stamp)[0]


def test_results_without_detections_are_told() -> None:
    nothing = dict(segments=[], labels=[], scores=[])
    assert notices(PROTOCOL, report(a=nothing)) == ["there are no detections"]


def test_another_number_of_recordings_than_published_is_told() -> None:
    stamp = report()
    assert not notices(PROTOCOL, stamp)
    assert (
        "5,981 recordings, the annotation file 2"
        in notices(find_protocol("hacs/challenge"), stamp)[0]
    )


def test_protocols_are_described() -> None:
    text = format_protocols([find_protocol("gtea/split1"), find_protocol("hacs/challenge")])
    assert "gtea/split1\n    The 7 videos of person S1" in text
    assert "7 recordings, list 4dc96802; tIoU 0.3:0.1:0.7" in text
    assert "0.85, 0.8999999999999999, 0.95" in text


def test_without_ground_truth_the_stamp_is_json() -> None:
    nothing = InstanceTable.from_videos({"a": dict(segments=[], labels=[])})
    stamp = PROTOCOL.evaluate(nothing, nothing, [])
    assert json.loads(json.dumps(stamp, allow_nan=False))["metrics"]["mAP"] is None
    assert "nan" in format_table(stamp, per_class=True)


def test_remarks_name_the_extremes() -> None:
    point = dict(f1=0.5, score_thr=0.123456, precision=0.75, recall=0.375, tiou=0.5)
    classes = {name: [k / 10, k / 5] for k, name in enumerate("abcde")}
    assert format_remarks(dict(ap_per_class=classes, operating_point=point)).splitlines() == [
        "best classes: e 60.00, d 45.00",
        "worst classes: a 0.00, b 15.00",
        "best F1: 50.00 from score 0.123456 on (precision 75.00, recall 37.50, tIoU 0.5)",
    ]
    assert format_remarks(dict(ap_per_class={"a": [1.0]}, operating_point=None)) == ""
