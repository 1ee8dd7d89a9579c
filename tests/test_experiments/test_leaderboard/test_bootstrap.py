"""The fast path gives what the plain one gives."""

from dataclasses import replace

import numpy as np
import pytest

from mmtal.experiments.leaderboard.bootstrap import resampled_map, resampling_weights
from mmtal.experiments.leaderboard.matches import Matches, figures, find_matches
from tests.made_records import CLASSES, PROTOCOL, detect, made_matches, truth

NAMES = [f"v{i}" for i in range(12)]


def cases() -> dict[str, Matches]:
    plain = made_matches(NAMES, 1, 0.3)
    beyond = detect(truth([*NAMES, "unlisted"]), 2, 0.4)
    none = np.zeros(0, dtype=np.int64)
    return {
        "plain": plain,
        "a recording that is not listed": find_matches(PROTOCOL, truth(NAMES), beyond, CLASSES),
        "a class without instances": find_matches(
            PROTOCOL, truth(NAMES), detect(truth(NAMES), 1, 0.9), [*CLASSES, "absent"]
        ),
        "no detections": plain.select(none),
        "no instances": replace(plain, num_truth=np.zeros_like(plain.num_truth)),
    }


@pytest.mark.parametrize("name", list(cases()))
@pytest.mark.parametrize("normalized", [False, True])
def test_it_equals_the_plain_figures(name: str, normalized: bool) -> None:
    matches = cases()[name]
    # Weights that leave most recordings out, so that classes vanish in some resamplings.
    sparse = np.random.default_rng(0).integers(0, 2, (50, 12)) * np.eye(12)[:10].sum(0)
    weights = np.concatenate([resampling_weights(12, 50), sparse[:, ::-1], np.ones((1, 12))])
    expected = figures(matches, weights)["mAP_N" if normalized else "mAP"]
    found = resampled_map(matches, weights, normalized=normalized)
    np.testing.assert_allclose(found, expected, rtol=1e-12, equal_nan=True)
    assert np.isnan(found).all() == (name == "no instances")


def test_a_recording_drawn_twice_counts_twice() -> None:
    weights = np.ones((1, 12))
    weights[0, 3] = 2
    matches = made_matches(NAMES, 1, 0.3)
    video = matches.pred_video == 3
    # The same recording once more, by hand; its detections stand right after their twins.
    rows = np.sort(np.concatenate([np.arange(len(video)), np.flatnonzero(video)]))
    twice = matches.select(rows)
    again = np.append(False, rows[1:] == rows[:-1])
    twice = replace(
        twice,
        video_ids=(*matches.video_ids, "twin"),
        num_truth=np.concatenate([matches.num_truth, matches.num_truth[3:4]]),
        pred_video=np.where(again, 12, twice.pred_video),
    )
    # A hit is never followed by less precision than its twin right after it gives.
    found = resampled_map(twice, np.ones((1, 13)))
    assert resampled_map(matches, weights) == pytest.approx(found, rel=1e-12)
    assert found != pytest.approx(resampled_map(matches, np.ones((1, 12))), rel=1e-3)


def test_draws_are_as_many_as_recordings_and_repeat() -> None:
    weights = resampling_weights(12, 200)
    assert (weights.sum(axis=1) == 12).all()
    assert (weights == resampling_weights(12, 200)).all()
    assert weights.mean() == pytest.approx(1, abs=1e-12) and (weights == 0).mean() > 0.3


def test_a_protocol_without_normalized_map() -> None:
    matches = replace(made_matches(NAMES, 1, 0.3), normalized_above=None)
    with pytest.raises(ValueError, match="made/up has no normalized mAP"):
        resampled_map(matches, np.ones((1, 12)), normalized=True)
