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
            data: ``inputs``, list of B tensors (T_i, C), and ``data_samples``, list of B.
            training: Whether sequences longer than ``max_seq_len`` are an error.

        Returns:
            ``inputs`` float32 (B, C, T), ``masks`` bool (B, T), ``data_samples``.

        Raises:
            ValueError: A training sequence is longer than ``max_seq_len``.
        """
        data = self.cast_data(data)
        features: Sequence[torch.Tensor] = data["inputs"]
        lengths = [len(x) for x in features]
        if training and max(lengths) > self.padding.max_seq_len:
            raise ValueError(
                f"training sequences must have at most max_seq_len="
                f"{self.padding.max_seq_len} features, but got {max(lengths)}: add a Truncate or "
                "ResizeFeatures transform to the training pipeline, or raise max_seq_len"
            )
        T = max(self.padding.padded_length(n) for n in lengths)
        if training and self.training_length is not None:
            T = max(T, self.training_length)
        batch = features[0].new_zeros(len(features), T, features[0].shape[1])
        for row, x in zip(batch, features, strict=True):
            row[: len(x)] = x
        position = torch.arange(T, device=batch.device)
        masks = position < torch.tensor(lengths, device=batch.device)[:, None]
        return dict(
            inputs=batch.transpose(1, 2), masks=masks, data_samples=data.get("data_samples")
        )

    def split(self, data: dict[str, Any]) -> list[tuple[list[int], dict[str, Any]]]:
        """Cut a collated batch into parts that may be padded together.

        Returns:
            For each part the indices of its members and their ``inputs`` and ``data_samples``.
        """
        groups = self.padding.group([len(x) for x in data["inputs"]])
        return [(g, {key: [value[i] for i in g] for key, value in data.items()}) for g in groups]
