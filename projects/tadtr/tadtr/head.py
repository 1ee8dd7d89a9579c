"""TadTR's decoder and head. B batch, C channels, T features, Q queries, K classes, P bins."""

import copy
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mmtal.checkpoints.names import Rule
from mmtal.models import QueryHead
from mmtal.models.layers import logit
from mmtal.ops import roi_align
from mmtal.registry import HEADS
from mmtal.structures import pairwise_tiou, to_segments
from projects.tadtr.tadtr.layers import DecoderLayer, opentad_rules, xavier

EPS = 1e-5


@HEADS.register_module()
class TadTRHead(QueryHead):
    """Queries that refine their segments layer by layer, and a second look at what they found.

    Source: TadTR (Liu et al., IEEE TIP 2022), sections III-C to III-E.

    Args:
        in_channels: C (given by the localizer).
        level_strides: Of the only level (given by the localizer).
        num_classes: K; 1: class-agnostic.
        num_queries: Q, the most segments of a window.
        num_layers: Decoder layers.
        num_heads: Attention heads.
        num_points: Places that each head of a query reads.
        mlp_channels: Hidden width of the layers' MLPs.
        dropout: In the layers.
        num_bins: P, in which actionness sees a segment.
        extension: Of a segment on each side, as a share of its length, that actionness sees too.
        actionness_weight: Of the loss of actionness, the absolute error of a segment's best tIoU.
        corrected: Whether attention reads whole values, and actionness where the segment is, in
            full precision; not as in OpenTAD.
        others: As :class:`mmtal.models.QueryHead`'s.
    """

    naming_rules: ClassVar = {
        "opentad": (
            Rule("transformer.query_embedding.weight", "head.queries"),
            Rule("transformer.reference_points.{p}", "head.reference_points.{p}"),
            Rule("transformer.class_embed.{i}.{p}", "head.class_layers.{i}.{p}"),
            *(
                Rule(
                    f"transformer.decoder.bbox_embed.{{i}}.layers.{n}.{{p}}",
                    f"head.box_layers.{{i}}.{2 * n}.{{p}}",
                    again=f"transformer.bbox_embed.{{i}}.layers.{n}.{{p}}",
                )
                for n in range(3)
            ),
            Rule("transformer.actionness_pred.{n}.{p}", "head.actionness.{n}.{p}"),
            *opentad_rules("transformer.decoder.layers", "head.layers", attention=1),
        )
    }

    def __init__(
        self,
        in_channels: int,
        *,
        level_strides: Sequence[int],
        num_classes: int,
        num_queries: int = 40,
        num_layers: int = 4,
        num_heads: int = 8,
        num_points: int = 4,
        mlp_channels: int = 1024,
        dropout: float = 0.1,
        num_bins: int = 16,
        extension: float = 0.25,
        actionness_weight: float = 4.0,
        corrected: bool = False,
        **others: Any,
    ) -> None:
        super().__init__(num_classes=num_classes, **others)
        if list(level_strides) != [1]:
            raise ValueError(f"level_strides must be [1], but got {list(level_strides)}")
        counts = dict(num_queries=num_queries, num_layers=num_layers, num_bins=num_bins)
        for name, value in counts.items():
            if value < 1:
                raise ValueError(f"{name} must be >= 1, but got {value}")
        self.num_bins = num_bins
        self.extension = extension
        self.actionness_weight = actionness_weight
        self.corrected = corrected
        self.queries = nn.Parameter(torch.empty(num_queries, 2 * in_channels))
        self.reference_points = nn.Linear(in_channels, 1)
        nn.init.xavier_uniform_(self.queries)
        nn.init.xavier_normal_(self.reference_points.weight)
        nn.init.zeros_(self.reference_points.bias)
        self.layers = nn.ModuleList(
            DecoderLayer(
                in_channels,
                num_heads=num_heads,
                num_points=num_points,
                mlp_channels=mlp_channels,
                dropout=dropout,
                halved=not corrected,
            )
            for _ in range(num_layers)
        )
        xavier(self.layers)
        classifier = nn.Linear(in_channels, num_classes)
        nn.init.constant_(classifier.bias, logit(0.01))
        regressor = mlp(in_channels, in_channels, 2)
        for parameter in regressor[-1].parameters():
            nn.init.zeros_(parameter)
        self.class_layers = nn.ModuleList(copy.deepcopy(classifier) for _ in self.layers)
        self.box_layers = nn.ModuleList(copy.deepcopy(regressor) for _ in self.layers)
        first: Any = self.box_layers[0]
        nn.init.constant_(first[-1].bias[1], -2.0)  # narrow: 0.12 of the window
        self.actionness = mlp(num_bins * in_channels, in_channels, 1)

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Raw predictions of every query.

        Args:
            features: One level (B, C, T).
            masks: Bool (B, T); not looked at.

        Returns:
            Of each decoder layer class logits (B, K, Q) and boxes (B, 2, Q), see
            :class:`mmtal.models.QueryHead`; and of the last one logits (B, 1, Q) of actionness.
        """
        memory = features[0].mT
        position, x = self.queries.to(memory.dtype).chunk(2, dim=1)
        x = x.expand(len(memory), -1, -1)
        reference = self.reference_points(position).sigmoid().expand(len(memory), -1, -1)
        logits, boxes = [], []
        for layer, classify, regress in zip(
            self.layers, self.class_layers, self.box_layers, strict=True
        ):
            x = layer(x, position, memory, reference)
            logits.append(classify(x).mT)
            change = regress(x).float()
            known = inverse_sigmoid(reference.float())
            if known.shape[2] == 1:  # the first layer knows of no width
                known = torch.cat((known, torch.zeros_like(known)), dim=2)
            box = (change + known).sigmoid()  # (B, Q, 2)
            boxes.append(box.mT)
            reference = box.detach()
        return logits, boxes, [self.look_again(memory, reference).mT]

    def look_again(self, memory: Tensor, boxes: Tensor) -> Tensor:
        """Logits (B, Q, 1) of how well boxes (B, Q, 2) fit the features (B, T, C) in and around."""
        T = memory.shape[1]
        center, width = boxes.split(1, dim=2)
        wider = torch.cat((center, width * (1 + 2 * self.extension)), dim=2)
        rois = (to_segments(wider) * T).clamp(0, T)
        seen = roi_align(
            memory.mT, rois, self.num_bins, aligned=self.corrected, half=not self.corrected
        )
        return self.actionness(seen.flatten(2))

    def loss_by_feat(self, *raw_masks_and_samples: Any) -> dict[str, Tensor]:
        """As the parent, and that of actionness."""
        losses = super().loss_by_feat(*raw_masks_and_samples)
        _, boxes, actionness, masks, samples = raw_masks_and_samples
        best = [
            best_tiou(to_segments(found.mT), segments)
            for found, (segments, _) in zip(
                boxes[-1].detach(), self.targets(masks[0].shape[1], samples), strict=True
            )
        ]
        error = actionness[0][:, 0].float().sigmoid() - torch.stack(best)  # (B, Q)
        return losses | dict(loss_actionness=self.actionness_weight * error.abs().mean())

    def scores(self, logits: list[Tensor], boxes: list[Tensor], *others: Any) -> Tensor:
        """As the parent, times actionness."""
        [actionness] = others[0]
        return super().scores(logits, boxes) * actionness.mT.float().sigmoid()


def best_tiou(found: Tensor, segments: Tensor) -> Tensor:
    """Highest tIoU of each of ``found`` (Q, 2) with any of ``segments`` (N, 2): (Q,)."""
    none = segments.new_zeros(len(found), 1)
    return torch.cat((none, pairwise_tiou(found, segments)), dim=1).amax(1)


def inverse_sigmoid(share: Tensor) -> Tensor:
    """Logits of shares, at most that of 1 - 1e-5, as in Deformable DETR."""
    return (share.clamp(min=EPS) / (1 - share).clamp(min=EPS)).log()


def mlp(in_channels: int, channels: int, out_channels: int) -> nn.Sequential:
    """Three linear layers with ReLU between them."""
    return nn.Sequential(
        nn.Linear(in_channels, channels),
        nn.ReLU(),
        nn.Linear(channels, channels),
        nn.ReLU(),
        nn.Linear(channels, out_channels),
    )
