"""Predictions of long recordings from overlapping windows, equal to those of one pass.

B batch, C channels, T features, L levels, T_l positions of level l, M candidates.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.structures import InstanceData
from torch import Tensor

from mmtal.inference.receptive_field import measure_reach, narrow_twin
from mmtal.models import SegmentationHead, TemporalLocalizer
from mmtal.models.localizers.temporal_localizer import check_predictions
from mmtal.runtime.windowing import Reach, Windows
from mmtal.structures.contracts import WindowHead, check_contract


class WindowWalker(Windows):
    """Candidates of one recording, window by window; ValueError: the head is no ``WindowHead``.

    ``reach`` may be None if the first window is the last.
    """

    def __init__(
        self, model: TemporalLocalizer, *, reach: Reach | None, name: str = "the recording"
    ) -> None:
        check_contract(model.head, WindowHead, name="a head that predicts in windows")
        super().__init__(model.backbone.level_strides, reach)
        self.model = model
        self.head: Any = model.head
        self.name = name

    @torch.no_grad()
    def step(self, values: Tensor, *, is_last: bool) -> InstanceData:
        """Candidates of the points that a window, features (T, C) from :attr:`start` on, completes.

        ``segments``, float64 (M, 2) in grid units of the recording, ``scores``, ``labels`` and
        ``levels`` are on the CPU.
        """
        start, end = self.start, self.start + len(values)
        inputs, masks = self._batch(values, start, end, is_last)
        raw, level_masks = self.model.raw_predictions(inputs, masks)
        check_predictions(raw, level_masks, [self.name])
        last = None if is_last else end
        taken = [  # points that no earlier window gave, and that see no further than the end
            mask & torch.from_numpy(self.are_new(level, mask.shape[1], last)).to(mask.device)
            for level, mask in enumerate(level_masks)
        ]
        if not is_last:
            self.advance(end)
        found = self.head.candidates_by_feat(*raw, taken)[0].to("cpu")
        return InstanceData(
            segments=found.segments.double() + start,
            scores=found.scores,
            labels=found.labels,
            levels=found.levels,
        )

    def _batch(self, values: Tensor, start: int, end: int, is_last: bool) -> tuple[Tensor, Tensor]:
        """Inputs (1, C, T) and masks (1, T), padded as the whole recording would be."""
        coarsest = max(self.level_strides)
        if is_last:  # the padding reaches the last valid positions
            length = self.model.padding.padded_length(end) - start
        else:
            length = -(-len(values) // coarsest) * coarsest
        device = next(self.model.parameters()).device
        batch = torch.zeros(1, length, values.shape[1], device=device)
        batch[0, : len(values)] = values.to(device)
        masks = torch.arange(length, device=device)[None] < len(values)
        return batch.transpose(1, 2), masks


def join(parts: Sequence[InstanceData]) -> InstanceData:
    """Candidates of several windows as one."""
    return InstanceData.cat(list(parts)) if len(parts) > 1 else parts[0]


def drop_long(candidates: InstanceData, longest: float | None) -> InstanceData:
    """Candidates of at most ``longest`` grid units; None keeps all."""
    if longest is None:
        return candidates
    segments = candidates.segments
    return candidates[segments[:, 1] - segments[:, 0] <= longest]


def reach_of(model: Mapping[str, Any]) -> Reach:
    """Receptive field of a model's config, tested: windows must find what one pass finds.

    ValueError: predictions in windows would differ from those in one pass; says why.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        twin = narrow_twin(model)
    if isinstance(twin.head, SegmentationHead):
        raise ValueError(
            "this model cannot predict in windows or in a stream: it makes runs of one class, "
            "which the ends of windows would cut. Predict in one pass"
        )
    check_contract(twin.head, WindowHead, name="a head that predicts in windows")
    reach = measure_reach(twin)
    head: Any = twin.head
    head.score_thr, head.pre_nms_topk = 0.0, 10**9  # every point of every class
    length = 2 * reach.shortest_window
    values = torch.randn(
        length, twin.backbone.in_channels, generator=torch.Generator().manual_seed(0)
    )
    whole = WindowWalker(twin, reach=None).step(values, is_last=True)
    walker = WindowWalker(twin, reach=reach)
    pooled = join(
        [
            walker.step(values[start:end], is_last=end == length)
            for start, end in walker.spans(length, reach.shortest_window)
        ]
    )
    order = pooled.levels.argsort(stable=True)
    same = len(pooled) == len(whole) and (
        torch.equal(pooled.labels[order], whole.labels)
        and torch.allclose(pooled.scores[order], whole.scores, atol=1e-4)
        and torch.allclose(pooled.segments[order], whole.segments, atol=1e-2)
    )
    if not same:
        raise ValueError(
            "this model cannot predict in windows or in a stream: in a trial its predictions in "
            "windows differed from those in one pass (do they depend on the position in the "
            "recording, or on neighboring points when they are decoded?). Predict in one pass"
        )
    return reach
