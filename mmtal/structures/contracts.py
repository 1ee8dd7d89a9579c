"""Protocols that components must follow to work with the rest of mmtal.

A component needs no parent class: whatever has these attributes and methods will do. Parts of a
model are checked when it is built (:func:`check_contract`); the capabilities that only some have
(:class:`WindowHead`, :class:`PointHead`, :class:`CoverageAssigner`, :class:`WindowTransform`,
:class:`LazyTransform`) where they are used.

B batch, C channels, T features, T_l positions of level l, P points, N instances, K classes,
M predictions. Masks are bool, True where valid.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from mmengine.structures import InstanceData
from torch import Tensor
from typing_extensions import get_protocol_members

from mmtal.structures.data_sample import TemporalDataSample
from mmtal.structures.points import Points


class Padding(Protocol):
    """How far sequences are padded, as :class:`mmtal.models.layers.PaddingRule` says it.

    Attributes:
        max_seq_len (int): Longest sequence in training.
    """

    @property
    def max_seq_len(self) -> int: ...

    def padded_length(self, length: int) -> int:
        """Length to which a sequence of ``length`` features is padded."""

    def training_length(self, lengths: Sequence[int]) -> int:
        """Length to which a training batch of these sequences is padded."""

    def group(self, lengths: Sequence[int]) -> list[list[int]]:
        """Indices of the sequences, in groups that may be padded to their longest member."""


class Backbone(Protocol):
    """Features (B, C_in, T) and mask (B, T) to features (B, C, T_l) and masks (B, T_l) per level.

    Attributes:
        in_channels (int): Channels of the features, all sources together.
        out_channels (int): Width of every level.
        level_strides (Sequence[int]): Grid steps between the positions of each level, finest first.
        padding (Padding): How far sequences must be padded.
    """

    in_channels: int
    out_channels: int
    level_strides: Sequence[int]
    padding: Padding

    def __call__(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]: ...


class Neck(Protocol):
    """Features (B, C_in, T_l) and masks (B, T_l) per level to features (B, C, T_l) per level.

    Attributes:
        out_channels (int): Width of every level.
    """

    out_channels: int

    def __call__(self, features: list[Tensor], masks: list[Tensor]) -> list[Tensor]: ...


class Head(Protocol):
    """Features and masks per level to raw predictions, and these to losses or to detections.

    Attributes:
        num_classes (int): K; 1: class-agnostic.
    """

    num_classes: int

    def __call__(self, features: list[Tensor], masks: list[Tensor]) -> tuple[Any, ...]:
        """Raw predictions: all that is computed with weights."""

    def loss_by_feat(self, *raw_masks_and_samples: Any) -> dict[str, Tensor]:
        """Losses from the raw predictions, level masks and samples with their ground truth."""

    def predict_by_feat(self, *raw_masks_and_samples: Any) -> list[InstanceData]:
        """Detections of each sample: ``segments`` (M, 2) in seconds, ``scores``, ``labels``."""


class WindowHead(Head, Protocol):
    """A head whose detections can be put together from windows: long recordings and streams.

    Its raw predictions are lists over levels whose last dimension are the positions; or, if it does
    not predict at positions, lists of tensors with the batch first.

    Attributes:
        score_thr (float): Candidates must score higher.
        pre_nms_topk (int): Candidates that :meth:`best_candidates` keeps.
        min_duration (float | None): Least length of a detection, in grid units.
        nms (dict | None): Arguments of :func:`mmtal.ops.segment_nms`.
    """

    score_thr: float
    pre_nms_topk: int
    min_duration: float | None
    nms: dict[str, Any] | None

    def candidates_by_feat(self, *raw_and_masks: Any) -> list[InstanceData]:
        """What may be a detection, of each sample.

        ``segments`` (M, 2) in grid units of the window, ``scores``, ``labels`` and ``levels``.
        """

    def best_candidates(self, candidates: InstanceData) -> InstanceData:
        """Those of any number of windows that reach NMS."""

    def finish(self, candidates: InstanceData, sample: TemporalDataSample) -> InstanceData:
        """The detections among a recording's candidates, in seconds."""


