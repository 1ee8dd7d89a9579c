"""The model computes what OpenTAD's computes (figures: data/)."""

import sys
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from golden_models import golden_weight
from opentad_methods import (
    MethodGolden,
    check_names_there_and_back,
    differ,
    gradient_row,
    optimizer_groups,
    published_groups,
)

from mmtal.checkpoints.names import OPENTAD
from mmtal.models.video.videomae import sinusoids
from projects.adatad.adatad.video_backbone import OURS

CONSTANTS = {"mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}


class AdaTADGolden(MethodGolden):
    """Shapes and names are our model's, whose names are theirs by our rules."""

    @property
    def window(self) -> int:
        return self.meta["window_size"]

    @cached_property
    def config(self) -> Config:
        config = super().config
        config.model.backbone.features.max_seq_len = self.window
        return config

    def weights(self) -> dict[str, Tensor]:
        made = {}
        for ours, value in self.empty.state_dict().items():
            kind = ours.removeprefix(OURS)
            if kind in CONSTANTS:
                made[self.theirs(ours)] = torch.tensor(CONSTANTS[kind]).view(3, 1, 1, 1)
            elif kind == "positions":
                made[self.theirs(ours)] = sinusoids(*value.shape[1:])
            elif ours == "head.loss_normalizer":
                made[self.theirs(ours)] = torch.tensor(self.config.model.head.loss_normalizer)
            else:
                made |= self.parameter(ours, value)
        return made

    def parameter(self, ours: str, value: Tensor) -> dict[str, Tensor]:
        if ours == "head.level_scales":
            shapes = {f"{ours}.{level}": () for level in range(len(value))}
        else:
            shapes = {ours: value.shape}
        made = {}
        for name, shape in shapes.items():
            theirs, rule = OPENTAD.for_model(self.empty).to_theirs(name)
            made[theirs] = golden_weight(theirs, list(rule.their_shape(shape)), 0)
        return made

    def build(self) -> nn.Module:
        model = super().build()
        for block in model.backbone.video.blocks:
            block.drop_path = 0.0
        return model

    def frames(self, index: int) -> Tensor:
        """(1, 160, 160, 3, T)."""
        shape = (1, 3, self.window, 160, 160)
        values = np.random.RandomState(index).randint(0, 256, shape).astype(np.uint8)
        return torch.from_numpy(values).permute(0, 3, 4, 1, 2)


@cache
def golden() -> AdaTADGolden:
    return AdaTADGolden("adatad", "adatad_vit_s_w64x1", "thumos_videomae_s")


@pytest.mark.slow
@torch.no_grad()
def test_features_and_proposals() -> None:
    model, figures = golden().build().eval(), golden().figures
    features = model.backbone.extract(golden().frames(5))
    values, sample = features.flatten().double().numpy(), figures["e2e.backbone_feat_sub"]
    step = figures["e2e.backbone_feat_step"]
    assert list(features.shape) == figures["e2e.backbone_feat_shape"].tolist()
    assert differ(values[::step], sample) <= 2e-5 * np.abs(sample).max()
    difference = abs(values.sum() - figures["e2e.backbone_feat_sum"])
    assert difference <= 1e-6 * figures["e2e.backbone_feat_abs_sum"]
    for key, valid in (("eval", int(0.7 * golden().window)), ("eval_full", golden().window)):
        mask = torch.arange(golden().window)[None] < valid
        levels, masks = model.backbone.features(features, mask)
        logits, offsets = model.head(model.neck(levels, masks), masks)
        points = model.head.points([level.shape[1] for level in masks])
        is_valid = torch.cat([level[0] for level in masks])
        found = model.head.coder.decode(
            points.positions, points.level_strides, torch.cat([x[0].t() for x in offsets])
        )
        scores = torch.cat([x[0].t() for x in logits]).sigmoid()
        assert differ(scores[is_valid], figures[f"e2e.{key}.scores"]) <= 1e-5
        assert differ(found[is_valid], figures[f"e2e.{key}.proposals"]) <= 1e-3


@pytest.mark.slow
def test_losses_and_gradients() -> None:
    """Each block is computed twice, as ``checkpointing`` says."""
    model, window = golden().build().train(), golden().window
    videos = [golden().video(10 + i, window, window) for i in range(2)]
    mask = torch.arange(window)[None] < torch.tensor([[int(0.8 * window)], [window]])
    frames = torch.cat([golden().frames(10), golden().frames(11)])
    losses = model(frames, mask, [v["data_samples"][0] for v in videos], mode="loss")
    total = losses["loss_cls"] + losses["loss_reg"]
    total.backward()
    found = dict(cls_loss=losses["loss_cls"], reg_loss=losses["loss_reg"], cost=total)
    for key, value in found.items():
        expected = float(golden().figures[f"e2e.train.{key}"])
        assert value.item() == pytest.approx(expected, rel=2e-5)
    after = golden().figures["e2e.train.loss_normalizer_after"]
    assert model.head.loss_normalizer.item() == pytest.approx(float(after), abs=1e-6)
    row = gradient_row(golden(), model)
    assert row.difference <= row.tolerance, row


def test_what_is_trained_and_how() -> None:
    """But the norm behind the features: OpenTAD trains it, though it has no gradient."""
    assert optimizer_groups(golden()) == published_groups(golden())
    model = golden().empty
    adapters = [n for n, p in model.backbone.video.named_parameters() if p.requires_grad]
    assert all("adapter" in name for name in adapters) and len(adapters) == 108


def test_every_published_name_has_one_of_ours_and_comes_back() -> None:
    check_names_there_and_back(golden())
