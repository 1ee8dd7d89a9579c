"""How far a sequence must be padded so that a model computes what the official release does.

The masked convolution masks before LayerNorm, so LayerNorm's bias lives in the padding and
reaches the last valid positions: padding is part of the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

Length = TypeVar("Length", int, "torch.Tensor")


@dataclass(frozen=True)
class PaddingRule:
    """Lengths to which sequences are padded.

    Attributes:
        max_seq_len: Longest sequence in training.
        coarsest_stride: Level stride of the coarsest level.
        divisor: What the release pads longer sequences to a multiple of: the largest over the
            levels of level stride x 2 x (window // 2), or the level stride for global attention.
            1: a pyramid for sequences of any length.
    """

    max_seq_len: int
    coarsest_stride: int
    divisor: int

    def __post_init__(self) -> None:
        if self.divisor > 1 and self.max_seq_len % self.coarsest_stride:
            raise ValueError(
                f"max_seq_len must be a multiple of the coarsest level's stride "
                f"{self.coarsest_stride}, but got {self.max_seq_len}: use "
                f"{-(-self.max_seq_len // self.coarsest_stride) * self.coarsest_stride}"
            )

    def official_length(self, length: Length) -> Length:
        """The release's padded length: ``max_seq_len``, or a multiple of ``divisor`` beyond it.

        Of one recording, or of an integer tensor of them, any shape.
        """
        beyond = (length + (self.divisor - 1)) // self.divisor * self.divisor
        # no branch, which an exported graph could not have
        return (length > self.max_seq_len) * (beyond - self.max_seq_len) + self.max_seq_len

    def padded_length(self, length: int) -> int:
        """The shortest padded length that gives the same result."""
        needed = self.coarsest_stride * (-(-length // self.coarsest_stride) + 1)
        return min(self.official_length(length), needed)

    def training_length(self, lengths: Sequence[int]) -> int:
        """Length to which a training batch of these sequences is padded."""
        return max(self.padded_length(length) for length in lengths)

    def group(self, lengths: Sequence[int]) -> list[list[int]]:
        """Indices of the sequences, in groups that may be padded to their longest member.

        A sequence padded beyond its :meth:`official_length` would give another result.
        """
        groups: list[list[int]] = []
        longest_first = sorted(range(len(lengths)), key=lambda i: -self.padded_length(lengths[i]))
        for index in longest_first:
            if groups:
                to = self.padded_length(lengths[groups[-1][0]])
                if to <= self.official_length(lengths[index]):
                    groups[-1].append(index)
                    continue
            groups.append([index])
        return groups


class FullPadding(PaddingRule):
    """Sequences are padded to the release's length, never less.

    For layers that look at the padding as a whole, as a mean over the sequence does, so that less
    of it would give another result.
    """

    def padded_length(self, length: int) -> int:
        """As :meth:`official_length`."""
        return self.official_length(length)


class FixedPadding(FullPadding):
    """Sequences are padded to ``max_seq_len``, and must not be longer.

    For models whose predictions depend on where a feature is in a sequence of that length.
    """

    def padded_length(self, length: int) -> int:
        """``max_seq_len``; ValueError: the sequence is longer."""
        if length > self.max_seq_len:
            raise ValueError(
                f"this model must get at most {self.max_seq_len} features at once, but got "
                f"{length}: resize recordings (ResizeFeatures), or have them tested in windows: "
                f"model.test_window=({self.max_seq_len},{max(1, self.max_seq_len // 2)})"
            )
        return self.max_seq_len

    def group(self, lengths: Sequence[int]) -> list[list[int]]:
        """All in one group: longer ones are to be tested in windows."""
        return [list(range(len(lengths)))]


class NoPadding(PaddingRule):
    """Sequences stay as long as they are; training batches are padded to ``max_seq_len``.

    For layers that carry what they read in the padding into the valid positions, as OpenTAD's
    state-space models do, which are trained and tested in this way.
    """

    def padded_length(self, length: int) -> int:
        """The length itself."""
        return length

    def training_length(self, lengths: Sequence[int]) -> int:
        """``max_seq_len``, whatever the lengths."""
        return self.max_seq_len

    def group(self, lengths: Sequence[int]) -> list[list[int]]:
        """Indices of the sequences, those of equal length together."""
        groups: dict[int, list[int]] = {}
        for index, length in enumerate(lengths):
            groups.setdefault(length, []).append(index)
        return list(groups.values())
