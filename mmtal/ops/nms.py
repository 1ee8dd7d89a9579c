"""Segment NMS and voting behind one function.

N candidates, M kept segments.
"""

from typing import Any

import torch
from torch import Tensor

from mmtal.ops import nms_mmcv, nms_torch
from mmtal.ops.voting import WEIGHTS, vote_segments
from mmtal.runtime.nms_rule import METHODS, NEAR

BACKENDS = ("auto", "builtin", "torch", "mmcv")


@torch.no_grad()
def segment_nms(
    segments: Tensor,
    scores: Tensor,
    labels: Tensor,
    *,
    min_score: float,
    max_per_video: int,
    method: str = "gaussian",
    tiou_thr: float | None = None,
    sigma: float | None = None,
    distance: float | None = None,
    class_agnostic: bool = False,
    voting_thr: float | None = None,
    voting_weight: str = "score_tiou",
    backend: str = "auto",
) -> tuple[Tensor, Tensor, Tensor]:
    """Non-maximum suppression along time, as ActionFormer's official release does it.

    Again and again the best remaining candidate is kept, and the other candidates of its class
    that overlap it are dropped (``hard``) or lose score: ``linear`` times 1 - tIoU, from
    ``tiou_thr`` on; ``gaussian`` times exp(-tIoU² / sigma). Soft-NMS: Bodla et al., ICCV 2017.

    Args:
        segments: (N, 2), any unit; start <= end.
        scores: (N,), >= 0.
        labels: (N,), integers.
        min_score: Hard NMS first drops candidates that do not score higher than this; soft-NMS
            drops a candidate once an overlap, or any pick of its class, leaves it with less. So
            soft-NMS keeps the best candidate of each class in any case.
        max_per_video: Cap on M.
        method: ``hard``, ``linear`` or ``gaussian``.
        tiou_thr: In (0, 1]; needed unless ``gaussian``, which does not look at it.
        sigma: > 0; needed for ``gaussian``, which alone looks at it.
        distance: Of events without duration: candidates compete by their middles, as if all were
            so long, in the unit of the segments. ``hard`` drops what is nearer than this to a
            better one, soft-NMS lowers it the more the nearer; in place of ``tiou_thr``.
        class_agnostic: All candidates compete, whatever their labels.
        voting_thr: Refine the kept segments by :func:`mmtal.ops.vote_segments` at this tIoU;
            None: no voting. Only with ``class_agnostic``, since one class has too few neighbors.
        voting_weight: What a neighbor weighs in it, ``score_tiou`` or ``score``.
        backend: ``builtin``, compiled for the CPU; ``torch``, on the device of the tensors;
            ``mmcv`` (needs compiled ops); or ``auto``: for CUDA tensors ``mmcv`` where it has
            the op (hard NMS), else ``torch`` unless candidates are too many for its memory;
            ``builtin`` for all others.

    Returns:
        Segments (M, 2), scores (M,) and labels (M,), highest score first, with the device and
        dtype of the input. All is computed in float32.

    Raises:
        ValueError: An argument is not as said above.
        ImportError: ``backend='mmcv'`` without compiled ops for the tensors' device.
    """
    if distance is not None:
        if not 0 < distance < torch.inf:
            raise ValueError(f"distance must be > 0, but got {distance}")
        tiou_thr = NEAR
    _check_settings(
        min_score, max_per_video, method, tiou_thr, sigma, class_agnostic, voting_thr, backend
    )
    if voting_weight not in WEIGHTS:
        raise ValueError(f"voting_weight must be one of {WEIGHTS}, but got {voting_weight!r}")
    _check_candidates(segments, scores, labels)

    candidates, candidate_scores, candidate_labels = segments, scores, labels
    if method == "hard" and min_score > 0:
        eligible = scores > min_score
        candidates, candidate_scores = segments[eligible], scores[eligible]
        candidate_labels = labels[eligible]
    if len(candidates) == 0:
        return candidates, candidate_scores, candidate_labels
    classes = _classes(candidate_labels, class_agnostic)
    if backend == "auto":
        backend = _best_backend(classes, method)
    competing = candidates
    if distance is not None:
        reach = candidates.new_tensor([-distance / 2, distance / 2])
        competing = candidates.mean(1, keepdim=True) + reach
    backends = {"builtin": _select_compiled, "torch": nms_torch.select, "mmcv": nms_mmcv.select}
    kept, kept_scores = backends[backend](
        competing,
        candidate_scores,
        classes,
        method=method,
        tiou_thr=1.0 if tiou_thr is None else tiou_thr,
        sigma=1.0 if sigma is None else sigma,
        min_score=min_score,
        max_picks=max_per_video,
    )
    kept = kept.to(segments.device)
    kept_segments, kept_labels = candidates[kept], candidate_labels[kept]
    if voting_thr is not None:
        kept_segments = vote_segments(
            kept_segments, segments, scores, voting_thr, weight=voting_weight
        )
    return kept_segments.to(segments.dtype), kept_scores.to(scores), kept_labels


