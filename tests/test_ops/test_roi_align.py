"""RoI align along time, against a loop over every sample."""

import math

import pytest
import torch

from mmtal.ops import roi_align


def looped(features, start, end, bins, *, samples=0, aligned=True):
    """One region of features (C, T), a sample at a time."""
    T = features.shape[1]
    length = end - start if aligned else max(end - start, 1)
    start = start - 0.5 if aligned else start
    size = length / bins
    count = samples or max(1, math.ceil(size))
    out = torch.zeros(len(features), bins, dtype=features.dtype)
    for p in range(bins):
        for k in range(count):
            t = start + p * size + (k + 0.5) * size / count
            if -1 <= t <= T:
                t = min(max(t, 0), T - 1)
                left = min(int(t), T - 1)
                right = min(left + 1, T - 1)
                share = t - left
                out[:, p] += ((1 - share) * features[:, left] + share * features[:, right]) / count
    return out


REGIONS = [
    (2.0, 9.0),
    (0.0, 20.0),
    (3.3, 3.5),  # shorter than a feature
    (7.0, 7.0),  # empty
    (-6.0, 4.0),  # half of it outside
    (17.5, 25.0),
    (30.0, 40.0),  # all outside
]


@pytest.mark.parametrize("samples", [0, 3])
@pytest.mark.parametrize("aligned", [True, False])
def test_as_in_a_loop(aligned: bool, samples: int) -> None:
    features = torch.randn(
        2, 5, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    rois = torch.tensor([REGIONS, REGIONS[::-1]], dtype=torch.float64)
    found = roi_align(features, rois, 4, samples=samples, aligned=aligned)
    assert found.shape == (2, len(REGIONS), 5, 4)
    for video, regions in enumerate(rois.tolist()):
        for region, (start, end) in enumerate(regions):
            expected = looped(features[video], start, end, 4, samples=samples, aligned=aligned)
            assert torch.allclose(found[video, region], expected), (video, start, end)


def test_the_middle_of_a_feature_is_half_a_feature_further_where_aligned() -> None:
    ramp = torch.arange(10.0)[None, None]
    roi = torch.tensor([[[2.0, 6.0]]])
    assert roi_align(ramp, roi, 4).flatten().tolist() == [2, 3, 4, 5]
    assert roi_align(ramp, roi, 4, aligned=False).flatten().tolist() == [2.5, 3.5, 4.5, 5.5]


def test_half_precision_rounds_features_and_regions() -> None:
    ramp = torch.arange(2000.0)[None, None] + 0.3
    roi = torch.tensor([[[1500.4, 1516.4]]])
    exact = roi_align(ramp, roi, 16, aligned=False)
    rounded = roi_align(ramp, roi, 16, aligned=False, half=True)
    assert exact.dtype == rounded.dtype == torch.float32
    assert exact[..., 0].item() == pytest.approx(1501.2)
    # the region begins at 1500, and features are whole numbers there
    assert rounded[..., 0].item() == 1500.5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_places_are_exact_where_features_are_not(dtype: torch.dtype) -> None:
    ramp = torch.arange(200, dtype=dtype)[None, None].expand(2, 1, 200)
    rois = torch.tensor([[[101.4, 103.4]], [[51.0, 53.0]]])
    found = roi_align(ramp, rois, 2)
    assert found.dtype == dtype
    expected = torch.tensor([[101.4, 102.4], [51, 52]])  # of bf16, 101 and 101.5 are neighbors
    assert torch.allclose(found[:, 0, 0].float(), expected, atol=0.26)


@pytest.mark.parametrize("shape", [(2, 3), (1, 3, 3), (1, 3), (2, 3, 2)])
def test_regions_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"rois must be \(B, N, 2\), .* with B = 1"):
        roi_align(torch.ones(1, 1, 9), torch.ones(shape), 2)


def test_of_a_region_that_is_nan_nan() -> None:
    rois = torch.tensor([[[float("nan"), 3.0], [1.0, 3.0]]])
    found = roi_align(torch.ones(1, 1, 9), rois, 2, aligned=False, half=True)
    assert found[0].isfinite().all(2).flatten().tolist() == [False, True]


def test_neither_bins_nor_samples_below_their_least() -> None:
    for settings in (dict(num_bins=0), dict(num_bins=2, samples=-1)):
        with pytest.raises(ValueError, match=r"must be >= [01], but got (0|-1)"):
            roi_align(torch.ones(1, 1, 9), torch.ones(1, 1, 2), **settings)


def test_gradients_reach_features_and_regions() -> None:
    features = torch.randn(1, 2, 12, dtype=torch.float64, requires_grad=True)
    rois = torch.tensor([[[1.3, 7.9], [-2.1, 30.2]]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, r: roi_align(x, r, 3, samples=2), (features, rois))
