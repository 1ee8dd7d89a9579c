"""Record levels, predictions and attention of a model on one recording.

L levels, T_l positions of level l, K classes, M predictions; T positions of a block, H heads, D
channels of a head, Q queries. A block computes its output without ever holding the weights; here
they are computed again from its own queries, keys and relative positions.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.inference.open_recording import OpenedRecording
from mmtal.models.layers import ConvAttention
from mmtal.models.localizers.temporal_localizer import check_predictions
from mmtal.structures import RecordingView, clip_segments, pairwise_tiou
from mmtal.structures.contracts import PointHead, check_contract
from mmtal.visualization.activity import BlockAttention, ModelActivity

QUERIES_AT_ONCE = 512


def attention_weights(
    block: ConvAttention, query: Tensor, key: Tensor, positions: Tensor
) -> Tensor:
    """Weights (H, Q, T) of queries at some positions (Q,) of one recording without padding.

    Query and key, (T, H, D), are the block's; each row sums to 1, and is 0 outside its window.
    """
    T, _, D = key.shape
    logits = torch.einsum("qhd,thd->hqt", query[positions], key) / D**0.5
    if block.window != -1:
        reach = block.window // 2
        offset = torch.arange(T) - positions[:, None] + reach  # (Q, T)
        if block.rel_pos is not None:
            logits = logits + block.rel_pos[:, offset.clamp(0, 2 * reach)]
        logits = logits.masked_fill((offset < 0) | (offset > 2 * reach), float("-inf"))
    return logits.softmax(-1)


def local_weights(block: ConvAttention, query: Tensor, key: Tensor) -> Tensor:
    """Weights of all queries of a windowed block: (H, T, window), by relative position."""
    T, _, D = key.shape
    reach = block.window // 2
    keys = F.pad(key, (0, 0, 0, 0, reach, reach)).unfold(0, block.window, 1)  # (T, H, D, window)
    logits = torch.einsum("thd,thdw->htw", query, keys) / D**0.5
    if block.rel_pos is not None:
        logits = logits + block.rel_pos[:, None]
    at = torch.arange(T)[:, None] + torch.arange(-reach, reach + 1)  # (T, window)
    return logits.masked_fill((at < 0) | (at >= T), float("-inf")).softmax(-1)


@contextmanager
def watch_attention(
    model: nn.Module, choose: Callable[[int], Sequence[int]]
) -> Iterator[list[BlockAttention]]:
    """Collect the attention of every block while the model runs on one recording.

    The list fills in the order of the blocks. ``choose`` gives the queries whose weights are kept,
    in grid units of a level of this stride.
    """
    found: list[BlockAttention] = []
    full_length = 0

    def record(name: str) -> Callable[..., Any]:
        @torch.no_grad()
        def hook(block: ConvAttention, inputs: tuple[Tensor, Tensor]) -> None:
            nonlocal full_length
            x, mask = inputs
            full_length = max(full_length, mask.shape[1])
            query, key, _, out_mask = block.project(x, mask)
            T = int(out_mask[0].sum())  # padding is only on the right
            stride = full_length // out_mask.shape[1]
            query, key = query[0, :T].float().cpu(), key[0, :T].float().cpu()
            chosen = torch.tensor([min(max(q, 0), T - 1) for q in choose(stride)], dtype=torch.long)
            spread, distance = _summary(block, query, key)
            maps = attention_weights(block, query, key, chosen).mean(0)
            found.append(
                BlockAttention(
                    name, stride, block.window, spread.numpy(), (stride * distance).numpy(),
                    chosen.numpy(), maps.numpy(),
                )
            )  # fmt: skip

        return hook

    handles = [
        module.register_forward_pre_hook(record(name))
        for name, module in model.named_modules()
        if isinstance(module, ConvAttention)
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _summary(block: ConvAttention, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Relative perplexity and mean distance of every query, (T,) each."""
    T = len(key)
    parts = []
    if block.window != -1:
        weights = local_weights(block, query, key)  # (H, T, window)
        reach = block.window // 2
        offset = torch.arange(-reach, reach + 1)
        at = torch.arange(T)[:, None] + offset
        seen = ((at >= 0) & (at < T)).sum(1)
        parts.append(_spread_and_distance(weights, offset.abs().expand(T, -1), seen))
    else:
        for positions in torch.arange(T).split(QUERIES_AT_ONCE):
            weights = attention_weights(block, query, key, positions)
            offset = (torch.arange(T) - positions[:, None]).abs()
            parts.append(_spread_and_distance(weights, offset, torch.full((len(positions),), T)))
    spread, distance = zip(*parts, strict=True)
    return torch.cat(spread), torch.cat(distance)


def _spread_and_distance(weights: Tensor, offset: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    entropy = torch.special.entr(weights).sum(-1).mean(0)
    return (entropy.exp() / seen).clamp(0, 1), (weights * offset).sum(-1).mean(0)


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
    returned = f"{raw[1][0].shape[1]} values"
    if getattr(head, "event_reach", None) is not None:
        returned = "the way to an event of each class"
    if returned != "2 values":  # another meaning: levels would be traced wrongly, silently
        raise ValueError(
            "the head must return two distances for each point, to start and end, but "
            f"{type(head).__name__} returns {returned}: its predictions cannot be traced to levels"
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
