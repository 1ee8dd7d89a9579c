"""The selective scan of Mamba (Gu and Dao, 2023) in plain PyTorch.

B batch, T positions, C channels, N states of a channel, L positions of a chunk. A chunk's states
(L, B, N, C) are all that is in memory at once: positions are outermost, since the recurrence goes
from one to the next, and channels innermost, since whatever else there is runs along them.
"""

import importlib
from functools import cache
from typing import Any

import torch
from torch import Tensor

NUMBERS = 2**19
"""States of a chunk: about as many as fit into a processor's cache, several times over."""


def selective_scan(x: Tensor, delta: Tensor, rate: Tensor, write: Tensor, read: Tensor) -> Tensor:
    """Run a linear recurrence whose coefficients depend on the position.

    A channel has N states, which are 0 before the first position::

        state[t, n] = exp(delta[t] * rate[n]) * state[t - 1, n] + delta[t] * write[t, n] * x[t]
        y[t] = sum over n of read[t, n] * state[t, n]

    All is computed in float32 (or float64, as ``x``). Where the package ``mamba_ssm`` is installed,
    its kernels do the same on CUDA devices.

    Args:
        x: (B, T, C).
        delta: (B, T, C), > 0: how far a step goes.
        rate: (C, N), < 0: how fast states decay.
        write: (B, T, N).
        read: (B, T, N).

    Returns:
        y (B, T, C), of the type of ``x``.
    """
    dtype = torch.promote_types(x.dtype, torch.float32)
    inputs = [part.to(dtype) for part in (x, delta, rate, write, read)]
    if torch.compiler.is_compiling():
        return _exported(*inputs).to(x.dtype)
    kernels = _kernels() if runs_kernels(x) else None
    if kernels is not None:
        x_, delta_, write_, read_ = (inputs[i].mT.contiguous() for i in (0, 1, 3, 4))
        return kernels(x_, delta_, inputs[2], write_, read_).mT.to(x.dtype)
    with torch.autocast("cpu" if x.is_meta else x.device.type, enabled=False):
        return _Scan.apply(*inputs).to(x.dtype)  # type: ignore[no-untyped-call, unused-ignore]


def runs_kernels(x: Tensor) -> bool:
    """Whether compiled kernels could read ``x``."""
    return x.is_cuda


@cache
def _kernels() -> Any:
    """``selective_scan_fn`` of ``mamba_ssm``; None where it is not installed."""
    try:
        return importlib.import_module("mamba_ssm.ops.selective_scan_interface").selective_scan_fn
    except ImportError:
        return None


