"""Features of all proposals of a map. B batch, C channels in, O out, T features, D durations."""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MapSampling(nn.Conv1d):
    """Features of proposals: a convolution over N features sampled evenly along each.

    Proposal (d, s) covers the features s to s + d and half as much on both sides; each of the N
    samples is the mean of ``bins`` points. The convolution is computed before sampling, which is
    linear too: once at each of T positions, not of D x T proposals, a thirtieth of the products and
    a tenth of the memory.

    Source: BMN (Lin et al., ICCV 2019), section 3.2, with the points where OpenTAD has them.

    Args:
        in_channels: C.
        out_channels: O.
        max_duration: D.
        num_samples: N.
        bins: Points of a sample.
        extension: Share of a proposal's length that is added on each side.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        max_duration: int,
        num_samples: int = 32,
        bins: int = 3,
        extension: float = 0.5,
    ) -> None:
        super().__init__(in_channels, out_channels, num_samples)
        self.max_duration = max_duration
        self.bins = bins
        self.extension = extension

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, O, D, T); only the bias where s + d >= T."""
        samples, length = self.weight.shape[2], x.shape[2]
        index, first, weights = (
            part.to(x.device)
            for part in sampling_table(
                length, self.max_duration, samples, self.bins, self.extension
            )
        )
        # row n * T + t: what sample n of any proposal would add to its output, were it at t
        kernels = self.weight.permute(2, 0, 1).flatten(0, 1)  # (N * O, C)
        y = torch.einsum("kc,bct->ktb", kernels, x).float()
        y = y.unflatten(0, (samples, -1)).permute(0, 2, 3, 1)  # (N, T, B, O)
        shape = y.shape[2:]
        rows = y.flatten(2).flatten(0, 1)  # (N * T, B * O)
        pooled = F.embedding_bag(index, rows, first, mode="sum", per_sample_weights=weights)
        maps = pooled.unflatten(1, shape).unflatten(0, (self.max_duration, length))
        return maps.permute(2, 3, 0, 1) + self.bias[:, None, None]  # type: ignore[index]


@lru_cache(maxsize=8)
def sampling_table(
    length: int, max_duration: int, samples: int, bins: int, extension: float
) -> tuple[Tensor, Tensor, Tensor]:
    """What each proposal is made of, one proposal after the other, duration by duration.

    Returned are the places n * T + t (M,) of sample n at feature t, where the proposals' places
    begin, (D * T,), and the places' weights (M,).
    """
    start, last = np.arange(length), np.arange(max_duration)[:, None]
    margin = (last + 1) * extension
    step = (last + 2 * margin) / (samples * bins - 1)
    points = (start - margin)[..., None] + step[..., None] * np.arange(samples * bins)
    below = np.trunc(points)  # toward zero: between -1 and 0, the first feature counts in full
    share = points - below
    both = np.stack([below, np.ceil(points)], axis=-1).astype(int)  # (D, T, N * bins, 2)
    weights = np.stack([1 - share, share], axis=-1) / bins
    inside = (both >= 0) & (both < length) & (start + last < length)[..., None, None]
    sample = np.arange(samples).repeat(bins)[:, None]
    place = (sample * length + both)[inside]
    counts = inside.sum(axis=(2, 3)).ravel()
    first = np.cumsum(counts) - counts
    return (
        torch.from_numpy(place),
        torch.from_numpy(first),
        torch.from_numpy(weights[inside].astype(np.float32)),
    )
