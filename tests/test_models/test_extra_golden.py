"""Parts that no official recipe uses compute what the release computes: convolution-only backbone,
FPN, layers without norm, relative positions, no center sampling, GIoU loss, no NMS.
"""

from functools import cache

import numpy as np
import pytest
import torch
from extra_golden import LENGTHS, MODELS, extra_golden
from golden_models import official_to_mmtal
from torch import nn

from mmtal.registry import MODELS as REGISTRY

TOLERANCE = 2e-4  # as for the golden figures of the recipes
# Beyond max_seq_len=64, 81 and 70 are padded to a multiple of the release's divisor.
CASES = [(name, index) for name in MODELS for index in range(len(LENGTHS))]


@cache
def model_of(name: str) -> nn.Module:
    return extra_golden(name).build().eval()


@pytest.mark.parametrize(("name", "index"), CASES)
def test_logits_and_offsets(name, index):
    model, figures, length = model_of(name), extra_golden(name).figures, LENGTHS[index]
    batch = model.data_preprocessor(extra_golden(name).video(index, length, in_grid_units=False))
    with torch.no_grad():
        outputs = model(batch["inputs"], batch["masks"])
    counts = [-(-length // stride) for stride in model.backbone.level_strides]
    for levels, key in zip(outputs, ("cls_logits", "offsets"), strict=True):
        valid = torch.cat([x[0].t()[:n] for x, n in zip(levels, counts, strict=True)])
        expected = figures[f"eval{index}.{key}"]
        np.testing.assert_allclose(valid.numpy(), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("name", "index"), CASES)
def test_detections_without_nms(name, index):
    model, figures = model_of(name), extra_golden(name).figures
    video = extra_golden(name).video(index, LENGTHS[index], in_grid_units=False)
    found = model.test_step(video)[0].pred_instances
    scores, segments, labels = (
        figures[f"eval{index}.{key}"] for key in ("scores", "segments", "labels")
    )
    np.testing.assert_allclose(found.scores.numpy(), -np.sort(-scores), rtol=0, atol=5e-5)
    distance = np.abs(found.segments.numpy()[:, None] - segments).max(-1)
    same = (distance <= 1e-3) & (found.labels.numpy()[:, None] == labels)
    same &= np.abs(found.scores.numpy()[:, None] - scores) <= 5e-5
    assert same.any(0).all() and same.any(1).all()


@pytest.mark.parametrize("name", MODELS)
def test_losses_and_gradient_norms(name):
    model, figures = extra_golden(name).build().train(), extra_golden(name).figures
    videos = extra_golden(name).training_batch(in_grid_units=True)
    losses = model(**model.data_preprocessor(videos, training=True), mode="loss")
    total = losses["loss_cls"] + losses["loss_reg"]
    total.backward()
    for actual, key in (
        (losses["loss_cls"], "cls_loss"),
        (losses["loss_reg"], "reg_loss"),
        (total, "final_loss"),
        (model.head.loss_normalizer, "loss_normalizer_after"),
    ):
        assert actual.item() == pytest.approx(float(figures[f"train.{key}"]), rel=1e-5), key

    grads = {n: p.grad for n, p in model.named_parameters()}
    expected = extra_golden(name).meta["grad_norms"]
    assert len(expected) == len(grads) + len(model.head.level_scales) - 1
    for official, norm in expected.items():
        ours = official_to_mmtal(official)
        grad = grads[ours] if ours else grads["head.level_scales"][int(official.split(".")[2])]
        assert grad.double().norm().item() == pytest.approx(norm, rel=1e-3, abs=1e-5), official


@pytest.mark.parametrize("name", MODELS)
def test_a_fresh_classifier_starts_at_the_prior(name):
    fresh = REGISTRY.build(MODELS[name]).head.cls_conv.bias.detach()
    expected = extra_golden(name).figures["fresh_cls_bias"]
    np.testing.assert_allclose(fresh.numpy(), expected, rtol=1e-6)
