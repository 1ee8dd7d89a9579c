"""Write one interactive page of all recordings: ground truth against predictions."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from mmtal.structures import TIOU_OF_HIT, TIOU_OF_NEAR, RecordingView
from mmtal.visualization.colors import GROUND_TRUTH, HATCHES, HIT, MISS, class_color, class_hatch
from mmtal.visualization.html_page import ASSETS, html_page

SCRIPTS = (
    "matching.js", "bars.js", "gestures.js", "timeline.js", "recording_list.js", "player.js",
    "viewer.js",
)  # fmt: skip
SCORE_UNITS = 10_000
"""The page holds scores in steps of 1 / 10,000, rounded down: no threshold tells the difference."""

TIOUS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95)
NEAR = (0.1, 0.2, 0.5, 1, 1.5)
"""Distances of events, in tolerances."""


def viewer_page(
    views: Sequence[RecordingView],
    classes: Sequence[str],
    *,
    title: str,
    score_thr: float = 0.3,
    min_score: float = 0.01,
    note: str = "",
    media: Mapping[str, str] | None = None,
    frames: bool = False,
) -> str:
    """A self-contained HTML page: list of recordings, timeline, score threshold, class filter.

    Hits are found in the browser as :func:`mmtal.evaluation.recording_hits.find_hits` does it. All
    views of events have the same ``tolerance``.
    Without any prediction the page shows the annotations alone. ``<page>#<recording>`` opens a
    recording, see :func:`recording_link`. The threshold starts at ``score_thr``; predictions below
    ``min_score`` are left out, and the page says so, as it does ``note``. ``media`` is by recording
    the address of a video or audio file, as seen from the page. ``frames``: it opens with frame
    bars, one for the truth and one for the best predictions that do not overlap. ValueError: there
    is no recording, or a label is no class.
    """
    _check(views, len(classes))
    media = media or {}
    scores = np.concatenate([view.pred_scores for view in views])
    left_out = int((scores < min_score).sum())
    kept = scores[scores >= min_score]
    predicted, tolerance = scores.size > 0, views[0].tolerance
    highest = float(kept.max(initial=min_score))
    data: dict[str, Any] = dict(
        title=title,
        classes=list(classes),
        predicted=predicted,
        frames=frames,
        threshold=score_thr,
        tiou=TIOU_OF_HIT if tolerance is None else TIOU_OF_NEAR,
        events=tolerance is not None,
        highest=highest,
        paint=dict(
            truth=GROUND_TRUTH,
            hit=HIT,
            false=MISS,
            colors=[class_color(label) for label in range(len(classes))],
            hatches=[HATCHES.index(class_hatch(label)) for label in range(len(classes))],
        ),
        recordings=[
            {
                **_columns(view, min_score),
                **({"media": media[view.video_id]} if view.video_id in media else {}),
            }
            for view in views
        ],
    )
    lowest = float(kept.min(initial=highest))
    # Whole steps of a hundredth where scores reach that far.
    step = 0.01 if highest - min(lowest, 0.0) >= 0.2 else 0.0005
    low, high = np.floor(min(lowest, 0.0) / step) * step, np.ceil(highest / step) * step
    if highest - lowest > 100:
        step = (highest - lowest) / 1000
    return html_page(
        title,
        ASSETS / "viewer.html",
        data=data,
        script="\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS),
        style=(ASSETS / "viewer.css").read_text(encoding="utf-8"),
        plays_media=True,
        predicted=predicted,
        note=f"{_note(scores.size, left_out, min_score)} {note}",
        low=f"{low:.4f}",
        high=f"{high:.4f}",
        step=f"{step:g}",
        rule="from tIoU" if tolerance is None else "within",
        unit="" if tolerance is None else " s",
        limits=_limits(tolerance),
    )


def _limits(tolerance: float | None) -> dict[str, float]:
    """From which tIoU on predictions are hits, by its name: itself, or of events a time."""
    if tolerance is None:
        return {f"{tiou:g}": tiou for tiou in TIOUS}
    return {
        f"{tolerance * near:.3g}": TIOU_OF_NEAR if near == 1 else (2 - near) / (2 + near) - 1e-9
        for near in NEAR
    }


def recording_link(page: str, video_id: str) -> str:
    """Address that opens the page at one recording; ``page`` as seen from where the link is."""
    return f"{page}#{quote(video_id, safe='')}"


def _check(views: Sequence[RecordingView], num_classes: int) -> None:
    if not views:
        raise ValueError("the page needs at least one recording, but got none")
    for view in views:
        for name, labels in (("ground truth", view.gt_labels), ("predictions", view.pred_labels)):
            if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
                raise ValueError(
                    f"recording '{view.video_id}': labels of the {name} must be 0 to "
                    f"{num_classes - 1} for {num_classes} classes, but got "
                    f"{labels.min()} to {labels.max()}"
                )


def _columns(view: RecordingView, min_score: float) -> dict[str, Any]:
    """The columns that matching.js decodes: whole ms, scores in units, by falling score."""
    order = view.shown(min_score)
    # The small addend undoes binary rounding: 0.57 * 10,000 is 5699.999...
    units = np.floor(view.pred_scores[order] * SCORE_UNITS + 1e-6).astype(np.int64)
    return dict(
        id=view.video_id,
        d=round(view.duration * 1000),
        g=[*_times(view, view.gt_segments), view.gt_labels.tolist()],
        p=[
            *_times(view, view.pred_segments[order]),
            view.pred_labels[order].tolist(),
            units.tolist(),
        ],
    )


def _times(view: RecordingView, segments: np.ndarray) -> list[list[int]]:
    """Starts and lengths in ms; events keep one length."""
    ms = np.rint(segments * 1000).astype(np.int64)
    lengths = ms[:, 1] - ms[:, 0]
    if view.tolerance is not None:
        lengths[:] = round(2000 * view.tolerance)
    return [ms[:, 0].tolist(), lengths.tolist()]


def _note(total: int, left_out: int, min_score: float) -> str:
    if not total:
        return ""
    note = f"{total:,} predictions."
    if left_out:
        note = (
            f"{total - left_out:,} of {total:,} predictions: the {left_out:,} that score below "
            f"{min_score:g} are not in this page."
        )
    return f"{note} Times are rounded to milliseconds."
