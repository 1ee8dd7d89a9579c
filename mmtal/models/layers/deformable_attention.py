"""Deformable attention along time. B batch, C channels, T features, Q queries, H heads, P points.

D = C / H.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DeformableAttention(nn.Module):
    """Each query reads a few places around its reference, which it chooses itself.

    Source: Deformable DETR (Zhu et al., ICLR 2021), section 4.1, in one dimension.

    OpenTAD samples an image of T rows and one column, half a pixel beside that column: what it
    reads is half the value. Its weights were trained so and need ``halved=True``.

    Args:
        channels: C.
        num_heads: H; divides C.
        num_points: P, places that each head of a query reads.
        halved: Whether to read half of each value.
    """

    def __init__(
        self, channels: int, *, num_heads: int = 8, num_points: int = 4, halved: bool = False
    ) -> None:
        super().__init__()
        if channels % num_heads:
            raise ValueError(f"num_heads must divide channels={channels}, but got {num_heads}")
        self.num_heads = num_heads
        self.num_points = num_points
        self.halved = halved
        self.sampling_offsets = nn.Linear(channels, num_heads * num_points)
        self.attention_weights = nn.Linear(channels, num_heads * num_points)
        self.value_proj = nn.Linear(channels, channels)
        self.output_proj = nn.Linear(channels, channels)
        self.init_weights()

    @torch.no_grad()
    def init_weights(self) -> None:
        """As in Deformable DETR: heads look to either side, each point one step further."""
        for layer in (self.sampling_offsets, self.attention_weights):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        for layer in (self.value_proj, self.output_proj):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        sides = torch.cos(torch.arange(self.num_heads) * (4 * math.pi / self.num_heads))
        steps = torch.arange(1, self.num_points + 1)
        self.sampling_offsets.bias.copy_((sides[:, None] * steps).flatten())

    def forward(self, query: Tensor, memory: Tensor, reference: Tensor) -> Tensor:
        """Values around the references, weighted.

        Args:
            query: (B, Q, C); chooses places and weights.
            memory: (B, T, C), what is read.
            reference: Centers (B, Q, 1), from which places are counted in features, or centers and
                widths (B, Q, 2), in halves of a width / P; as shares of T.

        Returns:
            (B, Q, C).
        """
        by_head = (self.num_heads, self.num_points)
        offsets = self.sampling_offsets(query).unflatten(2, by_head)  # (B, Q, H, P)
        weights = self.attention_weights(query).unflatten(2, by_head).softmax(3)
        if reference.shape[2] == 1:
            offsets = offsets / memory.shape[1]
        else:
            offsets = offsets * (reference[..., 1:, None] * (0.5 / self.num_points))
        places = (reference[..., :1, None] + offsets).transpose(1, 2).flatten(0, 1)  # (B H, Q, P)
        values = self.value_proj(memory).unflatten(2, (self.num_heads, -1))
        values = values.permute(0, 2, 3, 1).flatten(0, 1)  # (B H, D, T)
        read = sample(values, places.to(values.dtype), halved=self.halved)  # (B H, D, Q, P)
        out = (read * weights.transpose(1, 2).flatten(0, 1)[:, None]).sum(3)  # (B H, D, Q)
        return self.output_proj(out.unflatten(0, (-1, self.num_heads)).flatten(1, 2).mT)


def sample(values: Tensor, places: Tensor, *, halved: bool = False) -> Tensor:
    """Values between features, 0 outside of them.

    Args:
        values: (N, D, T); feature t is at (t + 0.5) / T.
        places: (N, Q, P), as shares of T.
        halved: See :class:`DeformableAttention`.

    Returns:
        (N, D, Q, P).
    """
    column = torch.full_like(places, -1.0 if halved else 0.0)
    grid = torch.stack((column, 2 * places - 1), dim=-1)
    return F.grid_sample(values[..., None], grid, padding_mode="zeros", align_corners=False)
