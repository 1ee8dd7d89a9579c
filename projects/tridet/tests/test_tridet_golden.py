"""The models compute what the TriDet release computes (figures: data/, made by us from it)."""

import json
import sys
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from torch import Tensor, nn

from mmtal.checkpoints.names import OFFICIAL
from mmtal.models.layers import AffineDropPath
from mmtal.registry import MODELS
from projects.tridet.tridet.official_checkpoint import RULES, load_tridet_state_dict

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from golden_models import Golden, unmatched_share

PROJECT = Path(__file__).resolve().parents[1]
NAMES = ["thumos_i3d", "anet_tsp", "epic_slowfast_verb"]


class TriDetGolden(Golden):
    """One golden model of the TriDet release."""

    @cached_property
    def meta(self) -> dict:
        return json.loads(
            (PROJECT / "tests" / "data" / f"tridet_{self.config_name}.json").read_text()
        )

    @cached_property
    def figures(self) -> dict[str, np.ndarray]:
        with np.load(PROJECT / "tests" / "data" / f"tridet_{self.config_name}.npz") as file:
            return dict(file)

    @cached_property
    def config(self) -> Config:
        return Config.fromfile(PROJECT / "configs" / f"{self.config_name}.py")

    def build(self) -> nn.Module:
        model = MODELS.build(self.config.model)
        model.load_state_dict(load_tridet_state_dict(self.official_weights(), self.config))
        for module in model.modules():
            if isinstance(module, AffineDropPath):
                module.drop_prob = 0.0  # as the figures were made
        return model


@cache
def golden(name: str) -> TriDetGolden:
    return TriDetGolden(name)


@cache
def built(name: str) -> nn.Module:
    return golden(name).build()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("anet_tsp", 0),
        ("anet_tsp", 1),
        pytest.param("thumos_i3d", 0, marks=pytest.mark.slow),
        pytest.param("thumos_i3d", 1, marks=pytest.mark.slow),
        pytest.param("epic_slowfast_verb", 0, marks=pytest.mark.slow),
        pytest.param("epic_slowfast_verb", 1, marks=pytest.mark.slow),
    ],
)
def test_detections(name: str, index: int) -> None:
    length = golden(name).meta["lengths"][index]
    video = golden(name).video(index, length, in_grid_units=False)
    (sample,) = built(name).eval().test_step(video)
    figures = golden(name).figures
    expected = [figures[f"eval{index}.{key}"] for key in ("segments", "scores", "labels")]
    assert unmatched_share(sample.pred_instances, expected) <= 1e-3


@pytest.mark.parametrize(
    "name", [n if n == "anet_tsp" else pytest.param(n, marks=pytest.mark.slow) for n in NAMES]
)
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
    norms = golden(name).meta["grad_norms"]
    for official, grad in official_gradients(model, norms).items():
        norm = norms[official]
        assert grad.double().norm().item() == pytest.approx(norm, rel=1e-3, abs=1e-5), official


def official_gradients(model: nn.Module, names: Iterable[str]) -> dict[str, Tensor]:
    """Our gradients by the release's names; all of them are used."""
    grads = {name: parameter.grad for name, parameter in model.named_parameters()}
    scheme = OFFICIAL.extended(RULES)
    scales = iter(grads.pop("head.level_scales"))
    named = {
        name: next(scales)
        if name.startswith("reg_head.scale")
        else grads.pop(scheme.to_ours(name)[0])
        for name in names
    }
    assert not grads and not list(scales)
    return named


@pytest.mark.parametrize("name", NAMES)
def test_buffers_are_the_releases(name: str) -> None:
    """Parameters are compared where their gradients are, shapes where they are loaded."""
    with torch.device("meta"):
        model = MODELS.build(golden(name).config.model)
    buffers = {n: list(buffer.shape) for n, buffer in model.named_buffers()}
    assert buffers.pop("head.open_points") == [3]  # counts of ours, in no checkpoint
    assert buffers.pop("head.loss_normalizer") == []  # a plain number in the release
    table = golden(name).meta["buffers"].get("backbone.pos_embd")
    expected = {} if table is None else {"backbone.pos_table": table[1:]}
    assert buffers == expected  # its others are the points, which depend on nothing learned
