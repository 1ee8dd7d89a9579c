import pytest
import torch
import torch.nn.functional as F

from mmtal.models.layers import products
from mmtal.models.layers.products import Linear, conv1d, shifted_products


@pytest.mark.parametrize("slow_mkl", [True, False])
@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize(
    ("batch", "length", "channels", "kernel", "stride", "groups"),
    [
        (1, 17, 8, 3, 1, 1),  # three shifted products on Intel's
        (1, 1, 8, 3, 1, 1),  # neither neighbor is there
        (2, 17, 8, 3, 1, 1),
        (2, 16, 8, 3, 2, 1),
        (1, 9, 8, 5, 1, 1),
        (1, 9, 8, 1, 1, 1),
        (2, 16, 8, 3, 2, 8),
        (1, 9, 1025, 3, 1, 1),  # as many channels as take another way in training
    ],
)
def test_every_way_is_the_plain_convolution(
    monkeypatch, slow_mkl, grad, batch, length, channels, kernel, stride, groups
):
    monkeypatch.setattr(products, "MKL_IS_SLOW", slow_mkl)
    torch.manual_seed(0)
    weight = torch.randn(8, channels // groups, kernel, requires_grad=grad)
    bias = torch.randn(8, requires_grad=grad)
    x = torch.randn(batch, length, channels).transpose(1, 2)  # (B, T, C) in memory
    with torch.set_grad_enabled(grad):
        y = conv1d(x, weight, bias, stride=stride, groups=groups)
        expected = F.conv1d(x, weight, bias, stride, kernel // 2, groups=groups)
    torch.testing.assert_close(y, expected, rtol=1e-5, atol=1e-4)
    if grad:
        by_ours, plain = (torch.autograd.grad(z.square().sum(), weight)[0] for z in (y, expected))
        torch.testing.assert_close(by_ours, plain, rtol=1e-4, atol=1e-3)


def test_shifted_products_without_bias():
    x, weight = torch.randn(1, 4, 6), torch.randn(5, 4, 3)
    torch.testing.assert_close(
        shifted_products(x, weight, None), F.conv1d(x, weight, padding=1), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("slow_mkl", [True, False])
@pytest.mark.parametrize("shape", [(2, 7, 4), (3, 2000, 4), (6000, 4), (2, 3, 1000, 4)])
def test_linear(monkeypatch, slow_mkl, shape):
    monkeypatch.setattr(products, "MKL_IS_SLOW", slow_mkl)
    layer, x = Linear(4, 6), torch.randn(shape, requires_grad=True)
    assert not layer.bias.any()
    torch.nn.init.normal_(layer.bias)
    expected = F.linear(x, layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected, rtol=1e-5, atol=1e-5)
    ours, plain = (torch.autograd.grad(y.square().sum(), x)[0] for y in (layer(x), expected))
    torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-4)
