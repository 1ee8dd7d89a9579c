"""Write pages, subtitles and videos from files, for ``mmtal show``."""

import logging
import mimetypes
import os
from pathlib import Path
from urllib.parse import quote

from mmengine.logging import print_log

from mmtal.cli.pictures import subsets_of
from mmtal.evaluation.recording_hits import find_hits
from mmtal.inference.open_recording import find_name
from mmtal.results.recording_views import read_recording_views
from mmtal.results.result_files import read_recordings, score_threshold
from mmtal.structures import RecordingView
from mmtal.utils.files import write_text
from mmtal.utils.progress import progress
from mmtal.utils.wording import counted
from mmtal.visualization.layout import picture_name
from mmtal.visualization.subtitles import FORMATS, LEAST, count_short, subtitles
from mmtal.visualization.video import burn_timeline
from mmtal.visualization.viewer import viewer_page


def page(
    ann_file: str | Path,
    out: str | Path,
    *,
    results_file: str | Path | None = None,
    subset: str | None = None,
    score_thr: float | None = None,
    min_score: float = 0.01,
    media: str | Path | None = None,
) -> Path:
    """Write the interactive page of many recordings.

    Args:
        ann_file: Annotation JSON.
        out: The .html file.
        results_file: ActivityNet results JSON; None: a page of the annotations.
        subset: Of the annotations; None: the recordings of the results, else all.
        score_thr: Where the page's score threshold starts; None: where the results say that F1 is
            best, else 0.3.
        min_score: Predictions that score lower are not in the page.
        media: A video or audio file, or a folder of them, named after the recordings; the page
            plays them from where they are.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: A file is not in its format, or the files have no recording in common, or no
            file of ``media`` is named after one.
    """
    out = Path(out)
    if out.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"the page's name must end in .html, but got '{out}'")
    views, classes, others = _read(ann_file, results_file, subset)
    note = _about_others(others)
    if results_file is not None and not any(len(view.pred_scores) for view in views):
        note += " The results hold no prediction of these recordings, hence only annotations show."
    names = [Path(ann_file).stem, *([subset] if subset else [])]
    title = ", ".join([*([Path(results_file).stem] if results_file else []), *names])
    text = viewer_page(
        views,
        classes,
        title=title,
        score_thr=score_threshold(results_file, score_thr),
        min_score=min_score,
        note=note,
        media={} if media is None else _media(Path(media), views, out),
    )
    write_text(out, text)
    print_log(f"{counted(len(views), 'recording')} in {out} ({len(text) / 1e6:.1f} MB)", "current")
    return out


def subtitle_files(
    ann_file: str | Path,
    out: str | Path,
    *,
    results_file: str | Path | None = None,
    subset: str | None = None,
    recording: str | None = None,
    score_thr: float | None = None,
    file_format: str = "vtt",
) -> list[Path]:
    """Write the subtitles of one recording, or of every one.

    Args:
        ann_file: Annotation JSON.
        out: A .vtt or .srt file for one recording; else a folder, whose files are named after
            the recordings.
        results_file: ActivityNet results JSON; None: instances only.
        subset: Of the annotations; None: the recordings of the results, else all.
        recording: Its name; None: all.
        score_thr: Predictions that score lower are left out; None: as for :func:`page`.
        file_format: Of the files in a folder, ``vtt`` or ``srt``.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: A file is not in its format, or there is no such recording.
    """
    out = Path(out)
    ending = out.suffix.lower().removeprefix(".")
    if ending in FORMATS and recording is None:
        raise ValueError(f"without --recording, --out must be a folder, but got '{out}'")
    views, classes, _ = _read(ann_file, results_file, subset)
    if recording is not None:
        views = [_choose(views, recording, ann_file, results_file)]
    paths = {view.video_id: out / f"{picture_name(view.video_id)}.{file_format}" for view in views}
    if ending in FORMATS:
        file_format, paths = ending, {views[0].video_id: out}
    score_thr = score_threshold(results_file, score_thr)
    for view in progress(views, len(views), text="writing subtitles"):
        text = subtitles(view, classes, file_format=file_format, score_thr=score_thr)
        write_text(paths[view.video_id], text)
    text = f"subtitles of {counted(len(views), 'recording')}: {out}"
    if short := sum(count_short(view, score_thr=score_thr) for view in views):
        text += f"; {short} shorter than {LEAST / 1000:g} s are shown for that long"
    print_log(text, "current")
    return list(paths.values())


