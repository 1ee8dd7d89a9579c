from contextlib import nullcontext

import numpy as np
import pytest

from mmtal.results.coverage import check_classes, check_coverage, check_times
from mmtal.results.instance_table import InstanceTable

LISTED = [f"v{number:02d}" for number in range(40)]


@pytest.mark.parametrize(
    ("found", "detections", "partial", "message"),
    [
        (LISTED, 1, False, None),
        (LISTED[:38], 9, False, None),  # 95 %
        (LISTED[:37], 9, False, "holds results of 37 of 40 recordings, not of 'v37', 'v38', 'v39'"),
        (LISTED[:1], 9, False, "of 'v01', 'v02', 'v03', 'v04', 'v05' and 34 more.*--allow-partial"),
        (LISTED[:1], 9, True, None),
        (
            ["w"],
            9,
            True,
            "0 of 40 recordings.*It has others, such as .w.: choose --ann",
        ),
        (LISTED, 0, True, r"holds no detection \(40 recordings\)"),
        ([], 0, False, "holds no detection"),
    ],
)
def test_coverage(found: list[str], detections: int, partial: bool, message: str | None) -> None:
    def check() -> None:
        check_coverage(found, LISTED, detections=detections, source="x", allow_partial=partial)

    if message is None:
        check()
    else:
        with pytest.raises(ValueError, match=f"^x .*{message}"):
            check()


@pytest.mark.parametrize(
    ("labels", "refused"),
    [([0, 7], False), ([], False), ([3, 3], True), ([7, 8], True)],
)
def test_results_of_other_classes_alone_are_refused(labels: list[int], refused: bool) -> None:
    rows = dict(segments=[[0, 1]] * len(labels), labels=labels, scores=[0.5] * len(labels))
    table = InstanceTable.from_videos({"v": rows})
    with (
        pytest.raises(ValueError, match="no detection is of a class") if refused else nullcontext()
    ):
        check_classes(table, ["a", "b", "c"], "x.json")


FRAMES, SHARES = [[25.0, 75.0], [1000.0, 1400.0]], [[0.1, 0.2], [0.5, 0.9]]


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([[1, 3], [50, 59.5]], None),
        ([[1, 3], [58, 66.5]], None),  # a detector that does not clip
        (FRAMES, "the times look like frames, .*'v0' lasts 60 s, and its last detection ends at 1"),
        ([[1000, 3000], [50_000, 59_000]], "the times look like ms"),
        (SHARES, "the times look like shares of the duration, but must be seconds"),
        ([[3, 1], [59, 50]], r"6 of 6 detections end before they start, such as \[3, 1\]"),
        ([[3, 1]] + [[50, 59]] * 20, None),  # less than 5 %
        ([[5, 5], [40, 40]], None),  # events
        ([], None),
    ],
)
def test_times_in_other_units_are_refused(segments: list, message: str | None) -> None:
    rows = dict(labels=[0] * len(segments), scores=[0.5] * len(segments))
    rows["segments"] = np.array(segments, float).reshape(-1, 2)
    table = InstanceTable.from_videos({"v0": rows, "v1": rows, "unknown": rows})
    facts = dict.fromkeys(("v0", "v1"), 60.0), dict.fromkeys(("v0", "v1"), 25.0)
    with pytest.raises(ValueError, match=f"^x.json: {message}") if message else nullcontext():
        check_times(table, *facts, "x.json")
