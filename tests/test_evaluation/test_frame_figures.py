"""Per-frame figures by hand. Letters are labels, '.' is background."""

import numpy as np
import pytest

from mmtal.evaluation.frames import edit_score, frame_scores, segmental_f1
from mmtal.results.segmentation import frame_labels


def frames(text: str) -> np.ndarray:
    return np.array([-1 if letter == "." else ord(letter) - ord("a") for letter in text], int)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "......"),
        ([(0, 1.0, 3.0, 1)], ".aa..."),
        ([(0, 0.4, 2.6, 1)], "aaa..."),  # a frame belongs to whoever covers its middle
        ([(0, 0.6, 2.4, 1)], ".a...."),
        ([(0, -5.0, 99.0, 1)], "aaaaaa"),  # cut at the ends
        ([(0, 0.0, 4.0, 0.9), (1, 2.0, 6.0, 0.5)], "aaaabb"),  # the higher score wins
        ([(0, 2.0, 3.0, 1), (1, 0.0, 6.0, 1)], "bbabbb"),  # equal: the shorter one
        ([(0, 5.0, 2.0, 1)], "......"),  # reversed
    ],
)
def test_frame_labels(rows: list, expected: str) -> None:
    labels, start, end, scores = np.array(rows, float).reshape(-1, 4).T
    actual = frame_labels(
        np.stack([start, end], axis=1),
        labels.astype(int),
        scores,
        num_frames=6,
        frames_per_second=1.0,
    )
    assert actual.tolist() == frames(expected).tolist()


def test_frames_follow_the_rate() -> None:
    segments, one = np.array([[0.5, 1.0]]), np.ones(1)
    actual = frame_labels(segments, np.zeros(1, int), one, num_frames=8, frames_per_second=4)
    assert actual.tolist() == frames("..aa....").tolist()


def test_frame_scores() -> None:
    truth, predicted = [frames("aaab.."), frames("bb")], [frames("aabb.c"), frames("ab")]
    # a: 2 of 3 found, 3 predicted; b: 2 of 3 found, 3 predicted; c is not in the ground truth
    assert frame_scores(truth, predicted) == pytest.approx(
        dict(accuracy=5 / 8, precision=2 / 3, recall=2 / 3, f1=2 / 3)
    )


def test_frame_scores_average_classes_not_frames() -> None:
    scores = frame_scores([frames("aaaaaaab")], [frames("aaaaaaaa")])
    assert scores == pytest.approx(
        dict(accuracy=7 / 8, precision=(7 / 8) / 2, recall=1 / 2, f1=(14 / 15) / 2)
    )


@pytest.mark.parametrize(
    ("truth", "predicted", "overlap", "expected"),
    [
        pytest.param("aaaabbbb", "aaaabbbb", 0.5, 1.0, id="perfect"),
        pytest.param("aaaabbbb", "aaabbbbb", 0.75, 1.0, id="tIoU 3/4 and 4/5"),
        pytest.param("aaaabbbb", "aaabbbbb", 0.79, 1 / 2, id="only one reaches the threshold"),
        pytest.param("aaaa", "a.aa", 0.1, 2 / 3, id="the second on the same run is false"),
        pytest.param("aaaa", "bbbb", 0.1, 0.0, id="wrong label"),
        pytest.param("aaaa", "....", 0.1, 0.0, id="nothing predicted"),
        pytest.param("....", "aaaa", 0.1, 0.0, id="nothing there"),
        pytest.param("a.a.", "aaa.", 0.3, 2 / 3, id="one run finds one run only"),
    ],
)
def test_segmental_f1(truth: str, predicted: str, overlap: float, expected: float) -> None:
    assert segmental_f1([frames(truth)], [frames(predicted)], overlap) == pytest.approx(expected)


def test_segmental_f1_sums_counts_over_recordings() -> None:
    truth, predicted = [frames("aaaa"), frames("a.a.a.")], [frames("aaaa"), frames("......")]
    assert segmental_f1(truth, predicted, 0.5) == pytest.approx(2 * 1 / (4 + 1))


def test_nothing_to_compare() -> None:
    assert np.isnan(list(frame_scores([], []).values())).all()
    assert np.isnan(segmental_f1([frames("..")], [frames("..")], 0.5))


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="as many predicted frames as true ones, but got 3 and 2"):
        frame_scores([frames("aa")], [frames("aaa")])


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
    [
        pytest.param("aabb", "abbb", 1.0, id="times do not matter"),
        pytest.param("a.a", "aaa", 1 / 2, id="background parts runs"),
        pytest.param("abc", "abd", 2 / 3, id="replaced"),
        pytest.param("abc", "ac.", 2 / 3, id="left out"),
        pytest.param("abcd", "dabc", 1 / 2, id="one too early: left out and put in"),
        pytest.param("kitten", "sittin", 1 - 2 / 5, id="kiten to sitin: equal neighbors are one"),
        pytest.param("abc", "...", 0.0, id="nothing predicted"),
        pytest.param("...", "...", 1.0, id="nothing there"),
    ],
)
def test_edit_score(truth: str, predicted: str, expected: float) -> None:
    assert edit_score([frames(truth)], [frames(predicted)]) == pytest.approx(expected)
    assert edit_score([frames(predicted)], [frames(truth)]) == pytest.approx(expected)


def test_edit_distance_beside_the_plain_recursion() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        one, other = (random.integers(0, 4, random.integers(0, 12)) for _ in range(2))
        costs = [[max(i, j) for j in range(len(other) + 1)] for i in range(len(one) + 1)]
        for i, j in np.ndindex(len(one), len(other)):
            costs[i + 1][j + 1] = min(
                costs[i][j + 1] + 1, costs[i + 1][j] + 1, costs[i][j] + int(one[i] != other[j])
            )
        # every label between background, so that each is a run
        runs = [np.stack([labels, np.full_like(labels, -1)], 1).ravel() for labels in (one, other)]
        longest = max(len(one), len(other), 1)
        assert edit_score(runs[:1], runs[1:]) == pytest.approx(1 - costs[-1][-1] / longest)


def test_means_over_recordings_or_over_all_runs() -> None:
    truth, predicted = [frames("ab"), frames("a.a.a.")], [frames("ab"), frames("......")]
    assert segmental_f1(truth, predicted, 0.5) == pytest.approx(2 * 2 / (4 + 3))
    assert segmental_f1(truth, predicted, 0.5, per_recording=True) == pytest.approx(1 / 2)