def burn(
    video_file: str | Path,
    ann_file: str | Path,
    out: str | Path,
    *,
    results_file: str | Path | None = None,
    recording: str | None = None,
    score_thr: float | None = None,
) -> Path:
    """Write a video with its timeline below; see :func:`burn_timeline`.

    Args:
        video_file: The video.
        ann_file: Annotation JSON.
        out: The .mp4 file.
        results_file: ActivityNet results JSON; None: instances only.
        recording: Its name; None: as the video's file.
        score_thr: Predictions that score lower are not drawn; None: as for :func:`page`.

    Raises:
        FileNotFoundError: A file does not exist.
        ImportError: PyAV is missing.
        ValueError: A file cannot be read, or there is no such recording.
    """
    views, classes, _ = _read(ann_file, results_file, None)
    view = _choose(views, recording or Path(video_file).stem, ann_file, results_file)

    def warn(text: str) -> None:
        print_log(text, "current", logging.WARNING)

    score_thr = score_threshold(results_file, score_thr)
    number = burn_timeline(
        video_file, out, view, classes, find_hits(view), score_thr=score_thr, warn=warn
    )
    print_log(f"{number} pictures in {out}", "current")
    return Path(out)


def _read(
    ann_file: str | Path, results_file: str | Path | None, subset: str | None
) -> tuple[list[RecordingView], list[str], list[str]]:
    """Recordings, classes, and the recordings of the results that are not among them."""
    subsets = subsets_of(ann_file, subset)
    views, classes = read_recording_views(ann_file, subsets, results_file)
    if results_file is None:
        return views, classes, []
    predicted = read_recordings(results_file)
    names = {view.video_id for view in views}
    common = names.intersection(predicted)
    if not common:
        raise ValueError(
            f"{results_file} is about other recordings than {ann_file}, subset "
            f"{' + '.join(subsets)}: for instance '{min(predicted, default='none')}' and "
            f"'{min(names, default='none')}'. Choose --subset and --ann to fit the results"
        )
    if subset is None:  # the results tell which recordings were meant
        views = [view for view in views if view.video_id in common]
    return views, classes, [name for name in predicted if name not in common]


def _media(media: Path, views: list[RecordingView], out: Path) -> dict[str, str]:
    """Address of the file of each recording that has one, as seen from the page."""
    if not media.exists():
        raise FileNotFoundError(f"--media must be a file or a folder, but there is no {media}")
    files = sorted(media.iterdir()) if media.is_dir() else [media]
    playable = {
        file.stem: quote(Path(os.path.relpath(file, out.parent)).as_posix())
        for file in files
        if (mimetypes.guess_type(file)[0] or "").startswith(("video/", "audio/"))
    }
    names = {view.video_id: picture_name(view.video_id) for view in views}
    if len(names) == 1 and not media.is_dir():  # whatever its name
        names = dict.fromkeys(names, media.stem)
    found = {name: playable[stem] for name, stem in names.items() if stem in playable}
    if not found:
        raise ValueError(
            f"--media must be video or audio files named after recordings, such as "
            f"'{next(iter(names.values()))}.mp4', but got {media}"
        )
    return found


def _choose(
    views: list[RecordingView],
    recording: str,
    ann_file: str | Path,
    results_file: str | Path | None,
) -> RecordingView:
    source = str(ann_file) if results_file is None else f"{ann_file} and {results_file}"
    return views[find_name(recording, [view.video_id for view in views], source)]


def _about_others(others: list[str]) -> str:
    if not others:
        return ""
    return (
        f"Left out: {counted(len(others), 'recording')} of the results, such as '{others[0]}', "
        "that these annotations lack."
    )