def _exported(x: Tensor, delta: Tensor, rate: Tensor, write: Tensor, read: Tensor) -> Tensor:
    """The definition as one operator, which a graph of any length T can hold."""
    scan = importlib.import_module("torch._higher_order_ops.scan").scan

    def step(state: Tensor, here: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        x_, delta_, write_, read_ = here
        decay = torch.exp(delta_.unsqueeze(2) * rate)
        state = decay * state + (delta_ * x_).unsqueeze(2) * write_.unsqueeze(1)
        return state, (state * read_.unsqueeze(1)).sum(2)

    state = x.new_zeros(x.shape[0], *rate.shape)
    y: Tensor = scan(step, state, tuple(p.transpose(0, 1) for p in (x, delta, write, read)))[1]
    return y.transpose(0, 1)


class _Scan(torch.autograd.Function):
    """Keeps its inputs and the state before each chunk; backward computes a chunk's states again.

    Inside, x, delta, write and read are (T, B, ...), and ``rate`` is (N, C).
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, delta: Tensor, rate: Tensor, write: Tensor, read: Tensor
    ) -> Tensor:
        sequences = [part.transpose(0, 1) for part in (x, delta, write, read)]
        (T, B, C), N = sequences[0].shape, rate.shape[1]
        size = min(T, max(8, NUMBERS // (B * N * C)))
        rates = rate.t().contiguous()
        keeps = any(ctx.needs_input_grad)
        state = x.new_zeros(B, N, C)
        y = x.new_empty(T, B, C)
        before = x.new_empty(-(-T // size), B, N, C) if keeps else None
        decays, states = (x.new_empty(size, B, N, C) for _ in range(2))
        for index, start in enumerate(range(0, T, size)):
            if before is not None:
                before[index] = state
            part = [sequence[start : start + size] for sequence in sequences]
            length = len(part[0])
            state = _run_chunk(part, rates, state, decays[:length], states[:length]).clone()
            torch.matmul(
                part[3].unsqueeze(2), states[:length], out=y[start : start + size].unsqueeze(2)
            )
        ctx.save_for_backward(x, delta, rates, write, read, before)
        ctx.size = size
        return y.transpose(0, 1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        x, delta, rates, write, read, before = ctx.saved_tensors
        sequences = [part.transpose(0, 1) for part in (x, delta, write, read)]
        grad = grad.transpose(0, 1)
        T, size = len(grad), ctx.size
        grads = [torch.empty_like(s, memory_format=torch.contiguous_format) for s in sequences]
        d_rates = torch.zeros_like(rates)
        decays, states, d_states = (x.new_empty(size, *before.shape[1:]) for _ in range(3))
        carried = torch.zeros_like(before[0])  # to the state before the chunk that was last done
        for index in reversed(range(len(before))):
            span = slice(index * size, min(T, (index + 1) * size))
            x_, delta_, write_, read_ = part = [sequence[span] for sequence in sequences]
            d_x, d_delta, d_write, d_read = (sequence[span] for sequence in grads)
            decay, state, d_state = (buffer[: len(x_)] for buffer in (decays, states, d_states))
            _run_chunk(part, rates, before[index], decay, state)
            d_y = grad[span]
            torch.matmul(state, d_y.unsqueeze(3), out=d_read.unsqueeze(3))
            torch.mul(read_.unsqueeze(3), d_y.unsqueeze(2), out=d_state)
            for here, factor in zip(d_state.unbind()[::-1], decay.unbind()[::-1], strict=True):
                here.add_(carried)
                torch.mul(here, factor, out=carried)
            torch.matmul(d_state, (delta_ * x_).unsqueeze(3), out=d_write.unsqueeze(3))
            d_product = (write_.unsqueeze(2) @ d_state).squeeze(2)
            torch.mul(d_product, delta_, out=d_x)
            # to the exponents, in place: d_state * decay * the state before
            d_state.mul_(decay)
            d_state[1:].mul_(state[:-1])
            d_state[0].mul_(before[index])
            torch.mul(d_product, x_, out=d_delta)
            d_rates += torch.mul(d_state, delta_.unsqueeze(2), out=state).sum((0, 1))
            d_delta += d_state.mul_(rates).sum(2)
        d_x, d_delta, d_write, d_read = (part.transpose(0, 1) for part in grads)
        return d_x, d_delta, d_rates.t(), d_write, d_read


def _run_chunk(
    part: list[Tensor], rates: Tensor, state: Tensor, decay: Tensor, states: Tensor
) -> Tensor:
    """Fill ``decay`` and ``states`` (L, B, N, C) of a chunk; its last state (B, N, C).

    Args:
        part: x (L, B, C), delta (L, B, C), write (L, B, N), and what is not used.
        rates: (N, C).
        state: Before the chunk, (B, N, C).
        decay: Becomes exp(delta * rate).
        states: Becomes the states.
    """
    x, delta, write = part[:3]
    torch.mul(delta.unsqueeze(2), rates, out=decay).exp_()
    torch.mul(write.unsqueeze(3), (delta * x).unsqueeze(2), out=states)
    for here, factor in zip(states, decay, strict=True):
        state = here.addcmul_(factor, state)
    return state
