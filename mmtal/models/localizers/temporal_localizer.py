"""Localizer: backbone, neck and head, wired together."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import torch
from mmengine.dist import all_reduce_dict
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.models.data_preprocessor import TemporalDataPreprocessor
from mmtal.models.localizers.limits import length_factor, limits_times
from mmtal.registry import BACKBONES, HEADS, MODELS, NECKS
from mmtal.structures import TemporalDataSample
from mmtal.structures.contracts import Backbone, Head, Neck, Padding, WindowHead, check_contract

LARGEST = 1e10
"""No logit and no distance in level strides is beyond it."""


@MODELS.register_module()
class TemporalLocalizer(BaseModel):
    """A single-stage localizer.

    What one part must know of another is passed here, so that a config says it once: the neck gets
    the backbone's width as ``in_channels`` and its ``num_levels``, the head the neck's width as
    ``in_channels`` and the backbone's ``level_strides``, the data preprocessor the backbone's
    ``padding``.

    Args:
        backbone: Config of a :class:`mmtal.structures.contracts.Backbone`.
        neck: Config of a :class:`mmtal.structures.contracts.Neck`.
        head: Config of a :class:`mmtal.structures.contracts.Head`.
        data_preprocessor: Config; None for the default.
        precision: ``float32``, or ``bfloat16`` for products, about twice as fast on CPUs that are
            built for it. Norms, softmax, losses, decoding and NMS stay in float32.

        test_window: Features of a window and from one window's start to the next one's: longer
            recordings are tested window by window, for a model that must see no more at once than
            in training. None: all in one pass.

    Attributes:
        made_for (float | str | None): Seconds of the longest recording in training; None: not
            known; see :func:`mmtal.models.localizers.limits.length_factor`.

    Raises:
        ValueError: A part lacks what its contract demands; the message names it.
    """

    backbone: Backbone
    neck: Neck
    head: Head
    made_for: float | str | None = None

    def __init__(
        self,
        backbone: dict[str, Any],
        *,
        neck: dict[str, Any],
        head: dict[str, Any],
        data_preprocessor: dict[str, Any] | None = None,
        precision: str = "float32",
        test_window: tuple[int, int] | None = None,
    ) -> None:
        if test_window is not None and not 0 < test_window[1] <= test_window[0]:
            raise ValueError(f"test_window must be (size, 0 < step <= size), but got {test_window}")
        if precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision must be 'float32' or 'bfloat16', but got '{precision}'")
        built_backbone = BACKBONES.build(backbone)
        check_contract(built_backbone, Backbone, name="model.backbone")
        preprocessor: TemporalDataPreprocessor = MODELS.build(
            data_preprocessor or dict(type="TemporalDataPreprocessor"),
            default_args=dict(padding=built_backbone.padding),
        )
        super().__init__(data_preprocessor=preprocessor)
        self.precision = precision
        self.test_window = test_window
        self.backbone = built_backbone
        level_strides = self.backbone.level_strides
        self.neck = NECKS.build(
            neck,
            default_args=dict(
                in_channels=self.backbone.out_channels, num_levels=len(level_strides)
            ),
        )
        check_contract(self.neck, Neck, name="model.neck")
        self.head = HEADS.build(
            head,
            default_args=dict(in_channels=self.neck.out_channels, level_strides=level_strides),
        )
        check_contract(self.head, WindowHead if test_window else Head, name="model.head")

    @property
    def padding(self) -> Padding:
        return self.backbone.padding

    def extract_feat(self, inputs: Tensor, masks: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """(B, C_in, T), (B, T) -> per level (B, C, T_l) and bool (B, T_l)."""
        features, level_masks = self.backbone(inputs, masks)
        return self.neck(features, level_masks), level_masks

    def raw_predictions(
        self, inputs: Tensor, masks: Tensor
    ) -> tuple[tuple[Any, ...], list[Tensor]]:
        """All that is computed with weights: what the head's forward returns, and level masks."""
        if self.precision == "float32":
            features, level_masks = self.extract_feat(inputs, masks)
            return self.head(features, level_masks), level_masks
        with torch.autocast(inputs.device.type, torch.bfloat16):
            features, level_masks = self.extract_feat(inputs, masks)
            raw = self.head(features, level_masks)
        return tuple([x.float() for x in part] for part in raw), level_masks

    def cast_weights(self) -> None:
        """Keep the weights of products in ``precision``: for inference, once for all recordings."""
        if self.precision != "float32":
            for module in self.modules():
                is_product = isinstance(module, nn.Linear | nn.modules.conv._ConvNd)
                if is_product and not getattr(module, "exact", False):
                    module.bfloat16()

    def forward(
        self,
        inputs: Tensor,
        masks: Tensor,
        data_samples: list[TemporalDataSample] | None = None,
        mode: str = "tensor",
    ) -> Any:
        """One forward, three endings.

        Args:
            inputs: (B, C_in, T), padded.
            masks: Bool (B, T), True where valid.
            data_samples: What is known of each recording.
            mode: ``loss``: dict of losses; ``predict``: the samples with ``pred_instances``;
                ``tensor``: the head's raw predictions.
        """
        raw, level_masks = self.raw_predictions(inputs, masks)
        if mode == "tensor":
            return raw
        if data_samples is None:
            raise ValueError(f"mode='{mode}' needs data_samples, but got None")
        if mode == "loss":
            return self.head.loss_by_feat(*raw, level_masks, data_samples)
        if mode == "predict":
            check_predictions(raw, level_masks, [sample.video_id for sample in data_samples])
            found = self.detect(raw, level_masks, data_samples)
            for sample, instances in zip(data_samples, found, strict=True):
                sample.pred_instances = instances
            return data_samples
        raise ValueError(f"mode must be 'loss', 'predict' or 'tensor', but got '{mode}'")

    def detect(
        self, raw: Sequence[Any], masks: list[Tensor], samples: list[TemporalDataSample]
    ) -> list[InstanceData]:
        """Detections of B recordings from the head's raw predictions.

        A recording k times as long as any in training (``made_for``) may have k times as many.

        Args:
            raw: What the head's forward returns.
            masks: Per level bool (B, T_l).
            samples: The recordings.
        """
        factors = [length_factor(self, sample) for sample in samples]
        if len(set(factors)) == 1:
            with limits_times(self.head, factors[0]):
                return self.head.predict_by_feat(*raw, masks, samples)
        found = []
        for row, sample in enumerate(samples):
            parts = [[x[row : row + 1] for x in part] for part in (*raw, masks)]
            found += self.detect(parts[:-1], parts[-1], [sample])
        return found

    def parse_losses(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum to step on, and what is logged: means over ranks, as one process would log."""
        total, logged = super().parse_losses(losses)
        logged = OrderedDict((name, value.detach().clone()) for name, value in logged.items())
        all_reduce_dict(logged, op="mean")
        return total, logged

    def test_step(self, data: dict[str, Any]) -> list[TemporalDataSample]:
        """Predict a collated batch, each recording as if it were alone."""
        results: dict[int, TemporalDataSample] = {}
        longest = self.test_window[0] if self.test_window else float("inf")
        for indices, part in self.data_preprocessor.split(data):
            if max(map(len, part["inputs"])) <= longest:
                results.update(zip(indices, super().test_step(part), strict=True))
                continue
            for index, *given in zip(indices, part["inputs"], part["data_samples"], strict=True):
                results[index] = self.predict_in_windows(*given)
        return [results[i] for i in range(len(results))]

    @torch.no_grad()
    def predict_in_windows(
        self, features: Tensor, sample: TemporalDataSample
    ) -> TemporalDataSample:
        """Predict a recording (T, C) in windows of its own, as ``test_window`` says.

        Windows are padded, and their best candidates chosen, as if each were a recording; NMS is
        run once over all of them.
        """
        size, step = self.test_window or (len(features), len(features))
        pool = []
        for start in window_starts(len(features), size, step):
            window = self.data_preprocessor(dict(inputs=[features[start : start + size]]))
            raw, masks = self.raw_predictions(window["inputs"], window["masks"])
            check_predictions(raw, masks, [sample.video_id])
            found = self.head.candidates_by_feat(*raw, masks)[0]  # type: ignore[attr-defined]
            found.segments = found.segments + start
            pool.append(found)
        with limits_times(self.head, length_factor(self, sample)):
            pooled = InstanceData.cat(pool)
            sample.pred_instances = self.head.finish(pooled, sample)  # type: ignore[attr-defined]
        return sample

    val_step = test_step


def window_starts(length: int, size: int, step: int) -> list[int]:
    """Where windows of a recording start: the last one ends where the recording does."""
    last = max(0, length - size)
    return [*range(0, last, step), last]


def check_predictions(raw: Sequence[Any], masks: Sequence[Tensor], names: Sequence[str]) -> None:
    """Refuse raw predictions that mean nothing where they are valid: NaN, or beyond ``LARGEST``.

    Args:
        raw: What the head's forward returns; lists of (B, ..., T_l) over the levels are looked at,
            and of (B, ..., Q) of queries, which are all valid.
        masks: Per level bool (B, T_l).
        names: Of the B recordings.

    Raises:
        ValueError: Names the recordings.
    """
    wrong = torch.zeros(len(names), dtype=torch.bool, device=masks[0].device)
    for part in (part for part in raw if isinstance(part, list)):
        for values, mask in zip_longest(part, masks[: len(part)]):
            invalid = ~(values < LARGEST).flatten(1, -2).all(1)  # (B, T_l)
            if mask is not None and mask.shape == invalid.shape:
                invalid = invalid & mask
            wrong |= invalid.any(1)
    if wrong.any():
        found = [name for name, is_wrong in zip(names, wrong.tolist(), strict=True) if is_wrong]
        raise ValueError(
            f"the model's predictions are NaN or beyond {LARGEST:g} for "
            f"{', '.join(map(repr, found[:5]))}: its training had diverged, its features are of "
            "extreme size, or mixed precision overflows. Try an earlier checkpoint, and mmtal data "
            "verify"
        )
