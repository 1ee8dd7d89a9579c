"""RoI align along time. B batch, C channels, T features, N regions, P bins, S samples of a bin."""

import torch
from torch import Tensor


def roi_align(
    features: Tensor,
    rois: Tensor,
    num_bins: int,
    *,
    samples: int = 0,
    aligned: bool = True,
    half: bool = False,
) -> Tensor:
    """Features of regions of any length, in the same number of bins.

    A bin is the mean of values at ``samples`` places in it, interpolated between the two features
    around each. Up to one feature outside, a place has the value of the first or the last; beyond
    that it counts as 0.

    Methods that use OpenTAD's ``Align1D`` (G-TAD, TadTR) were trained with two quirks of it, and
    need ``aligned=False, half=True``: what it reads is half a feature off, and is rounded first, so
    that regions near feature 1,500 begin and end at whole features.

    Args:
        features: (B, C, T).
        rois: (B, N, 2), start and end; the T features reach from 0 to T.
        num_bins: P.
        samples: S; 0: of each region, one for each feature that a bin covers, rounded up, and at
            most ceil(T / P).
        aligned: Whether feature t is in the middle of its place, at t + 0.5. False: it is at t, and
            a region is taken to be at least 1 long.
        half: Whether to round features and regions to half precision first, and gradients, too.

    Returns:
        (B, N, C, P), with the dtype of the features. Differentiable in both.

    Raises:
        ValueError: There is no bin, a number of samples below 0, or regions of another shape.
    """
    if rois.shape != (len(features), *rois.shape[1:2], 2):
        raise ValueError(
            f"rois must be (B, N, 2), start and end, with B = {len(features)} as of the features, "
            f"but got {tuple(rois.shape)}"
        )
    for name, value, least in (("num_bins", num_bins, 1), ("samples", samples, 0)):
        if value < least:
            raise ValueError(f"{name} must be >= {least}, but got {value}")
    dtype, T = features.dtype, features.shape[2]
    precise = torch.promote_types(dtype, torch.float32)
    features, rois = features.to(precise), rois.to(precise)
    if half:
        features, rois = features.half().double(), rois.half().double()
    start, length = rois[..., :1], rois[..., 1:] - rois[..., :1]  # (B, N, 1)
    if aligned:
        start = start - 0.5
    else:
        length = length.clamp(min=1)
    size = length / num_bins
    most = samples or -(-T // num_bins)
    count = torch.full_like(size, samples) if samples else size.ceil().clamp(1, most)
    bins = torch.arange(num_bins, device=rois.device)[:, None]
    sample = torch.arange(most, device=rois.device)
    place = start[..., None] + size[..., None] * (bins + (sample + 0.5) / count[..., None])
    is_counted = (sample < count[..., None]) & (place >= -1) & (place <= T)  # (B, N, P, S)
    share = is_counted / count[..., None]
    place = place.clamp(0, T - 1)
    left = place.detach().nan_to_num().floor().long()  # NaN is no index, but stays in the share
    right, beyond = (left + 1).clamp(max=T - 1), place - left
    weights = features.new_zeros(*place.shape[:3], T)
    weights = weights.scatter_add(3, left, share * (1 - beyond)).scatter_add(
        3, right, share * beyond
    )
    out = weights.flatten(1, 2) @ features.mT  # (B, N * P, C)
    return out.unflatten(1, (-1, num_bins)).mT.to(dtype)