def _select_compiled(
    segments: Tensor, scores: Tensor, classes: Tensor, **rule: Any
) -> tuple[Tensor, Tensor]:
    from mmtal.runtime import nms_numba  # compiled when it is imported

    arrays = (x.cpu().numpy() for x in (segments.float(), scores.float(), classes))
    kept, kept_scores = nms_numba.select(*arrays, **rule)
    return torch.from_numpy(kept), torch.from_numpy(kept_scores)


def _best_backend(classes: Tensor, method: str) -> str:
    if not classes.is_cuda:
        return "builtin"
    if method == "hard" and nms_mmcv.has_cuda_nms():
        return "mmcv"
    return "torch" if nms_torch.fits(classes) else "builtin"


def _classes(labels: Tensor, class_agnostic: bool) -> Tensor:
    """(N,) int64 from 0 on: who competes with whom."""
    if class_agnostic:
        return torch.zeros_like(labels, dtype=torch.long)
    classes = labels.long() - labels.min().long()
    if classes.max() > len(classes):  # memory goes with the largest class: close the gaps
        classes = torch.unique(classes, return_inverse=True)[1]
    return classes


def _check_settings(
    min_score: float,
    max_per_video: int,
    method: str,
    tiou_thr: float | None,
    sigma: float | None,
    class_agnostic: bool,
    voting_thr: float | None,
    backend: str,
) -> None:
    def require(name: str, rule: str, value: object, holds: bool) -> None:
        if not holds:
            raise ValueError(f"{name} must be {rule}, but got {value!r}")

    require("method", f"one of {METHODS}", method, method in METHODS)
    require("backend", f"one of {BACKENDS}", backend, backend in BACKENDS)
    require("min_score", ">= 0", min_score, min_score >= 0)
    require("max_per_video", ">= 1", max_per_video, max_per_video >= 1)
    if method == "gaussian":
        require("sigma", "> 0 for method='gaussian'", sigma, sigma is not None and sigma > 0)
    else:
        rule = f"in (0, 1] for method='{method}'"
        require("tiou_thr", rule, tiou_thr, tiou_thr is not None and 0 < tiou_thr <= 1)
    if voting_thr is not None:
        require("voting_thr", "in (0, 1] or None", voting_thr, 0 < voting_thr <= 1)
        require("voting_thr", "None unless class_agnostic=True", voting_thr, class_agnostic)


def _check_candidates(segments: Tensor, scores: Tensor, labels: Tensor) -> None:
    num = len(scores)
    if segments.shape != (num, 2) or scores.shape != (num,) or labels.shape != (num,):
        raise ValueError(
            "segments, scores, labels must have the shapes (N, 2), (N,), (N,), but got "
            f"{tuple(segments.shape)}, {tuple(scores.shape)}, {tuple(labels.shape)}"
        )
    if not segments.is_floating_point() or not scores.is_floating_point():
        raise ValueError(
            "segments and scores must be floating point, but got "
            f"{segments.dtype} and {scores.dtype}"
        )
    if labels.is_floating_point():
        raise ValueError(f"labels must be integers, but got {labels.dtype}")
    if num == 0:
        return
    lengths = segments[:, 1] - segments[:, 0]
    shortest, longest = torch.aminmax(lengths)  # NaN if there is one
    if not (shortest >= 0 and longest < torch.inf):
        at = int((~((lengths >= 0) & (lengths < torch.inf))).nonzero()[0])
        raise ValueError(
            "segments must be finite with start <= end, but got "
            f"{segments[at].tolist()} at index {at}"
        )
    lowest, highest = torch.aminmax(scores)
    if not (lowest >= 0 and highest < torch.inf):
        at = int((~((scores >= 0) & (scores < torch.inf))).nonzero()[0])
        raise ValueError(f"scores must be finite and >= 0, but got {scores[at]} at index {at}")
