"""The figures of DETAD's own code on published detections (S-CNN on THUMOS14 test)."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmtal.error_analysis import ErrorAnalysis, analyze_result_file
from mmtal.evaluation.average_precision import detection_scores

# Measured with github.com/HumamAlwassel/DETAD, commit 24f7d95, at tIoU 0.5 with its settings for
# THUMOS14 and its own file of characteristics, on NumPy 2 and pandas 3 (np.float and the like
# replaced), with three changes:
# equal scores in the order of the recordings' names; every detection of a recording without
# ground truth is background (the code looks at another recording's instances from the second
# one on); of equally near instances one with the detection's label goes first (the code takes the
# first of the file: THUMOS14 annotates every cliff dive as a dive, too).
COUNTS = [
    [1079, 149, 90, 1217, 202, 621],
    [538, 138, 144, 1067, 518, 953],
    [196, 73, 183, 1060, 784, 1062],
    [159, 56, 139, 906, 686, 925],
    [140, 44, 88, 1000, 533, 902],
    [46, 11, 90, 754, 543, 808],
    [27, 6, 49, 798, 333, 494],
    [4, 2, 23, 543, 239, 350],
    [12, 1, 12, 150, 200, 271],
    [5, 1, 17, 124, 162, 208],
]
TOP_10G = 0.2470939206
GAIN = [0.0096819851, 0.0064879792, 0.1011594182, 0.0166779856, 0.0497978519]
AVERAGE_MAP_N = 0.2484086320
SENSITIVITY = {
    "coverage": [0.2349793126, 0.2676706348, 0.3093664753, 0.2513084877, 0.1598659054],
    "length": [0.1666399029, 0.2706320897, 0.2565423714, 0.0989387601, 0.1063495715],
    "instances": [0.3365312125, 0.2500888943, 0.2597679939, 0.1560808751],
}
MISSED = {
    "coverage": [0.3158557047, 0.3866057839, 0.421686747, 0.393442623, 0.4444444444],
    "length": [0.3733087331, 0.3137485311, 0.2780821918, 0.4122807018, 0.4594594595],
    "instances": [0.5333333333, 0.3763050386, 0.2888583219, 0.2276029056],
}

UNCHANGED = dict(
    average_map_n=0.2475939927,
    gain=[0.0079921894, 0.0069351559, 0.0915068122, 0.0264630464, 0.0505549870],
)
"""Of the code without these changes."""


@pytest.fixture(scope="module")
def files(shared_data: Callable[[str], Path]) -> tuple[Path, Path]:
    return (
        shared_data("detections/scnn_c3d_results.json"),
        shared_data("benchmarks/thumos14/thumos14.json"),
    )


@pytest.fixture(scope="module")
def analysis(files: tuple[Path, Path]) -> ErrorAnalysis:
    return analyze_result_file(*files, subset="test", tiou_thresholds=[0.5], buckets="thumos14")


def test_false_positive_profile(analysis: ErrorAnalysis) -> None:
    assert analysis.false_positives.counts[0].tolist() == COUNTS


def test_impact_of_each_type(analysis: ErrorAnalysis) -> None:
    assert analysis.false_positives.base[1] == pytest.approx(TOP_10G, abs=1e-9)
    assert analysis.false_positives.gain[:, 1].tolist() == pytest.approx(GAIN, abs=1e-9)


def test_average_map_n(analysis: ErrorAnalysis) -> None:
    assert analysis.scores[1] == pytest.approx(AVERAGE_MAP_N, abs=1e-9)
    matches = analysis.matches
    scores = detection_scores(matches.truth, matches.detections, [0.5], normalized=True)
    assert scores.average_map == pytest.approx(AVERAGE_MAP_N, abs=1e-9)


@pytest.mark.parametrize("name", ["length", "instances", "coverage"])
def test_sensitivity_and_false_negatives(analysis: ErrorAnalysis, name: str) -> None:
    (part,) = (p for p in analysis.sensitivity if p.characteristic.name == name)
    assert part.map_n.tolist() == pytest.approx(SENSITIVITY[name], abs=1e-9)
    assert part.missed.tolist() == pytest.approx(MISSED[name], abs=1e-9)


def test_close_to_the_code_as_it_is(analysis: ErrorAnalysis) -> None:
    assert analysis.scores[1] == pytest.approx(UNCHANGED["average_map_n"], abs=0.001)
    np.testing.assert_allclose(analysis.false_positives.gain[:, 1], UNCHANGED["gain"], atol=0.0105)


@pytest.mark.slow
def test_plain_map_is_the_reference_evaluators(
    files: tuple[Path, Path], shared_data: Callable[[str], Path]
) -> None:
    expected = json.loads(shared_data("detections/scnn_c3d_expected.json").read_text())
    analysis = analyze_result_file(*files, subset="test")
    assert analysis.scores[0] == pytest.approx(expected["average_mAP"], abs=0.004)  # ties
    assert analysis.scores[0] == pytest.approx(analysis.stamp["metrics"]["mAP"], abs=1e-12)
    assert all((oracle.gain > 0).all() for oracle in analysis.oracles)
