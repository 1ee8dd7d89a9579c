import pytest
import torch

from mmtal.models import OffsetCoder


def test_decoding_undoes_encoding():
    torch.manual_seed(0)
    positions, strides = 100 * torch.rand(50), 2.0 ** torch.randint(0, 6, (50,))
    segments = positions[:, None] + torch.rand(50, 2) * torch.tensor([-30.0, 30.0])
    coder = OffsetCoder()
    offsets = coder.encode(positions, strides, segments)
    assert (offsets >= 0).all()
    torch.testing.assert_close(
        coder.decode(positions, strides, offsets), segments, rtol=0, atol=1e-4
    )


@pytest.mark.parametrize(
    ("position", "stride", "offsets", "segment", "why"),
    [
        (8, 4, (1, 2), (4, 16), "distances are in level strides"),
        (8, 1, (0, 0), (8, 8), "a point can predict nothing at all"),
        (0, 2, (3, 1), (-6, 2), "a start before the recording is clipped later"),
    ],
)
def test_decode(position, stride, offsets, segment, why):
    decoded = OffsetCoder().decode(
        torch.tensor([float(position)]), torch.tensor([float(stride)]), torch.tensor([offsets])
    )
    assert decoded.tolist() == [list(segment)]


def test_no_points():
    empty = torch.zeros(0)
    assert OffsetCoder().decode(empty, empty, torch.zeros(0, 2)).shape == (0, 2)
    assert OffsetCoder().encode(empty, empty, torch.zeros(0, 2)).shape == (0, 2)
