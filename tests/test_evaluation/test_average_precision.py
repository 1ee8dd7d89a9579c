"""Average precision and Recall@kx against the release's figures and against cases by hand."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation import matching
from mmtal.evaluation.average_precision import detection_scores
from mmtal.evaluation.operating_point import best_f1
from mmtal.results.instance_table import InstanceTable, without_duplicates
from mmtal.results.result_files import read_ground_truth, read_results

EXPECTED = json.loads((Path(__file__).parents[1] / "data/golden/eval_expected.json").read_text())

S_CNN_WITHOUT_TIES = {
    "mAP": [
        0.3678625077104508,
        0.3080836319662312,
        0.21685210769284496,
        0.12083086510502297,
        0.039511126166997264,
    ],
    "recall": [
        [0.5057888204151679, 0.7741106266976066],
        [0.4373441275131348, 0.7210826401532744],
        [0.3528808239153435, 0.6371509291069637],
        [0.25756720341798195, 0.45032510483557464],
        [0.14219637866768545, 0.2507084419862801],
    ],
}
"""Measured with the release's evaluator after 1e-10 * row (order of the file) was taken off each
score: the scores in the file have five digits, and 5 % of the rows tie across recordings."""


def table(**videos: list) -> InstanceTable:
    """From rows (label, start, end[, score])."""
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


@pytest.mark.parametrize("label_handling", ["official", "corrected"])
@pytest.mark.parametrize("columns", EXPECTED["results"])
def test_golden_figures(golden: Path, columns: str, label_handling: str) -> None:
    rows = json.loads((golden / "eval_pred.json").read_text())
    videos: dict[str, list] = {}
    for name, *row in zip(
        *(rows[key] for key in ("video-id", "label", "t-start", "t-end", "score")), strict=True
    ):
        videos.setdefault(name, []).append(row)
    truth, _ = without_duplicates(read_ground_truth(golden / "eval_gt.json", "test")[0])
    case = EXPECTED["results"][columns]
    scores = detection_scores(
        truth,
        table(**videos),
        case["tiou"],
        recall_at=EXPECTED["top_k"],
        label_handling=label_handling,
    )
    np.testing.assert_allclose(scores.mean_ap, case[label_handling]["mAP"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(scores.mean_recall, case[label_handling]["recall_at_kx"], atol=1e-9)
    assert scores.average_map == pytest.approx(case[label_handling]["average"], abs=1e-9)


@pytest.fixture(scope="module")
def s_cnn(shared_data: Callable[[str], Path]) -> tuple[InstanceTable, InstanceTable, dict]:
    annotations = shared_data("benchmarks/thumos14/thumos14.json")
    results = shared_data("detections/scnn_c3d_results.json")
    expected = shared_data("detections/scnn_c3d_expected.json")
    truth, classes = read_ground_truth(annotations, "test")
    return truth, read_results(results, classes), json.loads(expected.read_text())


@pytest.mark.parametrize("label_handling", ["official", "corrected"])  # every class is in the split
def test_published_detections(s_cnn: tuple, label_handling: str) -> None:
    truth, detections, expected = s_cnn
    untied = replace(detections, scores=detections.scores - 1e-10 * np.arange(len(detections)))
    scores = detection_scores(
        truth, untied, expected["tiou"], recall_at=(1, 5), label_handling=label_handling
    )
    np.testing.assert_allclose(scores.mean_ap, S_CNN_WITHOUT_TIES["mAP"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(scores.mean_recall, S_CNN_WITHOUT_TIES["recall"], atol=1e-9)


def test_published_detections_with_ties(s_cnn: tuple) -> None:
    # The release orders ties with NumPy's unstable sort: its own mAP moves by 0.007 between
    # processors, and over 100 random orders the standard deviation is 0.002.
    truth, detections, expected = s_cnn
    scores = detection_scores(truth, detections, expected["tiou"], recall_at=(1, 5))
    np.testing.assert_allclose(scores.mean_ap, expected["mAP"], rtol=0, atol=0.006)
    assert scores.average_map == pytest.approx(expected["average_mAP"], abs=0.004)
    np.testing.assert_allclose(scores.mean_recall, expected["recall_at_1x_5x"], atol=0.003)


@pytest.mark.parametrize(
    ("truth", "detections", "ap"),
    [
        pytest.param([(0, 0, 10)], [(0, 0, 10, 0.9)], 1.0, id="found"),
        pytest.param([(0, 0, 10)], [], 0.0, id="no detection at all"),
        pytest.param([(0, 0, 10)], [(0, 10, 20, 0.9)], 0.0, id="only touching"),
        pytest.param([(0, 0, 10)], [(0, 0, 5, 0.9)], 1.0, id="exactly at the threshold"),
        pytest.param([(0, 0, 10)], [(0, 3, 3, 0.9)], 0.0, id="empty detection"),
        pytest.param(
            [(0, 0, 10), (0, 50, 60)],
            [(0, 0, 10, 0.9), (0, 0, 10, 0.8), (0, 50, 60, 0.7)],
            (1 + 2 / 3) / 2,
            id="the second detection of an instance is false",
        ),
        pytest.param(
            [(0, 0, 10), (0, 1, 11)],
            [(0, 0, 10, 0.9), (0, 0, 10, 0.8)],
            1.0,
            id="the second takes the next best instance",
        ),
        pytest.param(
            [(0, 0, 10), (0, 0, 15)],
            [(0, 0, 14, 0.9), (0, 0, 9, 0.8)],
            1.0,
            id="the first takes the instance it overlaps most, not the first listed",
        ),
        pytest.param(
            [(0, 0, 10), (0, 10, 20)],
            [(0, 0, 20, 0.9), (0, 0, 10, 0.8)],
            1.0,
            id="of two instances with equal tIoU the later one is taken, as in the release",
        ),
        pytest.param(
            [(0, 0, 10)],
            [(0, 20, 30, 0.9), (0, 0, 10, 0.8)],
            0.5,
            id="a false one before the right one",
        ),
        pytest.param(
            [(0, 0, 10)],
            [(0, 0, 10, 0.8), (0, 20, 30, 0.7)],
            1.0,
            id="a false one after the last right one costs nothing",
        ),
        pytest.param(
            [(0, 0, 10), (0, 50, 60)],
            [(0, 90, 99, 0.9), (0, 0, 10, 0.8), (0, 50, 60, 0.7)],
            2 / 3,
            id="precision is interpolated: it never rises with recall",
        ),
    ],
)
def test_one_class_by_hand(truth: list, detections: list, ap: float) -> None:
    scores = detection_scores(table(v=truth), table(v=detections), [0.5])
    assert scores.ap.tolist() == [[pytest.approx(ap)]]


@pytest.mark.parametrize(
    ("elsewhere", "listed", "ap"),
    [
        pytest.param([(0, 0, 10, 0.9)], True, 0.5, id="a recording without instances"),
        pytest.param([(0, 0, 10, 0.9)], False, 0.5, id="a recording that is not listed"),
        pytest.param([], True, 1.0, id="nothing found where there is nothing"),
    ],
)
def test_detections_in_other_recordings(elsewhere: list, listed: bool, ap: float) -> None:
    truth = table(v=[(0, 0, 10)], **({"w": []} if listed else {}))
    scores = detection_scores(truth, table(w=elsewhere, v=[(0, 0, 10, 0.5)]), [0.5])
    assert scores.ap.item() == pytest.approx(ap)


def test_without_ground_truth() -> None:
    scores = detection_scores(table(v=[]), table(v=[(0, 0, 1, 0.5)]), [0.3, 0.5], recall_at=[1])
    assert scores.ap.shape == (2, 0)
    assert np.isnan(scores.average_map) and np.isnan(scores.mean_recall).all()


def test_class_without_detections_counts() -> None:
    scores = detection_scores(table(v=[(0, 0, 10), (3, 20, 30)]), table(v=[(0, 0, 10, 0.5)]), [0.5])
    assert scores.classes.tolist() == [0, 3]
    assert scores.ap.tolist() == [[1.0, 0.0]]
    assert scores.average_map == 0.5


@pytest.mark.parametrize(
    ("label_handling", "absent", "ap"),
    [
        # Present 0, 2 -> 0, 1 under "official"; 1 is absent and keeps its number.
        ("corrected", 1, [1.0, 1.0]),
        ("official", 1, [1.0, 0.5]),
        ("official", 2 + 1, [1.0, 1.0]),  # 3 is nobody's new number
    ],
)
def test_absent_class(label_handling: str, absent: int, ap: list[float]) -> None:
    truth = table(v=[(0, 0, 10), (2, 20, 30)])
    detections = table(v=[(0, 0, 10, 0.5), (2, 20, 30, 0.5), (absent, 50, 60, 0.9)])
    scores = detection_scores(truth, detections, [0.5], label_handling=label_handling)
    assert scores.ap[0].tolist() == ap


def test_recall_counts_per_recording_and_may_share_a_detection() -> None:
    # v: two instances, so two detections count at 1x: the first reaches both, the third is late.
    truth = table(v=[(0, 0, 10), (0, 1, 11), (0, 50, 60)], w=[(0, 0, 10)])
    detections = table(
        v=[(0, 0, 10, 0.9), (0, 80, 90, 0.8), (0, 85, 90, 0.7), (0, 50, 60, 0.6)], w=[]
    )
    scores = detection_scores(truth, detections, [0.5], recall_at=[1, 2])
    assert scores.recall[:, :, 0].tolist() == [[2 / 4, 3 / 4]]


def test_figures_do_not_depend_on_the_order_of_recordings() -> None:
    rng = np.random.default_rng(0)
    videos = {
        f"v{i}": [(int(k), t, t + 5, 0.1 * int(s)) for k, t, s in rng.integers(0, 4, (30, 3))]
        for i in range(9)
    }
    truth = table(**{name: [(k, k, k + 5) for k in range(4)] for name in videos})
    one = detection_scores(truth, table(**videos), [0.3, 0.9])
    other = detection_scores(truth, table(**dict(reversed(videos.items()))), [0.3, 0.9])
    np.testing.assert_array_equal(one.ap, other.ap)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(label_handling="oficial"), "label_handling must be one of"),
        (dict(recall_at=[0]), "recall_at must be integers >= 1"),
        (dict(tiou_thresholds=[0.0]), "tIoU thresholds must be rising numbers"),
    ],
)
def test_bad_arguments(arguments: dict, message: str) -> None:
    arguments = {"tiou_thresholds": [0.5], **arguments}
    with pytest.raises(ValueError, match=message):
        detection_scores(table(v=[(0, 0, 1)]), table(v=[]), **arguments)


@pytest.mark.parametrize("at_once", [1, 60, 500])  # each class alone, some together, all
def test_figures_do_not_depend_on_how_many_classes_are_matched_at_a_time(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    rng = np.random.default_rng(0)
    truth, found = (
        InstanceTable.from_videos(
            {
                f"v{i}": dict(
                    segments=np.sort(rng.uniform(0, 20, (number, 2))),
                    labels=rng.integers(low, 9, number) * 2,  # labels that nobody has between
                    scores=rng.integers(1, 9, number) / 10,
                )
                for i in range(5)
            }
        )
        for number, low in ((20, 1), (60, 0))
    )
    figures = []
    for most in (matching.MAX_DETECTIONS, at_once):
        monkeypatch.setattr(matching, "MAX_DETECTIONS", most)
        scores = [
            detection_scores(truth, found, [0.3, 0.5], recall_at=(1, 5), normalized=normalized)
            for normalized in (False, True)
        ]
        figures.append([best_f1(truth, found), *(part.ap for part in scores), scores[0].recall])
    parts = list(matching.match_by_class(truth, found, [0.3]))
    assert len(parts) == {1: 8, 500: 1}.get(at_once, len(parts))
    assert sum(len(part.rows) for part in parts) == np.isin(found.labels, truth.labels).sum()
    for whole, cut in zip(*figures, strict=True):
        np.testing.assert_equal(cut, whole)
    assert 0 < scores[0].average_map < 1
