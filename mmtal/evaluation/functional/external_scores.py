"""Names for class-agnostic detections, from a classifier of whole recordings."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_external_scores(path: str | Path) -> dict[str, NDArray[np.float64]]:
    """Class scores of each recording, from a JSON ``{video: [score of class 0, ...]}``.

    The object may be wrapped in ``{"results": ...}``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"external class scores {path} do not exist: get the file, or set "
            "external_scores=None and class_agnostic=True to evaluate proposals without names"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"external class scores {path} are not JSON: {error}") from error
    content = content.get("results", content) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not content:
        raise ValueError(f"{path} must hold {{video: [class scores]}}, but it does not")
    scores = {video: np.asarray(values, dtype=np.float64) for video, values in content.items()}
    if len({values.shape for values in scores.values()}) != 1:
        raise ValueError(f"{path} must hold equally many class scores for every recording")
    return scores


def fuse_external_scores(
    detections: Mapping[str, NDArray],
    class_scores: NDArray[np.float64],
    *,
    top_classes: int = 2,
    top_segments: int = 200,
) -> dict[str, NDArray]:
    """Give each segment of one recording the recording's best classes.

    Args:
        detections: ``segments`` (M, 2), ``scores`` (M,).
        class_scores: (K,) of this recording.
        top_classes: Classes used.
        top_segments: Segments used.

    Returns:
        ``segments`` (M * top_classes, 2), ``scores`` sqrt(class score * segment score) and
        ``labels``; highest score first.
    """
    best = np.argsort(-detections["scores"], kind="stable")[:top_segments]
    classes = np.argsort(-class_scores, kind="stable")[:top_classes]
    scores = np.sqrt(class_scores[classes][:, None] * detections["scores"][best][None]).ravel()
    order = np.argsort(-scores, kind="stable")
    return dict(
        segments=np.tile(detections["segments"][best], (len(classes), 1))[order],
        scores=scores[order],
        labels=np.repeat(classes, len(best))[order],
    )
