"""The model computes what OpenTAD's computes (figures: data/)."""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from golden_models import golden_weight
from opentad_methods import (
    MethodGolden,
    Row,
    check_names_there_and_back,
    check_rows,
    differ,
    gradient_row,
    optimizer_groups,
    published_groups,
    tie_share,
    unmatched_but_nan,
)

from projects.bmn.bmn.map_sampling import sampling_table

LENGTH, DURATIONS, SAMPLES = 128, 64, 32


class BMNGolden(MethodGolden):
    """The one golden model, which has no classes, level scales or loss normalizer."""

    def weights(self) -> dict[str, Tensor]:
        seed = self.meta["seed"]
        return {name: golden_weight(name, s, seed) for name, s in self.meta["params"].items()}

    def by_their_names(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        return {self.theirs(name): value for name, value in values.items() if "level" not in name}


@cache
def golden() -> BMNGolden:
    found = BMNGolden("bmn", "bmn_thumos_i3d_seed0", "thumos_i3d")
    found.meta["num_classes"] = 20
    return found


def compare(key: str, values: Tensor, largest: float, figures: dict) -> Iterator[Row]:
    """Rows of an array that the figures sample."""
    flat = values.double().flatten().numpy()
    total = figures.pop(f"{key}_abs_sum", None)
    assert values.shape == tuple(figures.pop(f"{key}_shape"))
    step = int(figures.pop(f"{key}_step"))
    yield Row(f"{key}_sub", differ(flat[::step], figures.pop(f"{key}_sub")), largest)
    tolerance = 1e-6 * float(total if total is not None else np.abs(flat).sum())
    yield Row(f"{key}_sum", differ(flat.sum(), figures.pop(f"{key}_sum")), tolerance)
    if total is not None:
        yield Row(f"{key}_abs_sum", differ(np.abs(flat).sum(), total), tolerance)


@pytest.mark.parametrize("index", [0, 1])
def test_maps_and_proposals(index: int) -> None:
    check_rows(evaluation_rows(golden(), golden().build().eval(), index))


def evaluation_rows(golden: BMNGolden, model: nn.Module, index: int) -> Iterator[Row]:
    prefix = f"eval{index}."
    figures = {k: v for k, v in golden.figures.items() if k.startswith(prefix)}
    video = golden.video(
        index, golden.meta["eval_lengths"][index], LENGTH, golden.meta[f"eval{index}_meta"]
    )
    with torch.no_grad():
        raw, masks = model.raw_predictions(video["inputs"], video["masks"])
    boundaries, maps = (part[0][0] for part in raw)
    yield Row("tem", differ(boundaries, figures.pop(f"{prefix}tem")), 2e-4)
    yield from compare(f"{prefix}confidence_map", maps, 2e-4, figures)
    model.head.nms_per_window = False  # as the figures were made
    for kind in ("iou", "iou_s_e"):
        model.head.boundary_scores = kind == "iou_s_e"
        found = model.detect(raw, masks, video["data_samples"])[0]
        expected = [figures.pop(f"{prefix}{kind}.{key}") for key in ("segments", "scores")]
        assert len(found) == len(expected[1])
        share = unmatched_but_nan(found, [*expected, np.zeros(len(found))])
        yield Row(f"{kind} proposals, share unmatched", share, tie_share(len(found)))
    assert not figures, f"not compared: {sorted(figures)}"


def test_losses_targets_and_gradients() -> None:
    check_rows(training_rows(golden(), golden().build().train()))


def training_rows(golden: BMNGolden, model: nn.Module) -> Iterator[Row]:
    figures = {k: v for k, v in golden.figures.items() if k.startswith("train.")}
    videos = [golden.video(10, int(0.8 * LENGTH), LENGTH), golden.video(11, LENGTH, LENGTH)]
    samples = [video["data_samples"][0] for video in videos]
    near, tiou = model.head.targets(LENGTH, samples)
    yield from compare("train.gt_iou", tiou, 1e-6, figures)
    for row, key in enumerate(("gt_start", "gt_end")):
        yield Row(key, differ(near[:, row], figures.pop(f"train.{key}")), 0)
    torch.manual_seed(golden.meta["seed"])  # the losses draw
    losses = model(
        torch.cat([video["inputs"] for video in videos]),
        torch.cat([video["masks"] for video in videos]),
        samples,
        mode="loss",
    )
    total = sum(losses.values())
    total.backward()
    losses = dict(zip(("loss_tem", "loss_cls", "loss_reg"), losses.values(), strict=True))
    for key, value in dict(losses, cost=total).items():
        expected = float(figures.pop(f"train.{key}"))
        yield Row(key, abs(value.item() - expected) / expected, 2e-5)
    assert not figures, f"not compared: {sorted(figures)}"
    yield gradient_row(golden, model)


def test_sampling_weights() -> None:
    figures = {k: v for k, v in golden().figures.items() if k.startswith("sample_mask")}
    index, first, weights = sampling_table(LENGTH, DURATIONS, SAMPLES, bins=3, extension=0.5)
    proposal = torch.repeat_interleave(
        torch.arange(len(first)), first.diff(append=torch.tensor([len(index)]))
    )
    dense = torch.zeros(SAMPLES * LENGTH * DURATIONS * LENGTH)
    dense.index_add_(0, index * DURATIONS * LENGTH + proposal, weights)
    mask = dense.reshape(SAMPLES, LENGTH, DURATIONS, LENGTH).transpose(0, 1)  # time first
    one = figures.pop("sample_mask.t42_all_samples_dur21_start32")
    assert differ(mask[:, :, 21, 32], one) <= 1e-6
    check_rows(compare("sample_mask", mask, 1e-6, figures))
    assert not figures


def test_the_file_holds_no_other_figures() -> None:
    kinds = {key.split(".")[0].split("_")[0] for key in golden().figures}
    assert kinds == {"eval0", "eval1", "train", "sample"}


def test_weight_decay() -> None:
    merged: dict[float, set[str]] = {}
    for decay, names in optimizer_groups(golden()):  # a group for each parameter
        merged.setdefault(round(decay, 9), set()).update(names)
    expected: dict[float, set[str]] = {}
    for decay, names in published_groups(golden()):
        expected.setdefault(decay, set()).update(names)
    assert merged == expected


def test_every_published_name_has_one_of_ours_and_comes_back() -> None:
    check_names_there_and_back(golden())
    assert golden().meta["state_dict_keys"].keys() == golden().weights().keys()
