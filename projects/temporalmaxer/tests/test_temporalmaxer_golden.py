"""The models compute what the official release computes (figures: data/, made by us from it)."""

import json
import re
import sys
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from golden_models import Golden, official_to_mmtal, unmatched_share

PROJECT = Path(__file__).resolve().parents[1]
NAMES = ["thumos_i3d", "epic_slowfast_verb"]
LEVELS = 6


class TemporalMaxerGolden(Golden):
    """One golden model of the TemporalMaxer release."""

    @cached_property
    def meta(self) -> dict:
        path = PROJECT / "tests" / "data" / f"temporalmaxer_{self.config_name}.json"
        return json.loads(path.read_text())

    @cached_property
    def figures(self) -> dict[str, np.ndarray]:
        with np.load(PROJECT / "tests" / "data" / f"temporalmaxer_{self.config_name}.npz") as file:
            return dict(file)

    @cached_property
    def config(self) -> Config:
        return Config.fromfile(PROJECT / "configs" / f"{self.config_name}.py")

    def official_weights(self) -> dict[str, Tensor]:
        """As in a checkpoint of the release: its neck's one norm is there once a level."""
        weights = super().official_weights()
        for name in [n for n in weights if n.startswith("neck.fpn_norms.0.")]:
            for level in range(1, LEVELS):
                weights[name.replace(".0.", f".{level}.")] = weights[name]
        return weights


@cache
def golden(name: str) -> TemporalMaxerGolden:
    return TemporalMaxerGolden(name)


@cache
def built(name: str) -> nn.Module:
    return golden(name).build()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("thumos_i3d", 0),
        pytest.param("epic_slowfast_verb", 0, marks=pytest.mark.slow),
        pytest.param("thumos_i3d", 1, marks=pytest.mark.slow),
        pytest.param("epic_slowfast_verb", 1, marks=pytest.mark.slow),
    ],
)
def test_detections(name: str, index: int) -> None:
    length = golden(name).meta["lengths"][index]
    (sample,) = built(name).eval().test_step(golden(name).video(index, length, in_grid_units=False))
    figures = golden(name).figures
    expected = [figures[f"eval{index}.{key}"] for key in ("segments", "scores", "labels")]
    assert unmatched_share(sample.pred_instances, expected) <= 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_losses_and_gradient_norms(name: str) -> None:
    model, figures = golden(name).build().train(), golden(name).figures
    batch = model.data_preprocessor(golden(name).training_batch(in_grid_units=True), training=True)
    losses = model(**batch, mode="loss")
    total = losses["loss_cls"] + losses["loss_reg"]
    total.backward()
    for actual, key in (
        (losses["loss_cls"], "cls_loss"),
        (losses["loss_reg"], "reg_loss"),
        (total, "final_loss"),
        (model.head.loss_normalizer, "loss_normalizer_after"),
    ):
        assert actual.item() == pytest.approx(float(figures[f"train.{key}"]), rel=1e-5), key

    expected = golden(name).meta["grad_norms"]
    parameters = dict(model.named_parameters())
    for official, norm in expected.items():
        level = re.fullmatch(r"reg_head\.scale\.(\d)\.scale", official)
        grad = (
            parameters["head.level_scales"].grad[int(level.group(1))]
            if level
            else parameters[official_to_mmtal(official)].grad
        )
        assert grad.double().norm().item() == pytest.approx(norm, rel=1e-3, abs=1e-5), official
    assert len(expected) == len(parameters) - 1 + LEVELS
