import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmtal.models.layers import AffineDropPath, ConvBlock, TransformerBlock

MASK = torch.arange(16) < torch.tensor([[16], [9]])


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("window", [5, -1])
def test_transformer_block_shapes_and_padding(stride, window):
    block = TransformerBlock(8, num_heads=2, window=window, stride=stride, drop_path=0.1)
    out, mask = block(torch.randn(2, 8, 16), MASK)
    assert out.shape == (2, 8, 16 // stride)
    assert torch.equal(mask, MASK[:, ::stride])
    assert (out.transpose(1, 2)[~mask] == 0).all()


@pytest.mark.parametrize("stride", [1, 2])
def test_a_fresh_transformer_block_is_its_skip_path(stride):
    """Branches start at a scale of 1e-4, so that deep models train from the first step."""
    block = TransformerBlock(8, num_heads=2, window=5, stride=stride, drop_path=0.1).eval()
    x = torch.randn(1, 8, 16)
    skip = x if stride == 1 else nn.MaxPool1d(3, 2, 1)(x)
    out, _ = block(x, MASK[:1])
    torch.testing.assert_close(out, skip, rtol=0, atol=2e-3)
    assert not torch.equal(out, skip)


@pytest.mark.parametrize(("drop_path", "kind"), [(0.1, AffineDropPath), (0.0, nn.Identity)])
def test_without_drop_path_there_are_no_scales(drop_path, kind):
    block = TransformerBlock(8, num_heads=2, window=5, drop_path=drop_path)
    assert isinstance(block.attn_drop_path, kind) and isinstance(block.mlp_drop_path, kind)
    assert block.attn_drop_path is not block.mlp_drop_path or drop_path == 0


@pytest.mark.parametrize("stride", [1, 2])
def test_conv_block(stride):
    torch.manual_seed(0)
    block = ConvBlock(8, stride=stride)
    x = torch.randn(2, 8, 16)
    out, mask = block(x, MASK)
    assert torch.equal(mask, MASK[:, ::stride])
    valid = mask[:, None]
    inner = F.relu(nn.Conv1d.forward(block.conv1, x)) * valid
    skip = x if stride == 1 else nn.Conv1d.forward(block.downsample, x) * valid
    expected = F.relu(nn.Conv1d.forward(block.conv2, inner) * valid + skip)
    torch.testing.assert_close(out, expected)
