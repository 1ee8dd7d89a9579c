import numpy as np
import pytest

from mmtal.evaluation.matching import match_detections
from mmtal.evaluation.thresholds import Thresholds, threshold_name, tiou_grid
from mmtal.results.instance_table import InstanceTable

NINE = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.3:0.1:0.7", [0.3, 0.4, 0.5, 0.6, 0.7]),  # the last one is included
        ("0.1:0.1:0.9", NINE),  # no 0.7000000000000001
        ("0.5:0.05:0.95", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]),
        ("0.5:0.1:0.5", [0.5]),
        ([0.1, 1.0], [0.1, 1.0]),
        (0.5, [0.5]),
        ("0.3,0.5, 0.7", [0.3, 0.5, 0.7]),
        (["0.3,", "0.5"], [0.3, 0.5]),  # as a shell passes "0.3, 0.5"
        (["0.1", "0.3:0.1:0.5"], [0.1, 0.3, 0.4, 0.5]),
        ("linspace(0.1, 0.9, 9)", list(np.linspace(0.1, 0.9, 9))),  # a peer's, bit by bit
    ],
)
def test_tiou_grid(given: Thresholds, expected: list[float]) -> None:
    assert tiou_grid(given).tolist() == expected


def test_a_tiou_of_14_in_20_reaches_070() -> None:
    truth = InstanceTable.from_videos({"a": dict(segments=[(0, 20)], labels=[0])})
    found = InstanceTable.from_videos({"a": dict(segments=[(0, 14)], labels=[0], scores=[1])})
    assert match_detections(truth, found, "0.1:0.1:0.9").hits[:, 0].sum() == 7


@pytest.mark.parametrize(
    ("given", "why"),
    [
        *((given, "") for given in ("", "0.5:0:0.7", "a:b:c", "0.7:0.1:0.3", "0.3:1e-9:0.7")),
        *((given, "") for given in ([], [0], [1.1], [0.5, 0.5], [None], [0.7, 0.7 + 1e-16])),
        ("0.3:0.1:0.75", r"in steps of 0.1 come 0.7 and 0.8, but not 0.75"),
        ("0.1:0.3:0.5", r"in steps of 0.3 come 0.4 and 0.7, but not 0.5"),
        (["0.5:1:0.95"], r"in steps of 1 come 0.5 and 1.5, but not 0.95"),
        ("linspace(0, 1, 9)", ""),
    ],
)
def test_bad_thresholds(given: Thresholds, why: str) -> None:
    with pytest.raises(ValueError, match=rf"tIoU thresholds must be rising numbers.*{why}"):
        tiou_grid(given)


def test_names_tell_thresholds_apart() -> None:
    values = [0.5, 0.598, 0.602, 0.7000000000000001, 1]
    assert [threshold_name(value) for value in values] == ["0.50", "0.598", "0.602", "0.70", "1.00"]
