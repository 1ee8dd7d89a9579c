"""Every type of error by hand, and what removing it gains."""

import numpy as np
import pytest

from mmtal.error_analysis.errors import (
    ERROR_TYPES,
    OUTCOMES,
    analyze_false_positives,
    error_types,
    find_overlaps,
)
from mmtal.evaluation.matching import match_detections
from mmtal.results.instance_table import InstanceTable

TRUTH = {
    # jump (0) twice, run (1) once; "twins" are annotated as both
    "a": dict(segments=[[0, 10], [50, 60], [20, 30]], labels=[0, 0, 1]),
    "twins": dict(segments=[[0, 10], [0, 10]], labels=[1, 0]),
    "empty": dict(segments=[], labels=[]),
}


def analyze(rows: list[tuple], tiou: list[float] | None = None) -> tuple:
    """``rows``: recording, segment, label, score."""
    found: dict[str, dict] = {}
    for video, segment, label, score in rows:
        columns = found.setdefault(video, dict(segments=[], labels=[], scores=[]))
        for key, value in zip(columns, (segment, label, score), strict=True):
            columns[key].append(value)
    matches = match_detections(
        InstanceTable.from_videos(TRUTH), InstanceTable.from_videos(found), tiou or [0.5]
    )
    return matches, find_overlaps(matches)


HIT = ("a", [0, 10], 0, 0.9)
CASES = [
    ("true positive", [], ("a", [50, 60], 0, 0.5)),
    ("double detection", [HIT], ("a", [0, 9], 0, 0.5)),
    ("wrong label", [], ("a", [20, 29], 0, 0.5)),
    ("localization", [], ("a", [6, 16], 0, 0.5)),  # tIoU 4 / 16
    ("confusion", [], ("a", [26, 36], 0, 0.5)),  # tIoU 4 / 16 with a run
    ("background", [], ("a", [9, 19.9], 0, 0.5)),  # tIoU 1 / 19.9, below 0.1
    ("background", [], ("a", [100, 110], 0, 0.5)),
    ("background", [], ("empty", [0, 10], 0, 0.5)),
    ("background", [], ("not listed", [0, 10], 0, 0.5)),
    # The limits belong to the better side.
    ("true positive", [], ("a", [0, 5], 0, 0.5)),
    ("localization", [], ("a", [0, 1], 0, 0.5)),  # tIoU 0.1
    # Judged by the nearest instance, though the label agrees with another one.
    ("confusion", [], ("a", [8.5, 24], 0, 0.5)),  # 0.186 with the run, 0.061 with the jump
    # Two instances are equally near: the own label counts, whichever comes first.
    ("localization", [], ("twins", [8, 18], 0, 0.5)),
    ("localization", [], ("twins", [8, 18], 1, 0.5)),
    ("double detection", [("twins", [0, 10], 0, 0.9)], ("twins", [0, 9], 0, 0.5)),
]


@pytest.mark.parametrize(("kind", "before", "row"), CASES)
def test_types(kind: str, before: list[tuple], row: tuple) -> None:
    matches, overlaps = analyze([*before, row])
    kinds = error_types(matches, overlaps)
    position = int(np.flatnonzero(matches.detections.scores == row[3])[0])
    assert OUTCOMES[kinds[0, position]] == kind


def test_a_type_depends_on_the_threshold() -> None:
    matches, overlaps = analyze([("a", [0, 6], 0, 0.5)], [0.05, 0.3, 0.6, 0.7])
    assert [OUTCOMES[k] for k in error_types(matches, overlaps)[:, 0]] == [
        "true positive", "true positive", "true positive", "localization",
    ]  # fmt: skip


def test_a_threshold_below_the_limit_of_background() -> None:
    matches, overlaps = analyze([HIT, ("a", [0, 0.8], 0, 0.5)], [0.05])  # tIoU 0.08
    assert OUTCOMES[error_types(matches, overlaps)[0, 1]] == "double detection"


def test_profile_and_gain() -> None:
    # Jump: G = 3. At 0.5: hit, double detection, hit | localization, background | nothing.
    rows = [
        ("a", [0, 10], 0, 0.9),
        ("a", [0, 9], 0, 0.8),
        ("a", [50, 60], 0, 0.7),
        ("a", [6, 16], 0, 0.6),
        ("a", [100, 110], 0, 0.5),
    ]
    matches, overlaps = analyze(rows)
    part = analyze_false_positives(matches, overlaps)
    assert part.counts.shape == (1, 10, 6)
    assert part.counts[0, 0].tolist() == [2, 1, 0, 0, 0, 0]
    assert part.counts[0, 1].tolist() == [0, 0, 0, 1, 0, 1]
    assert part.counts[0, 2:].sum() == 0
    assert part.profile[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0, 0, 0])
    assert np.isnan(part.profile[2:]).all()
    # Jump: AP = (1 + 2/3) / 3; run: no detection, AP 0.
    assert part.base[0] == pytest.approx((1 + 2 / 3) / 3 / 2)
    # Without the double detection both hits lead: AP = 2/3. The others come after all hits.
    gains = dict(zip(ERROR_TYPES, part.gain[:, 0], strict=True))
    assert gains == pytest.approx(
        {
            "double detection": (2 / 3 - 5 / 9) / 2,
            "wrong label": 0,
            "localization": 0,
            "confusion": 0,
            "background": 0,
        }
    )
    # Normalized: n = 5 / 2 instances per class; second hit: recall 2/3.
    normalized = (1 + (2 / 3 * 2.5) / (2 / 3 * 2.5 + 1)) / 3 / 2
    assert part.base[1] == pytest.approx(normalized)
    assert part.gain[0, 1] == pytest.approx(1 / 3 - normalized)


def test_only_ten_g_are_looked_at() -> None:
    rows = [("a", [100 + i, 101 + i], 1, 0.9 - 0.01 * i) for i in range(30)]
    matches, overlaps = analyze(rows)
    part = analyze_false_positives(matches, overlaps)
    assert part.counts.sum() == 20  # 10 times 2 runs
    assert part.counts[0, :, 5].tolist() == [2] * 10


def test_no_detections() -> None:
    part = analyze_false_positives(*analyze([]))
    assert part.counts.sum() == 0
    assert part.base.tolist() == [0, 0]
    assert not part.gain.any()
