"""A detector by queries. B batch, C channels, K classes, T features, Q queries."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmtal.models import QueryHead
from mmtal.models.layers import DeformableAttention, logit
from mmtal.registry import HEADS


class DecoderLayer(nn.Module):
    """Queries look at each other, at the features in and around their segments, and think.

    Args:
        channels: C.
        num_heads: Attention heads.
    """

    def __init__(self, channels: int, *, num_heads: int) -> None:
        super().__init__()
        self.among = nn.MultiheadAttention(channels, num_heads, batch_first=True)
        self.around = DeformableAttention(channels, num_heads=num_heads)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.ReLU(), nn.Linear(4 * channels, channels)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))

    def forward(self, x: Tensor, memory: Tensor, boxes: Tensor) -> Tensor:
        """Queries (B, Q, C), features (B, T, C) and boxes (B, Q, 2) -> (B, Q, C)."""
        before, between, after = self.norms
        y = before(x)
        x = x + self.among(y, y, y, need_weights=False)[0]
        x = x + self.around(between(x), memory, boxes)
        return x + self.mlp(after(x))


@HEADS.register_module()
class MyComponent(QueryHead):
    """Each query says one segment, or none, and refines it from layer to layer.

    Args:
        in_channels: C (given by the localizer).
        level_strides: Of the only level (given by the localizer).
        num_queries: Q, the most segments of a window.
        num_layers: Decoder layers.
        num_heads: Attention heads.
        others: As for :class:`mmtal.models.QueryHead`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        level_strides: Sequence[int],
        num_queries: int,
        num_layers: int = 3,
        num_heads: int = 4,
        **others: Any,
    ) -> None:
        super().__init__(**others)
        if list(level_strides) != [1]:
            raise ValueError(f"level_strides must be [1], but got {list(level_strides)}")
        self.queries = nn.Parameter(torch.randn(num_queries, in_channels))
        # Where they look first: side by side, at a tenth of a window each.
        centers = (torch.arange(num_queries) + 0.5) / num_queries
        boxes = torch.stack((centers, torch.full_like(centers, 0.1)), dim=1)
        self.boxes = nn.Parameter(boxes.logit())  # (Q, 2)
        self.layers = nn.ModuleList(
            DecoderLayer(in_channels, num_heads=num_heads) for _ in range(num_layers)
        )
        self.classifier = nn.Linear(in_channels, self.num_classes)
        self.regressor = nn.Linear(in_channels, 2)
        nn.init.constant_(self.classifier.bias, logit(0.01))
        nn.init.zeros_(self.regressor.weight)
        nn.init.zeros_(self.regressor.bias)

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """One level (B, C, T) -> of each layer logits (B, K, Q) and boxes (B, 2, Q)."""
        memory = (features[0] * masks[0][:, None]).mT
        x, box = (part.expand(len(memory), -1, -1) for part in (self.queries, self.boxes))
        logits, boxes = [], []
        for layer in self.layers:
            x = layer(x, memory, box.sigmoid())
            box = box + self.regressor(x)
            logits.append(self.classifier(x).mT)
            boxes.append(box.sigmoid().mT)
            box = box.detach()  # each layer learns its own step
        return logits, boxes
