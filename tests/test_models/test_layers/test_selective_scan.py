"""The chunked scan is the sequential definition, and keeps little for its gradient."""

import sys
import types

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mmtal.models.layers import SelectiveSSM, selective_scan

module = sys.modules["mmtal.models.layers.selective_scan"]


def definition(x: Tensor, delta: Tensor, rate: Tensor, write: Tensor, read: Tensor) -> Tensor:
    state, y = x.new_zeros(x.shape[0], *rate.shape), []
    for t in range(x.shape[1]):
        gained = (delta[:, t] * x[:, t]).unsqueeze(2) * write[:, t].unsqueeze(1)
        state = torch.exp(delta[:, t].unsqueeze(2) * rate) * state + gained
        y.append((state * read[:, t].unsqueeze(1)).sum(2))
    return torch.stack(y, 1)


def inputs(*sizes: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    B, T, C, N = sizes
    random = torch.Generator().manual_seed(0)
    x, delta = (torch.randn(B, T, C, generator=random, dtype=dtype) for _ in range(2))
    write, read = (torch.randn(B, T, N, generator=random, dtype=dtype) for _ in range(2))
    rate = -torch.rand(C, N, generator=random, dtype=dtype) * 16
    made = [x, F.softplus(delta - 2), rate, write, read]
    return [part.requires_grad_() for part in made]


@pytest.mark.parametrize(
    ("shape", "chunk", "why"),
    [
        ((2, 50, 6, 4), 8, "the last chunk is shorter"),
        ((1, 16, 3, 1), 8, "chunks of one size, one state"),
        ((3, 5, 1, 16), 8, "shorter than a chunk, one channel"),
        ((2, 1, 4, 4), 8, "one position"),
        ((2, 300, 8, 16), 100, "long chunks"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_scan_and_its_gradients_are_the_definitions(
    shape, chunk, why, dtype, monkeypatch
) -> None:
    B, _, C, N = shape
    monkeypatch.setattr(module, "NUMBERS", chunk * B * C * N)
    given = inputs(*shape, dtype=dtype)
    weights = torch.randn_like(given[0])
    results = []
    for scan in (selective_scan, definition):
        y = scan(*given)
        results.append([y, *torch.autograd.grad((y * weights).sum(), given)])
    for ours, expected in zip(*results, strict=True):
        assert ours.dtype == dtype
        tolerance = 1e-5 if dtype == torch.float32 else 1e-12
        assert (ours - expected).abs().max() <= tolerance * max(
            1.0, float(expected.detach().abs().max())
        )


def test_what_is_kept_grows_with_the_sequence_and_not_with_its_states(monkeypatch) -> None:
    B, T, C, N, chunk = 2, 512, 8, 64, 32
    monkeypatch.setattr(module, "NUMBERS", chunk * B * C * N)
    kept: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        selective_scan(*inputs(B, T, C, N))
    assert sum(kept.values()) <= 2 * B * T * (C + N) + B * C * N * T // chunk + C * N


def test_mixed_precision_scans_in_float32() -> None:
    given = inputs(1, 20, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        y = selective_scan(given[0].bfloat16(), *given[1:])
    assert y.dtype == torch.bfloat16
    exact = definition(given[0].bfloat16().float(), *given[1:])
    assert torch.equal(y, selective_scan(given[0].bfloat16().float(), *given[1:]).bfloat16())
    assert (y - exact).abs().max() < 0.01 * exact.abs().max()


def test_the_kernels_of_mamba_get_channels_before_positions(monkeypatch) -> None:
    """They run on CUDA devices alone; what they are called with is tried here on the CPU."""

    def kernel(x, delta, rate, write, read):
        return definition(x.mT, delta.mT, rate, write.mT, read.mT).mT

    package = types.ModuleType("mamba_ssm.ops.selective_scan_interface")
    package.selective_scan_fn = kernel
    monkeypatch.setitem(sys.modules, package.__name__, package)
    module._kernels.cache_clear()
    monkeypatch.setattr(module, "runs_kernels", lambda x: True)
    given = inputs(2, 9, 3, 4)
    assert torch.allclose(selective_scan(*given), definition(*given), atol=1e-6)
    module._kernels.cache_clear()


def test_without_the_package_there_are_no_kernels(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "mamba_ssm.ops.selective_scan_interface", None)
    module._kernels.cache_clear()
    assert module._kernels() is None
    module._kernels.cache_clear()


def test_a_layer_sees_what_was_before() -> None:
    torch.manual_seed(0)
    layer = SelectiveSSM(6, num_states=4, rank=2)
    x, gate = torch.randn(2, 1, 12, 6)
    changed = x.clone()
    changed[:, 7] += 1
    moved = (layer(x, gate) - layer(changed, gate)).abs().amax((0, 2)) > 0
    assert moved.tolist() == [False] * 7 + [True] * 5


def test_steps_are_spread_at_first() -> None:
    torch.manual_seed(0)
    steps = F.softplus(SelectiveSSM(2000, rank=1).step.bias)
    assert 1e-3 <= steps.min() < 1.1e-3 and 0.09 < steps.max() <= 0.1
    assert steps.log10().median().item() == pytest.approx(-2, abs=0.1)
