"""OpenTAD's ActionFormer: the release's parameters, with other norms, padding and top-k."""

from typing import Any

import torch
from mmengine.structures import InstanceData

from mmtal.models import AnchorFreeHead, ConvTransformer, IdentityNeck
from mmtal.models.layers import ConvEmbedding, ConvTower
from mmtal.registry import BACKBONES, HEADS, NECKS

NORM_EPS = 1e-6


class OpenTADEmbedding(ConvEmbedding):
    """An embedding that leaves nothing in the padding."""

    norm_eps = NORM_EPS
    mask_after_norm = True


class OpenTADTower(ConvTower):
    """A tower that leaves nothing in the padding."""

    norm_eps = NORM_EPS
    mask_after_norm = True


@BACKBONES.register_module()
class OpenTADTransformer(ConvTransformer):
    """ActionFormer's backbone with OpenTAD's embedding."""

    embedding_class = OpenTADEmbedding


@NECKS.register_module()
class OpenTADNeck(IdentityNeck):
    """The norms of the levels, with OpenTAD's epsilon."""

    norm_eps = NORM_EPS


@HEADS.register_module()
class OpenTADHead(AnchorFreeHead):
    """ActionFormer's head with OpenTAD's towers; ``pre_nms_topk`` counts all levels together."""

    tower_class = OpenTADTower

    @torch.no_grad()
    def candidates_by_feat(self, *raw_and_masks: Any) -> list[InstanceData]:
        """As the parent, the best of all levels."""
        return [self.best_candidates(c) for c in super().candidates_by_feat(*raw_and_masks)]

    def best_candidates(self, candidates: InstanceData) -> InstanceData:
        """The best ``pre_nms_topk`` of any number of windows."""
        if len(candidates) <= self.pre_nms_topk:
            return candidates
        return candidates[candidates.scores.topk(self.pre_nms_topk).indices]

    def topk_score(self, candidates: InstanceData) -> float:
        return float(candidates.scores.min()) if len(candidates) >= self.pre_nms_topk else 0.0
