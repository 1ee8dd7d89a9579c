"""Record levels, predictions and attention of a model on one recording.

L levels, T_l positions of level l, K classes, M predictions.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmtal.inference.attention import watch_attention
from mmtal.inference.open_recording import OpenedRecording
from mmtal.models.localizers.temporal_localizer import check_predictions
from mmtal.structures import RecordingView, clip_segments, pairwise_tiou
from mmtal.structures.contracts import PointHead, check_contract
from mmtal.visualization.activity import ModelActivity

NUM_QUERIES = 3


@torch.no_grad()
def model_activity(
    model: Any, recording: OpenedRecording, *, queries: Sequence[float] | None = None
) -> ModelActivity:
    """Run a model on a recording and keep what is usually lost.

    Attention is kept at the seconds ``queries``; None: the middles of the three best predictions
    that lie apart from each other. ValueError: the model has no head of points on levels, or a
    query lies outside.
    """
    model.eval()
    head = model.head
    check_contract(head, PointHead, name="a head whose predictions are traced to levels")
    sample, duration = recording.sample, recording.view.duration
    for query in queries or ():
        if not 0 <= query <= duration:
            raise ValueError(
                f"times whose attention is drawn must be in 0 to {duration:g} s, the recording's "
                f"length, but got {query:g}"
            )
    batch = model.data_preprocessor(dict(inputs=[recording.features], data_samples=[sample]))
    features, masks = model.extract_feat(batch["inputs"], batch["masks"])
    raw = head(features, masks)
    check_predictions(raw, masks, [recording.view.video_id])
    if raw[1][0].shape[1] != 2:  # another meaning: levels would be traced wrongly, silently
        raise ValueError(
            "the head must return two distances for each point, to start and end, but "
            f"{type(head).__name__} returns {raw[1][0].shape[1]} values: its predictions cannot be "
            "traced to levels"
        )
    [found] = model.detect(raw, masks, batch["data_samples"])
    lengths = [int(mask[0].sum()) for mask in masks]
    levels = trace_levels(head, raw[0], raw[1], masks, found.segments, found.labels, recording)
    view = replace(
        recording.view,
        pred_segments=found.segments.double().cpu().numpy(),
        pred_scores=found.scores.double().cpu().numpy(),
        pred_labels=found.labels.cpu().numpy(),
    )
    times = list(queries) if queries else _middles(view)
    grid = sample.grid

    def choose(stride: int) -> list[int]:
        return [round(float(grid.to_grid(time)) / stride) for time in times]

    with watch_attention(model, choose) as attention:
        model.extract_feat(batch["inputs"], batch["masks"])
    return ModelActivity(
        view=view,
        levels=levels.cpu().numpy(),
        level_strides=[round(batch["masks"].shape[1] / mask.shape[1]) for mask in masks],
        probabilities=[
            logits[0, :, :length].float().sigmoid().amax(0).cpu().numpy()
            for logits, length in zip(raw[0], lengths, strict=True)
        ],
        attention=attention,
        queries=times,
    )


def trace_levels(
    head: Any,
    cls_logits: list[Tensor],
    offsets: list[Tensor],
    masks: list[Tensor],
    segments: Tensor,
    labels: Tensor,
    recording: OpenedRecording,
) -> Tensor:
    """The level of each prediction: int64 (M,).

    NMS keeps a segment as its point made it, so that the point is found by equality, and among
    equals by probability. Where segment voting has moved it, the point with the nearest segment
    stands for it.
    """
    lengths = [mask.shape[1] for mask in masks]
    points = head.points(lengths, device=segments.device)
    valid = torch.cat([mask[0] for mask in masks])
    flat_offsets = torch.cat([x[0].float() for x in offsets], dim=1).t()  # (P, 2)
    decoded = head.coder.decode(points.positions, points.level_strides, flat_offsets)
    seconds = recording.sample.grid.to_seconds(decoded)
    seconds = clip_segments(seconds, 0.0, recording.sample.duration)
    probabilities = torch.cat([x[0].float().sigmoid() for x in cls_logits], dim=1)  # (K, P)
    levels = torch.zeros(len(segments), dtype=torch.long, device=segments.device)
    for index, (segment, label) in enumerate(zip(segments, labels, strict=True)):
        own = probabilities[min(int(label), len(probabilities) - 1)] * valid
        same = (seconds == segment).all(dim=1) & valid
        if not same.any():
            tiou = pairwise_tiou(segment[None], seconds)[0] * valid
            same = tiou >= tiou.max()
        levels[index] = points.levels[torch.where(same, own, -1.0).argmax()]
    return levels


def _middles(view: RecordingView) -> list[float]:
    chosen: list[tuple[float, float]] = []
    for start, end in view.pred_segments[np.argsort(-view.pred_scores, kind="stable")].tolist():
        if all(end <= a or b <= start for a, b in chosen):
            chosen.append((start, end))
        if len(chosen) == NUM_QUERIES:
            break
    return [(start + end) / 2 for start, end in chosen] or [view.duration / 2]
