"""Print what a run leaves behind and what to do with it next; draw what was found."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from mmengine.dist import master_only
from mmengine.runner import Runner

from mmtal.datasets.extraction import video_of
from mmtal.evaluation.recording_hits import find_hits
from mmtal.results.result_files import event_tolerance
from mmtal.structures import RecordingView
from mmtal.utils.file_names import file_stem
from mmtal.utils.files import write_text
from mmtal.utils.reading import read_json
from mmtal.visualization import draw_predictions, save_figure
from mmtal.visualization.thumbnails import thumbnails
from mmtal.visualization.viewer import viewer_page


@master_only
def print_training_summary(runner: Runner, config: str | Path) -> None:
    """Print the table of the last validation, where the checkpoints are, and what comes next."""
    for metric in runner.val_evaluator.metrics if runner.val_loop is not None else ():
        print(getattr(metric, "report", ""))
    hub = runner.message_hub
    best, last = (hub.get_info(f"{name}_ckpt") for name in ("best", "last"))
    _print_rows(
        {
            "best checkpoint": best and _short(best),
            "last checkpoint": last and _short(last),
            "log": _log_file(runner),
            "next": f"mmtal test {_quoted(config, best or last)}",
        }
    )


def print_run_summary(runner: Runner, results: Path, *, score_thr: float) -> None:
    """Draw the detections, and print where everything is and what comes next.

    The runner has tested, from a work dir with ``config.py``. The picture shows detections from
    ``score_thr`` on; on the page it can be changed.
    """
    dataset = runner.test_dataloader.dataset
    views, classes = views_of_results(dataset, read_json(results)["results"])
    tolerance = None
    if width := getattr(dataset, "point_width", None):
        tolerance = event_tolerance(results) or width / 2
        views = [view.as_events(tolerance) for view in views]
    picture = results.with_name(f"predictions_{file_stem(views[0].video_id)}.png")
    folders = getattr(dataset, "folders", ())
    found = {view.video_id: video_of(folders, view.video_id) for view in views}
    hits, shown = find_hits(views[0]), thumbnails(found[views[0].video_id])
    figure = draw_predictions(views[0], classes, hits, score_thr=score_thr, pictures=shown)
    save_figure(figure, picture)
    page = results.with_name("predictions.html")
    title = f"{results.parent.name}: {dataset.metainfo['subset']}"
    start = page.parent.resolve()
    media = {n: quote(os.path.relpath(v.resolve(), start)) for n, v in found.items() if v}
    write_text(page, viewer_page(views, classes, title=title, score_thr=score_thr, media=media))
    new = "VIDEO" if media else "FEATURES"
    work_dir, checkpoint = Path(runner.work_dir), str(runner._load_from)
    _print_rows(
        {
            "detections": _short(results),
            "picture": _short(picture),
            "page": _short(page),
            "checkpoint": _short(checkpoint),
            "best in validation": ", ".join(_short(path) for path in work_dir.glob("best_*.pth")),
            "log": _log_file(runner),
            "find actions": f"mmtal infer {_quoted(work_dir / 'config.py', checkpoint)} {new}",
            "see mistakes": f"mmtal explain {_quoted(results)} --ann {_quoted(dataset.ann_file)}"
            + " --class-agnostic" * (classes == ["any class"])
            + (f" --tolerance {tolerance:g}" if tolerance else ""),
        }
    )


def views_of_results(
    dataset: Any, results: Mapping[str, list[dict[str, Any]]]
) -> tuple[list[RecordingView], list[str]]:
    """Ground truth and detections of a data set's recordings, and the names of the classes.

    Where the results know no classes, neither does what is returned.
    """
    classes = list(dataset.metainfo["classes"])
    agnostic = any(d["label"] not in classes for found in results.values() for d in found)
    label_of = {name: label for label, name in enumerate(classes)}
    views = []
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        found = results.get(info["video_id"], [])
        labels = [0 if agnostic else label_of[d["label"]] for d in found]
        views.append(
            RecordingView(
                info["video_id"],
                info["duration"],
                info["segments"],
                info["labels"] * (not agnostic),
                np.array([d["segment"] for d in found], dtype=float).reshape(-1, 2),
                np.array([d["score"] for d in found], dtype=float),
                np.array(labels, dtype=int),
            )
        )
    return views, ["any class"] if agnostic else classes


def _log_file(runner: Runner) -> str:
    return _short(Path(runner.log_dir) / f"{runner.timestamp}.log")


def _short(path: str | Path) -> str:
    """Relative to the current folder where the path lies below it."""
    path = Path(path).absolute()
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _quoted(*paths: str | Path) -> str:
    return shlex.join(_short(path) if Path(path).exists() else str(path) for path in paths)


def _print_rows(rows: Mapping[str, str | None]) -> None:
    width = max(map(len, rows)) + 2
    print("\n".join(f"{name + ':':{width}}{text}" for name, text in rows.items() if text))
