"""NMS by the compiled ops of mmcv: segments become boxes of height 1.

N candidates, M picks.
"""

import functools
from types import ModuleType

import torch
from torch import Tensor

_HOW_TO_GET = (
    "Build it from source beside the torch that is installed (pip install --no-build-isolation "
    "--force-reinstall --no-deps --no-binary onedl-mmcv onedl-mmcv; with FORCE_CUDA=1 for the CUDA "
    "ops), or use backend='builtin', which gives the same results"
)


@functools.cache
def compiled_ops() -> ModuleType | None:
    """``mmcv.ops`` if mmcv is installed with compiled ops."""
    try:
        import mmcv.ops
    except ImportError:
        return None
    return mmcv.ops


def has_cuda_nms() -> bool:
    """Whether the compiled ops include those for CUDA."""
    ops = compiled_ops()
    return ops is not None and ops.get_compiling_cuda_version() != "not available"


def select(
    segments: Tensor,
    scores: Tensor,
    classes: Tensor,
    *,
    method: str,
    tiou_thr: float,
    sigma: float,
    min_score: float,
    max_picks: int,
) -> tuple[Tensor, Tensor]:
    """The backend ``mmcv``; same arguments and results as ``nms_numba.select``.

    Hard NMS of CUDA tensors runs on their device, all else on the CPU (mmcv has no other soft-NMS).
    Unlike the release, mmcv adds nothing to the lengths and keeps a segment whose tIoU is exactly
    ``tiou_thr`` in hard NMS. ImportError: mmcv's ops are not compiled, or not for CUDA where that
    is needed.
    """
    ops = compiled_ops()
    if ops is None:
        raise ImportError(
            "backend='mmcv' needs mmcv with compiled ops, but mmcv.ops cannot be imported. "
            + _HOW_TO_GET
        )
    on_cuda = segments.is_cuda and method == "hard"
    if on_cuda and not has_cuda_nms():
        raise ImportError(
            f"backend='mmcv' needs mmcv's CUDA ops for tensors on {segments.device}, but mmcv was "
            f"built without them. {_HOW_TO_GET}"
        )
    if not on_cuda:
        segments, scores, classes = segments.cpu(), scores.cpu(), classes.cpu()
    boxes, scores = _boxes(segments.float(), classes), scores.float()

    kept, kept_scores = [], []
    # One CUDA call does for all classes, since their boxes lie in rows of their own.
    groups = [torch.arange(len(scores), device=scores.device)] if on_cuda else _split(classes)
    for members in groups:
        if method == "hard":
            dets, picks = ops.nms(boxes[members], scores[members], tiou_thr, max_num=max_picks)
        else:
            dets, picks = ops.soft_nms(
                boxes[members], scores[members], tiou_thr, sigma, min_score, method
            )
        kept.append(members[picks[:max_picks]])
        kept_scores.append(dets[:max_picks, 4])
    all_scores, order = torch.cat(kept_scores).sort(descending=True, stable=True)
    return torch.cat(kept)[order[:max_picks]], all_scores[:max_picks]


def _split(classes: Tensor) -> list[Tensor]:
    """Indices of the candidates of each class that has some."""
    groups = classes.argsort(stable=True).split(classes.bincount().tolist())
    return [members for members in groups if len(members)]


def _boxes(segments: Tensor, classes: Tensor) -> Tensor:
    """(N, 4) boxes (start, y, end, y + 1); only boxes with the same y can overlap.

    Each class has its y. So has each empty segment, made one unit long: its tIoU with anything
    is 0, while mmcv would divide 0 by 0.
    """
    start, end = segments.unbind(1)
    empty = end <= start
    rows = torch.where(empty, classes.max() + empty.cumsum(0), classes)
    low = 2.0 * rows.float()
    return torch.stack([start, low, torch.where(empty, start + 1, end), low + 1], dim=1)
