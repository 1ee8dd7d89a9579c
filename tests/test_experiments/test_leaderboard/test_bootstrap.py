"""Average precision of recordings that are drawn again."""

from dataclasses import replace

import numpy as np
import pytest

from mmtal.experiments.leaderboard.difference import resampling_weights
from mmtal.experiments.leaderboard.matches import RunMatches, find_matches
from tests.made_records import CLASSES, PROTOCOL, detect, made_matches, truth

NAMES = [f"v{i}" for i in range(12)]


def cases() -> dict[str, RunMatches]:
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
        "no instances": replace(plain, video_truth=np.zeros_like(plain.video_truth)),
    }


def plain_ap(matches: RunMatches, weight: np.ndarray, *, normalized: bool) -> np.ndarray:
    """(T, C) of one weighting, by the definition: over all detections, not over the hits."""
    ap = np.full((len(matches.hits), len(matches.classes)), np.nan)
    number = weight @ matches.video_truth
    counted = (matches.scores >= matches.normalized_above) if normalized else True
    once = np.append(weight, 1)[matches.pred_video] * counted
    for c in np.flatnonzero(number):
        gain = number.sum() / (number > 0).sum() / number[c] if normalized else 1
        own = matches.pred_class == c
        for t, hit in enumerate(matches.hits[:, own]):
            true = np.cumsum(once[own] * hit) * gain
            total = true + np.cumsum(once[own] * ~hit)
            precision = np.divide(true, total, out=np.zeros(len(hit)), where=total > 0)
            envelope = np.maximum.accumulate(precision[::-1])[::-1]
            ap[t, c] = (envelope * once[own] * hit).sum() / number[c]
    return ap


@pytest.mark.parametrize("name", list(cases()))
@pytest.mark.parametrize("normalized", [False, True])
def test_it_equals_the_definition(name: str, normalized: bool) -> None:
    matches = cases()[name]
    # Weights that leave most recordings out, so that classes vanish in some resamplings.
    sparse = np.random.default_rng(0).integers(0, 2, (50, 12)) * np.eye(12)[:10].sum(0)
    weights = np.concatenate([resampling_weights(12, 50), sparse[:, ::-1], np.ones((1, 12))])
    found = matches.ap(weights, normalized=normalized)
    for weight, ap in zip(weights, found, strict=True):
        np.testing.assert_allclose(ap, plain_ap(matches, weight, normalized=normalized), rtol=1e-12)
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
        video_truth=np.concatenate([matches.video_truth, matches.video_truth[3:4]]),
        pred_video=np.where(again, 12, twice.pred_video),
    )
    # A hit is never followed by less precision than its twin right after it gives.
    found = twice.figures()["mAP"]
    assert matches.figures(weights)["mAP"] == pytest.approx(found, rel=1e-12)
    assert found != pytest.approx(matches.figures()["mAP"], rel=1e-3)


def test_draws_are_as_many_as_recordings_and_repeat() -> None:
    weights = resampling_weights(12, 200)
    assert (weights.sum(axis=1) == 12).all()
    assert (weights == resampling_weights(12, 200)).all()
    assert weights.mean() == pytest.approx(1, abs=1e-12) and (weights == 0).mean() > 0.3


def test_a_protocol_without_normalized_map() -> None:
    matches = replace(made_matches(NAMES, 1, 0.3), normalized_above=None)
    with pytest.raises(ValueError, match="made/up has no normalized mAP"):
        matches.ap(normalized=True)
