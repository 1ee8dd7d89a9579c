"""Collate recordings into one padded batch on the model's device."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor

from mmtal.registry import MODELS
from mmtal.structures.contracts import Padding


@MODELS.register_module()
class TemporalDataPreprocessor(BaseDataPreprocessor):
    """Pad features to the length that their longest member needs, with a mask of what is valid.

    Pictures are padded by repeating the last one, features by zeros.

    Args:
        padding: How far sequences must be padded (given by the localizer).

    Attributes:
        training_length (int | None): Training batches are padded at least so far; up to
            ``max_seq_len`` this changes no result.
    """

    def __init__(self, padding: Padding) -> None:
        super().__init__()
        self.padding = padding
        self.training_length: int | None = None

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Batch the features.

        Args:
            data: ``inputs``, list of B tensors (T_i, C), or of pictures, uint8 (T_i, ..., H, W,
                3), perhaps not yet decoded, and ``data_samples``, list of B.
            training: Whether sequences longer than ``max_seq_len`` are an error.

        Returns:
            ``inputs`` (B, C, T), or (B, ..., H, W, 3, T), ``masks`` bool (B, T), ``data_samples``.

        Raises:
            ValueError: A training sequence is longer than ``max_seq_len``.
        """
        inputs = [torch.from_numpy(x.read()) if hasattr(x, "read") else x for x in data["inputs"]]
        data = self.cast_data({**data, "inputs": inputs})
        features: Sequence[torch.Tensor] = data["inputs"]
        lengths = [len(x) for x in features]
        if training and max(lengths) > self.padding.max_seq_len:
            raise ValueError(
                f"training sequences must have at most max_seq_len="
                f"{self.padding.max_seq_len} features, but got {max(lengths)}: add a Truncate or "
                "ResizeFeatures transform to the training pipeline, or raise max_seq_len"
            )
        if training:
            T = max(self.padding.training_length(lengths), self.training_length or 0)
        else:
            T = max(self.padding.padded_length(n) for n in lengths)
        batch = features[0].new_zeros(len(features), T, *features[0].shape[1:])
        for row, x in zip(batch, features, strict=True):
            row[: len(x)] = x
            if x.dim() > 2:
                row[len(x) :] = x[-1]
        position = torch.arange(T, device=batch.device)
        masks = position < torch.tensor(lengths, device=batch.device)[:, None]
        return dict(inputs=batch.movedim(1, -1), masks=masks, data_samples=data.get("data_samples"))

    def split(self, data: dict[str, Any]) -> list[tuple[list[int], dict[str, Any]]]:
        """Cut a collated batch into parts that may be padded together.

        Returns:
            For each part the indices of its members and their ``inputs`` and ``data_samples``.
        """
        groups = self.padding.group([len(x) for x in data["inputs"]])
        return [(g, {key: [value[i] for i in g] for key, value in data.items()}) for g in groups]
