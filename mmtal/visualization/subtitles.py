"""Instances and predictions as subtitles, which any player shows beside the video."""

import html
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmtal.structures import RecordingView

FORMATS = ("vtt", "srt")
MOST_LINES = 6
"""Of a subtitle; what scores lowest is counted instead."""

LEAST = 500
"""Milliseconds that a subtitle lasts at least; less flickers or is not seen at all."""

Cue = tuple[int, int, list[str]]
"""Start and end in ms, lines of text."""


def subtitles(
    view: RecordingView, classes: Sequence[str], *, file_format: str, score_thr: float = 0.3
) -> str:
    """The subtitles of one recording, the text of a ``vtt`` (WebVTT, W3C) or ``srt`` (SubRip) file.

    Players differ in what they do with subtitles at the same time, hence there are none: at every
    start and end a new one begins, with a line for each instance and prediction of that moment.
    Instances come first, then predictions by falling score. A subtitle lasts at least half a
    second: what comes or goes sooner is in it, too. If there are predictions, lines begin with
    ``truth:`` or ``found:``.
    """
    if file_format not in FORMATS:
        raise ValueError(
            f"file_format must be one of {', '.join(FORMATS)}, but got '{file_format}'"
        )
    cues = cues_of(view, classes, score_thr=score_thr)
    blocks = ["WEBVTT"] if file_format == "vtt" else []
    mark = "." if file_format == "vtt" else ","
    for number, (start, end, lines) in enumerate(cues, start=1):
        times = f"{_timestamp(start, mark)} --> {_timestamp(end, mark)}"
        blocks.append("\n".join([str(number), times, *(_escape(x, file_format) for x in lines)]))
    return "".join(f"{block}\n\n" for block in blocks)


def cues_of(view: RecordingView, classes: Sequence[str], *, score_thr: float) -> list[Cue]:
    """What is to be read when; no two cues overlap, and moments without an instance have none."""
    found, truth = ("found: ", "truth: ") if len(view.pred_scores) else ("", "")
    shown = view.shown(score_thr)
    texts = [f"{truth}{classes[label]}" for label in view.gt_labels.tolist()]
    texts += [
        f"{found}{classes[label]} {score:.2f}"
        for label, score in zip(
            view.pred_labels[shown].tolist(), view.pred_scores[shown].tolist(), strict=True
        )
    ]
    spans, rows = _spans(view, shown)
    bounds = np.unique(spans)
    cues: list[Cue] = []
    last: list[int] = []
    time = 0
    while (spans[:, 1] > time).any():
        to_come = spans[spans[:, 1] > time, 0]
        time = max(time, int(to_come.min()))  # a gap has no cue
        after = int(bounds[np.searchsorted(bounds, time, side="right")])
        end = max(after, time + LEAST)
        now = rows[(spans[:, 0] < end) & (spans[:, 1] > time)].tolist()
        if now == last and cues[-1][1] == time:
            cues[-1] = (cues[-1][0], end, cues[-1][2])
        else:
            cues.append((time, end, _lines([texts[row] for row in now])))
        time, last = end, now
    return cues


def count_short(view: RecordingView, *, score_thr: float) -> int:
    """How many instances and predictions of less than :data:`LEAST` are shown for longer."""
    spans, _ = _spans(view, view.shown(score_thr))
    return int((spans[:, 1] - spans[:, 0] < LEAST).sum())


def _spans(
    view: RecordingView, shown: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Starts and ends in ms (N, 2) of what lies in the recording, and which row each one is."""
    segments = np.concatenate([view.gt_segments, view.pred_segments[shown]])
    segments = np.clip(segments, 0, view.duration)
    rows = np.flatnonzero(segments[:, 0] < segments[:, 1])
    spans = np.rint(segments[rows] * 1000).astype(np.int64)
    # What begins at the very end is shown before it.
    spans[:, 0] = np.minimum(spans[:, 0], max(round(view.duration * 1000) - LEAST, 0))
    spans[:, 1] = np.maximum(spans[:, 1], spans[:, 0] + 1)
    return spans, rows


def _lines(texts: list[str]) -> list[str]:
    if len(texts) <= MOST_LINES:
        return texts
    kept = texts[: MOST_LINES - 1]
    return [*kept, f"and {len(texts) - len(kept)} more"]


def _timestamp(ms: int, mark: str) -> str:
    """Milliseconds as a clock: 3723004 is ``01:02:03.004``."""
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{ms:03d}"


def _escape(line: str, file_format: str) -> str:
    """SubRip has no escapes, but players obey its tags: what begins one is replaced."""
    line = " ".join(line.split())
    if file_format == "vtt":
        return html.escape(line, quote=False)
    return line.translate(str.maketrans("<>{}", "[]()"))
