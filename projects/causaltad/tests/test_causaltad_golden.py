"""The models compute what OpenTAD's compute (figures: data/)."""

import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

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

from projects.causaltad.causaltad.causal_net import CausalMixer

GOLDEN = {
    "anet_tsp": ("causaltad_anet_tsp", "anet_tsp"),
    "thumos_i3d": ("causaltad_thumos_i3d", "thumos_i3d"),
}
CASES = ["anet_tsp", pytest.param("thumos_i3d", marks=pytest.mark.slow)]


@cache
def golden(name: str) -> MethodGolden:
    return MethodGolden("causaltad", *GOLDEN[name])


@pytest.mark.parametrize("name", CASES)
def test_raw_predictions_and_detections(name: str) -> None:
    check_rows(evaluation_rows(golden(name), golden(name).build()))


@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients(name: str) -> None:
    check_rows(training_rows(golden(name), golden(name).build()))


@pytest.mark.parametrize("name", GOLDEN)
def test_weight_decay(name: str) -> None:
    assert optimizer_groups(golden(name)) == published_groups(golden(name))


@pytest.mark.parametrize("name", GOLDEN)
def test_every_published_name_has_one_of_ours_and_comes_back(name: str) -> None:
    check_names_there_and_back(golden(name))


def test_attention_keeps_no_matrix_of_all_positions() -> None:
    """PyTorch's kernel that needs none refuses what does not lie in a row."""
    mixer = CausalMixer(8, expand=2, num_heads=2, kernel_size=4)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        mixer(torch.randn(2, 5, 8)).sum().backward()
