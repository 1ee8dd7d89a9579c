"""The model computes what OpenTAD's computes (figures: data/)."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from opentad_methods import (
    MethodGolden,
    check_names_there_and_back,
    check_rows,
    evaluation_rows,
    optimizer_groups,
    published_groups,
    training_rows,
)

from mmtal.registry import MODELS

# without noise, as the figures were made
GOLDEN = MethodGolden("dyfadet", "dyfadet_anet_tsp", "anet_tsp", dict(noise=0.0))


def test_raw_predictions_and_detections() -> None:
    check_rows(evaluation_rows(GOLDEN, GOLDEN.build()))


def test_losses_and_gradients() -> None:
    check_rows(training_rows(GOLDEN, GOLDEN.build()))


def test_numbers_of_parameters() -> None:
    trainable = sum(p.numel() for p in GOLDEN.empty.parameters())
    shifts = [b for name, b in GOLDEN.empty.named_buffers() if name.endswith("shift.weight")]
    numel = {"trainable": trainable, "total": trainable + sum(b.numel() for b in shifts)}
    assert numel == GOLDEN.meta["numel"]


def test_weight_decay() -> None:
    """OpenTAD's constant kernels are in a group, too; without gradients, they stay as they are."""
    assert GOLDEN.meta["frozen_params"]
    assert optimizer_groups(GOLDEN) == published_groups(GOLDEN)


def test_every_published_name_has_one_of_ours_and_comes_back() -> None:
    check_names_there_and_back(GOLDEN)


def test_kernels_that_copy_neighbors_are_there_at_first() -> None:
    shifts = {
        n: v for n, v in MODELS.build(GOLDEN.config.model).state_dict().items() if "shift" in n
    }
    theirs = GOLDEN.weights()
    assert len(shifts) == len(GOLDEN.meta["frozen_params"])
    assert all(torch.equal(value, theirs[GOLDEN.theirs(name)]) for name, value in shifts.items())


def test_convolutions_of_the_head_start_with_drawn_biases_and_gates_where_asked() -> None:
    """With biases of 0, a gate that is closed at every position would be closed for good."""
    config = GOLDEN.config.model
    for gate_bias in (None, 1.5):
        head = dict(config.head, gate_bias=gate_bias)
        weights = MODELS.build(dict(config, head=head)).state_dict()
        biases = {n: v for n, v in weights.items() if "_tower." in n and n.endswith("conv.bias")}
        gates = {n: v for n, v in weights.items() if n.endswith("gate.bias")}
        assert biases and gates
        assert all(value.abs().max() > 0 for value in (*biases.values(), *gates.values()))
        assert all(bool((value == 1.5).all()) == (gate_bias == 1.5) for value in gates.values())
