"""Write the actions of one recording, or of each, as subtitles."""

from argparse import Namespace
from pathlib import Path

ARGUMENTS = {
    "results": dict(nargs="?", note="default: show the annotations alone"),
    "--ann": dict(required=True),
    "--out": dict(required=True, note=".vtt or .srt; of all recordings: a folder"),
    "--subset": "default: of the results' recordings",
    "--recording": "default: all",
    "--classes": "of the numbers in the results",
    "--class-agnostic": "",
    "--score-thr": "default: of best F1, where the results say it; else 0.3",
    "--format": dict(choices=["vtt", "srt"], default="vtt", note="in a folder"),
}


def run(args: Namespace) -> None:
    from mmtal.cli.recordings import check_out, choose, read_views
    from mmtal.results.result_files import score_threshold
    from mmtal.utils.file_names import file_stem
    from mmtal.utils.files import write_text
    from mmtal.utils.progress import progress
    from mmtal.utils.wording import counted
    from mmtal.visualization.subtitles import FORMATS, LEAST, count_short, subtitles

    out, form = Path(args.out), args.format
    is_file = out.suffix.lower() in [f".{name}" for name in FORMATS]
    check_out(args, [f".{name}" for name in FORMATS])
    views, classes, _ = read_views(args)
    if args.recording is not None:
        views = [choose(views, args.recording, args.ann, args.results)]
    if is_file:
        form = out.suffix.lower().removeprefix(".")
    score_thr = score_threshold(args.results, args.score_thr)
    for view in progress(views, len(views), text="writing subtitles"):
        path = out if is_file else out / f"{file_stem(view.video_id)}.{form}"
        write_text(path, subtitles(view, classes, file_format=form, score_thr=score_thr))
    text = f"subtitles of {counted(len(views), 'recording')}: {out}"
    if short := sum(count_short(view, score_thr=score_thr) for view in views):
        text += f"; {short} shorter than {LEAST / 1000:g} s are shown for that long"
    print(text)
