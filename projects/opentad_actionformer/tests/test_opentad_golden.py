"""Converted models compute what OpenTAD computes (figures: data/)."""

import numpy as np
import pytest
import torch
from opentad_golden import FILES, opentad_golden

LOGIT_TOLERANCE = 2e-5  # measured: 7e-6; without mask_after_norm 0.2 to 0.4
OFFSET_TOLERANCE = 2e-4  # of an offset; the figures are ends near 1,400, whose last digit is 1e-4
CASES = [
    name if name == "anet_tsp" else pytest.param(name, marks=pytest.mark.slow) for name in FILES
]


@pytest.mark.parametrize("name", CASES)
def test_proposals_and_scores(name: str) -> None:
    golden = opentad_golden(name)
    model, figures = golden.build(), golden.figures
    batch = model.data_preprocessor(dict(inputs=[golden.features()]))
    with torch.no_grad():
        logits, offsets = model(batch["inputs"], batch["masks"])
    lengths = [x.shape[2] for x in logits]
    points = model.head.points(lengths)
    valid = torch.cat(
        [
            torch.arange(n) * stride < golden.meta["valid_length"]
            for n, stride in zip(lengths, model.backbone.level_strides, strict=True)
        ]
    )
    scores = torch.cat(logits, 2)[0].t().sigmoid()
    distances = torch.cat(offsets, 2)[0].t()
    proposals = model.head.coder.decode(points.positions, points.level_strides, distances)
    for key, value, tolerance in (
        # the sigmoid's slope is at most 1 / 4; an end is as exact as its offset times the stride
        ("scores", scores, LOGIT_TOLERANCE / 4),
        ("proposals", proposals, OFFSET_TOLERANCE * points.level_strides[valid, None].numpy()),
    ):
        found = value[valid].numpy()
        assert found.shape == tuple(figures[f"eval0.{key}_shape"])
        step = int(figures[f"eval0.{key}_step"])
        error = np.abs(found.flatten()[::step] - figures[f"eval0.{key}_sub"])
        allowed = np.broadcast_to(tolerance, found.shape).flatten()[::step]
        assert (error <= allowed).all(), (key, error.max(), (error / allowed).max())
