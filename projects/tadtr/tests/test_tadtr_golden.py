"""The model computes what OpenTAD's computes (figures: data/)."""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from opentad_methods import (
    MethodGolden,
    Row,
    check_names_there_and_back,
    check_rows,
    differ,
    gradient_row,
    tie_share,
    unmatched_but_nan,
)

from mmtal.registry import MODELS

LAYERS = 4
T = 256
TWINS = {0: 2, 2: 0}
"""Instances that are exact duplicates, so that matching may exchange them."""
LOSSES = {"class": "loss_cls", "bbox": "loss_l1", "iou": "loss_iou"}


class TadTRGolden(MethodGolden):
    """Weights with its exceptions, of which the state dict holds some twice."""

    def weights(self) -> dict[str, Tensor]:
        made = self.parameters()
        copies = {k: k.replace("transformer.", "transformer.decoder.") for k in self.copied()}
        return {key: made[copies.get(key, key)] for key in self.meta["state_dict_keys"]}

    def copied(self) -> list[str]:
        return [k for k in self.meta["state_dict_keys"] if k not in self.meta["params"]]

    def parameters(self) -> dict[str, Tensor]:
        made = {}
        for name, value in self.filled().items():
            if name.endswith("sampling_offsets.weight"):
                value = 0.05 * value
            elif "bbox_embed" in name and name.endswith("layers.2.weight"):
                value = 0.1 * value
            elif name == "transformer.query_embedding.weight":
                value = value * np.sqrt(value.shape[1])
            made[name] = value.float()
        return made

    def by_their_names(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        return {self.theirs(name): value for name, value in values.items()}


@cache
def golden() -> TadTRGolden:
    return TadTRGolden("tadtr", "tadtr_thumos_i3d_seed0", "thumos_i3d")


def evaluation_rows(model: nn.Module) -> Iterator[Row]:
    figures = {k: v for k, v in golden().figures.items() if not k.startswith("train.")}
    yield from array_rows("pos_embed", table(model), figures)
    for index, (length, padded) in enumerate(golden().meta["eval_cases"]):
        name = f"eval{index}"
        video = golden().video(index, length, padded, golden().meta[f"{name}_meta"])
        with torch.no_grad():
            memory, masks = model.extract_feat(video["inputs"], video["masks"])
            raw = model.head(memory, masks)
            [found] = model.detect(raw, masks, video["data_samples"])
        logits, boxes, [actionness] = raw
        yield from array_rows(f"{name}.memory", memory[0].mT, figures)
        for layer, values in enumerate(logits):
            tolerance = 1e-3 if layer else 2e-4
            key = f"{name}.logits_layer{layer}"
            yield Row(key, differ(values[0].T, figures.pop(key)), tolerance)
        for key, values, tolerance in (
            ("pred_logits", logits[-1], 1e-3),
            ("pred_boxes", boxes[-1], 2e-5),
            ("pred_actionness", actionness.sigmoid(), 1e-4),
        ):
            difference = differ(values[0].T, figures.pop(f"{name}.{key}"))
            yield Row(f"{name}.{key}", difference, tolerance)
        expected = [figures.pop(f"{name}.{key}") for key in ("segments", "scores", "labels")]
        share = unmatched_but_nan(found, expected)
        yield Row(f"{name}.detections, share unmatched", share, tie_share(len(found)))
    assert not figures, f"not compared: {sorted(figures)}"


def table(model: nn.Module) -> Tensor:
    backbone = model.backbone
    return backbone.positions(backbone.places(torch.empty(1, T, 1)))[None]


def array_rows(key: str, values: Tensor, figures: dict[str, np.ndarray]) -> Iterator[Row]:
    """A large array by every step-th value and its sums."""
    expected, step = figures.pop(f"{key}_sub"), int(figures.pop(f"{key}_step"))
    wide = values.double().numpy()
    assert list(wide.shape) == figures.pop(f"{key}_shape").tolist()
    largest, size = float(np.abs(expected).max()), float(figures.pop(f"{key}_abs_sum"))
    yield Row(f"{key}_sub", differ(wide.flatten()[::step], expected), 2e-5 * largest)
    yield Row(f"{key}_abs_sum", abs(np.abs(wide).sum() - size), 1e-6 * size)
    yield Row(f"{key}_sum", abs(wide.sum() - float(figures.pop(f"{key}_sum"))), 1e-6 * size)


def training_rows(model: nn.Module, monkeypatch: pytest.MonkeyPatch) -> Iterator[Row]:
    matches, match = [], model.head.matcher
    monkeypatch.setattr(
        model.head, "matcher", lambda *given: matches.append(match(*given)) or matches[-1]
    )
    videos = [golden().video(10, int(0.8 * T), T), golden().video(11, T, T)]
    losses = model.train()(
        torch.cat([video["inputs"] for video in videos]),
        torch.cat([video["masks"] for video in videos]),
        [video["data_samples"][0] for video in videos],
        mode="loss",
    )
    total = torch.stack(list(losses.values())).sum()
    total.backward()
    figures = {k: v for k, v in golden().figures.items() if k.startswith("train.")}
    ends = ["_0", "_1", "_2", ""]
    ours = {f"loss_{t}{end}": losses[o + end] for t, o in LOSSES.items() for end in ends}
    ours |= dict(loss_actionness=losses["loss_actionness"], cost=total)
    assert len(ours) == len(losses) + 1
    for name, value in ours.items():
        expected = float(figures.pop(f"train.{name}"))
        yield Row(f"train.{name}", abs(value.item() - expected) / expected, 2e-5)
    for layer in range(LAYERS):
        call = (layer + 1) % LAYERS  # OpenTAD matches the last layer first
        for row in (0, 1):
            queries, instances = matches[2 * layer + row]
            key = f"train.match_call{call}_video{row}"
            theirs = dict(figures.pop(key).T.tolist())
            found = dict(zip(queries.tolist(), instances.tolist(), strict=True))
            wrong = sum(
                i not in (theirs.get(q), TWINS.get(theirs.get(q))) for q, i in found.items()
            )
            yield Row(key, wrong + abs(len(found) - len(theirs)), 0)
    assert not figures, f"not compared: {sorted(figures)}"
    yield gradient_row(golden(), model)


def test_raw_predictions_and_detections() -> None:
    check_rows(evaluation_rows(golden().build().eval()))


def test_losses_matches_and_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    check_rows(training_rows(golden().build(), monkeypatch))


def test_every_published_name_has_one_of_ours_and_comes_back() -> None:
    assert len(golden().copied()) == 24, "the box heads, which the state dict lists twice"
    check_names_there_and_back(golden())
    assert sum(p.numel() for p in golden().empty.parameters()) == golden().meta["numel"]


def test_learning_rates_of_the_optimizer() -> None:
    init_default_scope("mmtal")
    model = MODELS.build(golden().config.model)
    wrapper = build_optim_wrapper(model, golden().config.optim_wrapper.copy())
    names = {id(p): golden().theirs(name) for name, p in model.named_parameters()}
    groups: dict = {}
    for group in wrapper.optimizer.param_groups:
        key = (round(group["lr"], 12), group["weight_decay"])
        groups.setdefault(key, set()).update(names[id(p)] for p in group["params"])
    published = golden().meta["optimizer_groups"]
    decay = golden().meta["resolved"]["optimizer"]["weight_decay"]
    assert groups == {(round(g["lr"], 12), decay): set(g["names"]) for g in published}
