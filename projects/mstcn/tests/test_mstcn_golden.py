"""The model computes what the release's computes (figures: data/, made by make_golden.py)."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_models import golden_weight
from mstcn_golden import CASES, EVERY, SEED, STEPS, video

from mmtal.checkpoints.files import load_official_state_dict
from mmtal.checkpoints.names import OFFICIAL
from mmtal.registry import MODELS
from mmtal.results.segmentation import label_runs
from mmtal.structures import FeatureGrid, TemporalDataSample

HERE = Path(__file__).resolve().parent


@cache
def golden(name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    path = HERE / "data" / f"mstcn_{name}"
    with np.load(path.with_suffix(".npz")) as file:
        return json.loads(path.with_suffix(".json").read_text()), dict(file)


@cache
def config(name: str) -> Config:
    return Config.fromfile(HERE.parent / "configs" / f"{name}_i3d.py")


def build(name: str) -> nn.Module:
    """Of our config, without dropout, with the weights of the release's names."""
    init_default_scope("mmtal")
    shapes = golden(name)[0]["params"]
    made = {key: golden_weight(key, shape, SEED) for key, shape in shapes.items()}
    model = MODELS.build(config(name).model)
    model.load_state_dict(load_official_state_dict(made, config(name)))
    for part in model.modules():
        if hasattr(part, "dropout"):
            part.dropout = 0.0
    return model


def batch(model: nn.Module, name: str, index: int, *, padding: int = 0) -> dict[str, Any]:
    """A recording at one feature per second; with ``padding``, together with a longer one."""
    features, labels = video(name, index)
    if CASES[name][0] > model.head.num_classes:  # the last class is background
        labels = np.where(labels == model.head.num_classes, -1, labels)
    runs, found = label_runs(labels)
    sample = TemporalDataSample(
        metainfo=dict(
            video_id="a", duration=float(len(labels)), grid=FeatureGrid(1, 1, 1), num_features=640
        )
    )
    sample.gt_instances = InstanceData(
        segments=torch.from_numpy(runs).float(), labels=torch.from_numpy(found)
    )
    inputs = [torch.from_numpy(features)]
    if padding:
        inputs.append(torch.zeros(len(features) + padding, features.shape[1]))
    return model.data_preprocessor(dict(inputs=inputs, data_samples=[sample] * len(inputs)))


@pytest.mark.parametrize("name", CASES)
def test_outputs_of_all_stages(name: str) -> None:
    figures = golden(name)[1]
    model = build(name).eval()
    with torch.no_grad():
        given = batch(model, name, 0)
        raw = model(given["inputs"], given["masks"])
        [sample] = model(**given, mode="predict")
    length = CASES[name][2]
    logits = torch.stack([stage[0, :, :length] for [stage] in raw])
    np.testing.assert_allclose(
        logits.flatten()[::EVERY].numpy(), figures["eval.logits_sub"], atol=2e-5, rtol=0
    )
    np.testing.assert_allclose(
        logits.double().sum((1, 2)).numpy(), figures["eval.logits_sums"], rtol=1e-5
    )
    # As predictions: the runs that are detected, laid out again.
    frames = np.full(length, model.head.num_classes)
    found = sample.pred_instances
    for (start, end), label in zip(found.segments.tolist(), found.labels.tolist(), strict=True):
        frames[round(start) : round(end)] = label
    assert np.array_equal(frames, figures["eval.predicted"])


@pytest.mark.parametrize("name", CASES)
def test_losses_gradients_and_steps_of_adam(name: str) -> None:
    meta, figures = golden(name)
    model = build(name).train()
    wrapper = build_optim_wrapper(model, config(name).optim_wrapper.copy())
    given = batch(model, name, 10)
    totals, entropies = [], []
    for step in range(STEPS):
        losses = model(**given, mode="loss")
        total = losses["loss_cls"] + losses["loss_smooth"]
        totals.append(total.item())
        entropies.append(losses["loss_cls"].item())
        wrapper.optimizer.zero_grad()
        total.backward()
        if step == 0:
            grads = {key: value.grad for key, value in model.named_parameters()}
            compare_norms(model, grads, meta["grad_norms"])
        wrapper.optimizer.step()
    np.testing.assert_allclose(entropies, figures["train.cross_entropy"], rtol=2e-6)
    np.testing.assert_allclose(totals, figures["train.total"], rtol=2e-6)
    compare_norms(model, dict(model.named_parameters()), meta["param_norms_after"])


def compare_norms(
    model: nn.Module, found: dict[str, torch.Tensor], expected: dict[str, float]
) -> None:
    scheme = OFFICIAL.for_model(model)
    norms = {scheme.to_theirs(key)[0]: v.double().norm().item() for key, v in found.items()}
    assert norms.keys() == expected.keys()
    for key, value in expected.items():
        assert norms[key] == pytest.approx(value, rel=1e-4), key


def test_padding_changes_nothing() -> None:
    model = build("gtea").eval()
    with torch.no_grad():
        alone, padded = (batch(model, "gtea", 0, padding=many) for many in (0, 300))
        one, other = (model(given["inputs"], given["masks"])[-1][0] for given in (alone, padded))
    torch.testing.assert_close(one[0, :, :640], other[0, :, :640], atol=1e-5, rtol=0)
    assert not other[0, :, 640:].any()
