"""Components of somebody who read docs/components.md: none has a parent class of mmtal's models."""

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.datasets import FeatureArray
from mmtal.evaluation.metrics import TemporalMAP
from mmtal.models.layers import PaddingRule
from mmtal.ops import segment_nms
from mmtal.registry import BACKBONES, HEADS, METRICS, NECKS, TASK_UTILS, TRANSFORMS
from mmtal.structures import FeatureGrid, Points, TemporalDataSample


@TRANSFORMS.register_module()
class PairMeans:
    """The mean of every two features takes their place."""

    changes_grid = True

    def __call__(self, results: dict) -> dict:
        values, grid = results["feats"].read(), results["grid"]
        values = values[: len(values) // 2 * 2].reshape(-1, 2, values.shape[1]).mean(1)
        results["feats"] = FeatureArray((values,))
        results["grid"] = FeatureGrid(
            2 * grid.feature_stride, grid.snippet_frames + grid.feature_stride, grid.fps
        )
        return results


@TRANSFORMS.register_module()
class Sign:
    """Only the sign of each value counts."""

    changes_grid = False
    pointwise = True

    def __call__(self, results: dict) -> dict:
        results["feats"] = FeatureArray((np.sign(results["feats"].read()),))
        return results


@TRANSFORMS.register_module()
class FirstTwo:
    """The first two channels alone."""

    changes_grid = False

    def __call__(self, results: dict) -> dict:
        results["feats"] = FeatureArray((results["feats"].read()[:, :2],))
        return results


@BACKBONES.register_module()
class MeanPyramid(nn.Module):
    """A projection, then means of two neighbors."""

    def __init__(self, channels: int, width: int, levels: int) -> None:
        super().__init__()
        self.in_channels, self.out_channels = channels, width
        self.level_strides = [2**level for level in range(levels)]
        self.padding = PaddingRule(96, self.level_strides[-1], self.level_strides[-1])
        self.linear = nn.Conv1d(channels, width, 1)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        features, masks = [self.linear(x).relu() * mask[:, None]], [mask]
        for _ in self.level_strides[1:]:
            masks.append(masks[-1][:, ::2])
            features.append(F.avg_pool1d(features[-1], 2) * masks[-1][:, None])
        return features, masks


@NECKS.register_module()
class NoNeck(nn.Module):
    def __init__(self, in_channels: int, num_levels: int) -> None:
        super().__init__()
        self.out_channels = in_channels

    def forward(self, features: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
        return features


@TASK_UTILS.register_module()
class InsideAssigner:
    """Every point inside an instance predicts it; of several, the last."""

    sees_predictions = False

    def coverage(self, points: Points, segments: Tensor) -> tuple[Tensor, Tensor]:
        at = points.positions[:, None]
        inside = (segments[:, 0] <= at) & (at <= segments[:, 1])  # (P, N)
        last = inside & (inside.flip(1).cumsum(1).flip(1) == 1)
        return inside, last

    def __call__(self, points, segments, labels, num_classes):
        owned = self.coverage(points, segments)[1].to(segments.dtype)  # (P, N)
        classes = owned @ F.one_hot(labels, num_classes).to(segments.dtype)
        at = points.positions[:, None]
        distances = torch.cat((at - owned @ segments[:, :1], owned @ segments[:, 1:] - at), 1)
        return classes, distances / points.level_strides[:, None]


@TASK_UTILS.register_module()
class SilentAssigner(InsideAssigner):
    coverage = None  # type: ignore[assignment]  # does not say what it reaches


@HEADS.register_module()
class PlainHead(nn.Module):
    """Every position says its class and how long it lasts, and may be predicted in windows."""

    def __init__(self, in_channels: int, level_strides: list[int], *, num_classes: int) -> None:
        super().__init__()
        self.num_classes, self.level_strides = num_classes, level_strides
        self.score_thr, self.pre_nms_topk, self.min_duration = 0.01, 1000, None
        self.nms = dict(method="gaussian", sigma=0.5, min_score=0.01)
        self.classify = nn.Conv1d(in_channels, num_classes, 1)
        self.measure = nn.Conv1d(in_channels, 1, 1)
        self.assigner = InsideAssigner()

    def forward(self, features: list[Tensor], masks: list[Tensor]):
        return [self.classify(x) for x in features], [self.measure(x).exp() for x in features]

    def _points(self, masks: list[Tensor]) -> Points:
        lengths = [mask.shape[1] for mask in masks]
        strides = torch.tensor(self.level_strides, dtype=torch.float32)
        at = [torch.arange(n) * s for n, s in zip(lengths, strides, strict=True)]
        counts = torch.tensor(lengths)
        levels = torch.arange(len(lengths)).repeat_interleave(counts)
        return Points(torch.cat(at), strides.repeat_interleave(counts), levels)

    def loss_by_feat(self, logits, widths, masks, data_samples):
        points, valid = self._points(masks), torch.cat(masks, 1)
        found = [
            self.assigner(
                points, s.grid.to_grid(s.gt_instances.segments), s.gt_instances.labels,
                self.num_classes,
            )
            for s in data_samples
        ]  # fmt: skip
        classes, distances = (torch.stack(x) for x in zip(*found, strict=True))
        positive = (classes.sum(-1) > 0) & valid
        scores, width = torch.cat(logits, 2).mT, torch.cat(widths, 2)[:, 0]
        return dict(
            loss_cls=F.binary_cross_entropy_with_logits(scores[valid], classes[valid]),
            loss_width=F.l1_loss(width[positive], distances[positive].mean(-1)),
        )

    def candidates_by_feat(self, logits, widths, masks):
        points = self._points(masks)
        scores = (torch.cat(logits, 2).sigmoid() * torch.cat(masks, 1)[:, None]).mT  # (B, P, K)
        reach = points.level_strides * torch.cat(widths, 2)[:, 0]  # (B, P)
        results = []
        for score, around in zip(scores, reach, strict=True):
            at, labels = (score > self.score_thr).nonzero().unbind(1)
            center, half = points.positions[at], around[at]
            results.append(
                InstanceData(
                    segments=torch.stack((center - half, center + half), 1),
                    scores=score[at, labels],
                    labels=labels,
                    levels=points.levels[at],
                )
            )
        return results

    def best_candidates(self, candidates: InstanceData) -> InstanceData:
        return candidates[candidates.scores.argsort(descending=True)[: self.pre_nms_topk]]

    def finish(self, candidates: InstanceData, sample: TemporalDataSample) -> InstanceData:
        best = self.best_candidates(candidates)
        segments, scores, labels = segment_nms(
            best.segments, best.scores, best.labels, max_per_video=10**6, **self.nms
        )
        seconds = sample.grid.to_seconds(segments).clamp(0, sample.duration)
        return InstanceData(segments=seconds, scores=scores, labels=labels)

    def predict_by_feat(self, logits, widths, masks, data_samples):
        found = self.candidates_by_feat(logits, widths, masks)
        return [self.finish(c, s) for c, s in zip(found, data_samples, strict=True)]


@METRICS.register_module()
class StrictMAP(TemporalMAP):
    """mAP at the strictest threshold alone, under a name of its own."""