class Coder(Protocol):
    """What a point's predicted numbers mean."""

    def decode(self, positions: Tensor, level_strides: Tensor, offsets: Tensor) -> Tensor:
        """(P,), (P,) in grid units and offsets (P, 2) to segments (P, 2) in grid units."""


@runtime_checkable
class PointHead(Head, Protocol):
    """A head whose detections stem from points on levels.

    Its raw predictions are, per level, class logits (B, K, T_l) and offsets (B, ..., T_l) first.

    Attributes:
        points: Makes the points for lengths of the levels.
        coder (Coder): What offsets mean.
    """

    points: Callable[..., Points]
    coder: Coder


class Assigner(Protocol):
    """What each point must predict.

    Attributes:
        sees_predictions (bool): Whether it is also given ``logits`` (P, K) and ``offsets`` (P, 2).
    """

    sees_predictions: bool

    def __call__(
        self, points: Points, segments: Tensor, labels: Tensor, num_classes: int, **predicted: Any
    ) -> tuple[Tensor, Tensor]:
        """Class targets (P, K) and boundary distances (P, 2) in level strides.

        They are made of segments (N, 2) in grid units and labels (N,).
        """


@runtime_checkable
class CoverageAssigner(Protocol):
    """An assigner that says what it reaches, so that data can be verified against it."""

    def coverage(self, points: Points, segments: Tensor) -> tuple[Tensor, Tensor]:
        """Which points are positive for which instance, two of bool (P, N).

        The first says so of each instance as if it were alone, the second among all others.
        """


@runtime_checkable
class Transform(Protocol):
    """A step of a data pipeline that says what it does to time.

    Attributes:
        changes_grid (bool): Whether features lie elsewhere in time afterwards, on another
            ``results["grid"]``.
        pointwise (bool): Optional. Whether it treats each feature by itself, always alike, so that
            a recording may pass through it in pieces.
    """

    changes_grid: bool

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]: ...


@runtime_checkable
class CropTransform(Transform, Protocol):
    """A transform that cuts a random window out of a training recording.

    Attributes:
        max_len (int): Features of the longest window.
    """

    max_len: int


@runtime_checkable
class WindowTransform(CropTransform, Protocol):
    """A transform that cuts the window at ``results["window"]`` out of a training recording.

    The data set goes through all windows that keep an instance.
    """

    def starts(self, length: int) -> list[int]:
        """First features of the windows of a recording of ``length`` features."""

    def keep(self, results: dict[str, Any], start: int) -> tuple[Any, Any]:
        """The segments (N, 2), clipped to a window, in seconds, and which belong to it, (N,)."""


@runtime_checkable
class LazyTransform(Transform, Protocol):
    """A transform that reads nothing, so that recordings need not fit into memory, nor be over.

    Feature j becomes rows ``j * window_stride`` to ``j * window_stride + window_size - 1`` of what
    it is given, side by side.

    Attributes:
        window_size (int): Rows of a feature.
        window_stride (int): Rows from one feature's first to the next one's.
    """

    window_size: int
    window_stride: int


def check_contract(component: object, contract: type, *, name: str) -> None:
    """Refuse a component that lacks what the others will ask of it.

    Args:
        component: Any object.
        contract: A protocol of this module.
        name: What the component is, for the message: ``model.backbone``.

    Raises:
        ValueError: Names the class and all that it lacks.
    """
    missing = sorted(m for m in get_protocol_members(contract) if not hasattr(component, m))
    if missing:
        raise ValueError(
            f"{name} must have {', '.join(map(repr, missing))}, but {type(component).__name__} "
            f"does not: see {contract.__name__} in mmtal.structures.contracts"
        )
