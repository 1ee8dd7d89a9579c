"""Deformable attention along time, against a loop over every place."""

import math

import torch

from mmtal.models.layers import DeformableAttention

B, Q, T, C, H, P = 2, 5, 9, 8, 2, 3


def looped(layer: DeformableAttention, query, memory, reference) -> torch.Tensor:
    """One place of one head of one query at a time."""
    values = layer.value_proj(memory).unflatten(2, (H, -1))
    offsets = layer.sampling_offsets(query).unflatten(2, (H, P))
    weights = layer.attention_weights(query).unflatten(2, (H, P)).softmax(3)
    out = torch.zeros(B, Q, H, C // H)
    for b, q, h, p in torch.cartesian_prod(*map(torch.arange, (B, Q, H, P))).tolist():
        step = offsets[b, q, h, p]
        if reference.shape[2] == 1:
            place = reference[b, q, 0] * T + step
        else:
            place = (reference[b, q, 0] + step / P * reference[b, q, 1] / 2) * T
        place = float(place) - 0.5  # feature t is in the middle of its place
        for t in (math.floor(place), math.floor(place) + 1):
            if 0 <= t < T:
                share = 1 - abs(place - t)
                out[b, q, h] += weights[b, q, h, p] * share * values[b, t, h]
    return layer.output_proj(out.flatten(2))


def given(reference_size: int) -> tuple:
    torch.manual_seed(0)
    layer = DeformableAttention(C, num_heads=H, num_points=P)
    torch.nn.init.normal_(layer.sampling_offsets.weight)
    torch.nn.init.normal_(layer.attention_weights.weight)
    tensors = torch.randn(B, Q, C), torch.randn(B, T, C), torch.rand(B, Q, reference_size)
    return layer, *tensors


def test_places_around_a_center_and_within_a_segment() -> None:
    for size in (1, 2):
        layer, *tensors = given(size)
        with torch.no_grad():
            assert torch.allclose(layer(*tensors), looped(layer, *tensors), atol=1e-5)


def test_half_a_pixel_beside_its_column_each_value_is_halved() -> None:
    layer, *tensors = given(1)
    torch.nn.init.zeros_(layer.output_proj.bias)
    whole = layer(*tensors)
    layer.halved = True
    assert torch.allclose(layer(*tensors), whole / 2, atol=1e-6)


def test_untrained_heads_look_to_either_side() -> None:
    offsets = DeformableAttention(C, num_heads=4, num_points=P).sampling_offsets.bias.view(4, P)
    expected = [[1, 2, 3], [-1, -2, -3]]
    assert torch.allclose(offsets[:2], torch.tensor(expected, dtype=torch.float), atol=1e-6)
