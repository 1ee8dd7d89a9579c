import numpy as np
import pytest

from mmtal.evaluation.thresholds import tiou_grid


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.3:0.1:0.7", [0.3, 0.4, 0.5, 0.6, 0.7]),  # the last one is included
        ("0.5:0.05:0.95", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]),
        ("0.5:0.1:0.5", [0.5]),
        ([0.1, 1.0], [0.1, 1.0]),
    ],
)
def test_tiou_grid(given: str | list, expected: list[float]) -> None:
    np.testing.assert_allclose(tiou_grid(given), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "given", ["", "0.5", "0.5:0:0.7", "a:b:c", "0.7:0.1:0.3", [], [0], [1.1], [0.5, 0.5], [None]]
)
def test_bad_thresholds(given: str | list) -> None:
    with pytest.raises(ValueError, match="tIoU thresholds must be rising numbers"):
        tiou_grid(given)
