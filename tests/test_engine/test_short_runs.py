"""Configs with fewer epochs, recordings and workers than they were written for."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from toy_training import toy_config, train

from mmtal.engine.short_runs import shorten_warm_up

WARM_UP = dict(type="LinearLR", end=5, convert_to_iter_based=True)
COSINE = dict(type="CosineAnnealingLR", begin=5, convert_to_iter_based=True)


@pytest.mark.parametrize(
    ("epochs", "steps", "end", "why"),
    [
        (6, 20, 5, "it fits"),
        (5, 20, 2.5, "as long as the warm-up: half of it"),
        (1, 12, 10 / 12, "whole steps"),
    ],
)
def test_the_warm_up_keeps_its_proportion(epochs: int, steps: int, end: float, why: str) -> None:
    warm_up, cosine = shorten_warm_up([WARM_UP, COSINE], epochs=epochs, steps=steps)
    assert warm_up["end"] == pytest.approx(end)
    assert cosine["begin"] == warm_up["end"]


def test_a_warm_up_shorter_than_a_step_is_left_out() -> None:
    assert [p["type"] for p in shorten_warm_up([WARM_UP, COSINE], epochs=1, steps=1)] == [
        "CosineAnnealingLR"
    ]


def test_schedules_by_steps_stay() -> None:
    parts = [dict(type="LinearLR", by_epoch=False, end=900), dict(COSINE, by_epoch=False)]
    assert shorten_warm_up(parts, epochs=1, steps=10) == parts


@pytest.mark.parametrize(
    ("changes", "steps", "said", "why"),
    [
        (dict(epochs=1), 4, "the warm-up is shortened from 2 to 0.67 epochs", "in the warm-up"),
        (dict(batch_size=32), 6, "batch_size 32 -> 8: 8 recordings in all", "one batch is all"),
        (
            dict(train_dataloader__persistent_workers=True, train_dataloader__prefetch_factor=2),
            24,
            "",
            "settings of workers where there are none",
        ),
    ],
)
def test_they_train(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict,
    steps: int,
    said: str,
    why: str,
) -> None:
    rates = train(toy_config(tmp_path, **changes))
    assert len(rates) == steps
    assert said in capsys.readouterr().out
    assert rates[-1][0][0] < max(rate[0][0] for rate in rates)  # the cosine has begun
