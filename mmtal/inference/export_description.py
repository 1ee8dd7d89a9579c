"""What predicting with an exported network needs beside it."""

from dataclasses import asdict
from typing import Any

from mmtal.datasets import Normalize, ResizeFeatures, SlidingWindow, TemporalStride
from mmtal.inference.inferencer import TemporalActionInferencer
from mmtal.models import AnchorFreeHead, OffsetCoder, TemporalDataPreprocessor, TemporalLocalizer
from mmtal.models.layers import FullPadding, PaddingRule
from mmtal.models.task_modules import PointGenerator
from mmtal.runtime.description import Description

SHARED = ("candidates_by_feat", "decode_level", "best_candidates", "topk_score", "finish")
"""Methods of heads that :mod:`mmtal.runtime` has as :class:`AnchorFreeHead` has them."""


def describe(inferencer: TemporalActionInferencer, *, for_runtime: bool) -> Description:
    """The description of an inferencer's model.

    Args:
        inferencer: With the model and its config's pipeline.
        for_runtime: Refuse what :mod:`mmtal.runtime` could not do as PyTorch does it.

    Raises:
        ValueError: A component has no counterpart there; names it.
    """
    model, pipeline = inferencer.model, inferencer.pipeline
    head, rule = model.head, model.padding
    transforms = [*pipeline.transforms, *pipeline.pointwise]
    stages = [_stage(transform) for transform in transforms]
    known = [stage for stage in stages if stage is not None]
    decoding = _decoding(head)
    padding = None
    if type(rule) in (PaddingRule, FullPadding):
        padding = dict(asdict(rule), full=isinstance(rule, FullPadding))
    if for_runtime:
        preprocessor = model.data_preprocessor
        for part, is_known in (
            (model, type(model).detect is TemporalLocalizer.detect),
            ("model.test_window", not model.test_window),
            (head, decoding is not None),
            (rule, padding is not None),
            (model.backbone, not getattr(model.backbone, "pools_masks", False)),
            (preprocessor, type(preprocessor) is TemporalDataPreprocessor),
            *zip(transforms, [stage is not None for stage in stages], strict=True),
        ):
            if not is_known:
                raise ValueError(
                    f"this model cannot be exported to ONNX, since mmtal.runtime does not know how "
                    f"to do what {part if isinstance(part, str) else type(part).__name__} does: "
                    "--to torch gives raw predictions"
                )
    left = right = None
    no_windows = ""
    try:
        left, right = inferencer.reach.left, inferencer.reach.right
    except ValueError as error:
        no_windows = str(error)
    return Description(
        classes=inferencer.classes,
        threshold=inferencer.threshold,
        num_channels=pipeline.num_channels,
        level_strides=model.backbone.level_strides,
        padding=padding,
        made_for=model.made_for,
        longest_instance=model.dataset_meta.get("longest_instance"),
        feature_stride=pipeline.feature_stride,
        snippet_frames=pipeline.snippet_frames,
        fps=inferencer.dataset.get("fps"),
        stages=known if len(known) == len(stages) else None,
        left=left,
        right=right,
        no_windows=no_windows,
        decoding=decoding,
        num_bins=getattr(head, "num_bins", 0),
        event_reach=getattr(head, "event_reach", None),
        num_classes=head.num_classes,
        score_thr=getattr(head, "score_thr", 0.0),
        pre_nms_topk=getattr(head, "pre_nms_topk", 0),
        min_duration=getattr(head, "min_duration", None),
        nms=getattr(head, "nms", None),
        max_per_video=getattr(head, "max_per_video", 0),
        fixed_limits=getattr(head, "fixed_limits", ()),
    )


def _stage(transform: Any) -> dict[str, Any] | None:
    """A transform for :mod:`mmtal.runtime.stages`; None: it has no such."""
    kind = type(transform)
    if kind in (SlidingWindow, TemporalStride):
        return dict(kind="windows", size=transform.window_size, step=transform.window_stride)
    if kind is ResizeFeatures:
        return dict(kind="resize", length=transform.length)
    if kind is Normalize:
        return dict(kind="normalize", mean=transform.mean, std=transform.std)
    return None


def _decoding(head: Any) -> str | None:
    """How the run-time decodes raw predictions; None: it cannot.

    A head with ``distances`` of its own says in ``runtime_decoding``, beside them, which of
    :mod:`mmtal.runtime.decoding` they are.
    """
    if (
        not isinstance(head, AnchorFreeHead)
        or any(getattr(type(head), name) is not getattr(AnchorFreeHead, name) for name in SHARED)
        or type(head.coder) is not OffsetCoder
        or type(head.points) is not PointGenerator
    ):
        return None
    owner = next(c for c in type(head).__mro__ if "distances" in vars(c))
    return "offsets" if owner is AnchorFreeHead else vars(owner).get("runtime_decoding")
