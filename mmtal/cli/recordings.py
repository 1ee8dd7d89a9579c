"""Choose recordings of annotation and results files for ``mmtal show``, and where to draw them."""

import mimetypes
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.inference.open_recording import find_name
from mmtal.results.result_files import read_recording_views, read_recordings
from mmtal.structures import RecordingView
from mmtal.utils.file_names import file_stem
from mmtal.utils.progress import progress
from mmtal.utils.wording import counted
from mmtal.visualization.layout import FORMATS, check_format, save_figure


def subsets_of(ann_file: str) -> list[str]:
    """The names of all subsets, in the order of the file."""
    entries = AnnotationFile(ann_file).database.values()
    return list({entry["subset"].lower(): entry["subset"] for entry in entries}.values())


def read_views(args: Namespace) -> tuple[list[RecordingView], list[str], list[str]]:
    """Recordings of ``--ann``: of the subset or, without one, of the results, else all.

    Also returned are the classes by label, and the names of the recordings in the results.
    ValueError: a file is not in its format, or the files have no recording in common.
    """
    given = {"results": None, "subset": None, "classes": None, "tolerance": None, **vars(args)}
    ann_file, results_file, subset = (given[key] for key in ("ann", "results", "subset"))
    subsets = [subset] if subset else subsets_of(ann_file)
    agnostic = given.get("class_agnostic", False)
    views, classes = read_recording_views(
        ann_file, subsets, results_file, given["classes"], class_agnostic=agnostic,
        tolerance=given["tolerance"],
    )  # fmt: skip
    if given.get("frames") and views and views[0].tolerance is not None:
        raise ValueError(f"{ann_file}: events without duration have no frames; leave out --frames")
    if results_file is None:
        return views, classes, []
    predicted = list(read_recordings(results_file))
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
    return views, classes, predicted


def choose(views: Sequence[RecordingView], recording: str, *files: str | None) -> RecordingView:
    """The view of a recording; an error names the files that it was looked for in."""
    source = " and ".join(file for file in files if file)
    return views[find_name(recording, [view.video_id for view in views], source)]


def check_out(args: Namespace, endings: Sequence[str] = FORMATS) -> None:
    """Refuse a file for all recordings, and for one a file that is no picture."""
    if args.recording is None and Path(args.out).suffix.lower() in endings:
        raise ValueError(
            "without --recording, all are written, so that --out must be a folder, but got "
            f"'{args.out}'"
        )
    if args.recording is not None and endings is FORMATS:
        check_format(args.out)


def draw_each(
    args: Namespace, views: list[RecordingView], draw: Callable[[RecordingView], Figure]
) -> None:
    """Draw ``--recording`` into the file ``--out``, or each recording into that folder."""
    if args.recording is not None:
        view = choose(views, args.recording, args.ann, getattr(args, "results", None))
        save_figure(draw(view), args.out)
        return
    for view in progress(views, len(views), text="drawing"):
        save_figure(draw(view), Path(args.out) / f"{file_stem(view.video_id)}.png")
    print(f"{counted(len(views), 'picture')} in {args.out}")


def find_media(media: Path, names: Sequence[str]) -> dict[str, Path]:
    """The video or audio file of each recording that has one.

    Raises:
        ValueError: No recording has one.
    """
    if not media.exists():
        raise FileNotFoundError(f"--media must be a file or a folder, but there is no {media}")
    root = media if media.is_dir() else media.parent
    playable = {
        file.relative_to(root).with_suffix("").as_posix(): file
        for file in (sorted(media.rglob("*")) if media.is_dir() else [media])
        if (mimetypes.guess_type(file)[0] or "").startswith(("video/", "audio/"))
    }
    if len(names) == 1 and not media.is_dir():  # whatever its name
        playable = dict(zip(names, playable.values(), strict=False))
    found = {
        name: playable[stem]
        for name in names
        for stem in (file_stem(name), name)  # the latter wins
        if stem in playable
    }
    if not found:
        raise ValueError(
            "--media must be video or audio files named after recordings, such as "
            f"'{names[0]}.mp4', but got {media}"
        )
    return found
