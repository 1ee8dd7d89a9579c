"""Draw pictures from files, for ``mmtal show``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from mmengine.logging import print_log

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.engine.hooks.setup_check_hook import check_setup
from mmtal.engine.runner import load_config
from mmtal.evaluation.recording_hits import find_hits
from mmtal.inference.model_activity import model_activity
from mmtal.inference.models import init_model
from mmtal.inference.open_recording import find_name, open_recording
from mmtal.results.recording_views import read_recording_views
from mmtal.results.result_files import read_recordings, score_threshold
from mmtal.structures import RecordingView, without_classes
from mmtal.utils.progress import progress
from mmtal.utils.wording import counted
from mmtal.visualization.activity import draw_activity
from mmtal.visualization.curves import draw_curves
from mmtal.visualization.features import draw_features
from mmtal.visualization.layout import FORMATS, check_format, picture_name, save_figure
from mmtal.visualization.overview import draw_overview
from mmtal.visualization.timeline import draw_annotations, draw_predictions
from mmtal.visualization.training_log import read_training_log


def overview(ann_file: str | Path, out: str | Path) -> Path:
    """Draw a whole data set: its recordings and classes.

    Args:
        ann_file: Annotation JSON.
        out: The picture.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not in its format.
    """
    check_format(out)
    subsets: dict[str, list[RecordingView]] = {}
    classes: list[str] = []
    for subset in subsets_of(ann_file, None):
        subsets[subset], classes = read_recording_views(ann_file, subset)
    return save_figure(draw_overview(subsets, classes, title=Path(ann_file).name), out)


def timelines(
    ann_file: str | Path,
    out: str | Path,
    *,
    subset: str | None = None,
    recording: str | None = None,
) -> list[Path]:
    """Draw the instances of one recording, or of every one.

    Args:
        ann_file: Annotation JSON.
        out: The picture; without ``recording`` the folder for the pictures.
        subset: Of the annotations; None: all.
        recording: Its name; None: all.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: A file is not in its format, or has no such recording.
    """
    _check_out(out, recording)
    views, classes = read_recording_views(ann_file, subsets_of(ann_file, subset))
    return _draw_each(views, lambda v: draw_annotations(v, classes), out, recording, str(ann_file))


def predictions(
    results_file: str | Path,
    ann_file: str | Path,
    out: str | Path,
    *,
    subset: str | None = None,
    recording: str | None = None,
    score_thr: float | None = None,
    tiou_thr: float = 0.5,
) -> list[Path]:
    """Draw predictions against ground truth; see :func:`timelines`.

    Without ``recording``, all recordings of the subset that the results hold are drawn.

    Args:
        results_file: ActivityNet results JSON.
        ann_file: Annotation JSON.
        out: As for :func:`timelines`.
        subset: Of the annotations; None: all.
        recording: Its name; None: all.
        score_thr: Predictions that score lower are not drawn; None: where the results say that F1
            is best, else 0.3.
        tiou_thr: tIoU of a true positive.
    """
    _check_out(out, recording)
    subsets = subsets_of(ann_file, subset)
    views, classes = read_recording_views(ann_file, subsets, results_file)
    predicted = set(read_recordings(results_file))
    if recording is not None:
        find_name(recording, [view.video_id for view in views], str(ann_file))
        find_name(recording, predicted, str(results_file))
    views = [view for view in views if view.video_id in predicted]
    if not views:
        raise ValueError(
            f"{results_file} holds no recording of {ann_file}, subset {' + '.join(subsets)} (it "
            f"holds {len(predicted)}, such as '{min(predicted, default='')}'): choose --subset"
        )

    score_thr = score_threshold(results_file, score_thr)

    def draw(view: RecordingView) -> Figure:
        hits = find_hits(view, tiou_thr=tiou_thr)
        return draw_predictions(view, classes, hits, score_thr=score_thr)

    return _draw_each(views, draw, out, recording, str(results_file))


def features(
    config_file: str | Path,
    recording: str,
    out: str | Path,
    *,
    options: Mapping[str, Any] | None = None,
) -> Path:
    """Draw the features of a recording as the config's model gets them when it is tested.

    Args:
        config_file: A config.
        recording: Its name, in any subset.
        out: The picture.
        options: Values of the config to override, by dotted name.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: The config or its data are wrong, or there is no such recording.
    """
    check_format(out)
    opened = open_recording(load_config(config_file, options=options), recording)
    figure = draw_features(opened.features.numpy(), opened.sample.grid, opened.view, opened.classes)
    return save_figure(figure, out)


def curves(paths: Sequence[str | Path], out: str | Path) -> Path:
    """Draw how trainings went, side by side.

    Args:
        paths: Work dirs or log files.
        out: The picture.

    Raises:
        FileNotFoundError: There is no log.
        ValueError: A log is not in the format, or holds nothing.
    """
    check_format(out)
    return save_figure(draw_curves([read_training_log(path) for path in paths]), out)


def activity(
    config_file: str | Path,
    checkpoint: str | Path,
    recording: str,
    out: str | Path,
    *,
    score_thr: float = 0.3,
    queries: Sequence[float] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Path:
    """Draw what the levels and the attention of a model do on a recording.

    Args:
        config_file: A config.
        checkpoint: Weights of its model.
        recording: Its name, in any subset.
        out: The picture.
        score_thr: Predictions that score lower are not drawn.
        queries: Seconds whose attention is drawn; None: the middles of the best predictions.
        options: Values of the config to override, by dotted name.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: Config, data, checkpoint or recording do not fit together.
    """
    check_format(out)
    config = load_config(config_file, options=options)
    model: Any = init_model(config, checkpoint, "cpu")
    opened = open_recording(config, recording, statistics=model.feature_statistics)
    check_setup(model, opened.dataset)
    found = model_activity(model, opened, queries=queries)
    view, classes = without_classes(found.view, opened.classes, model)
    figure = draw_activity(
        replace(found, view=view), opened.sample.grid, classes, score_thr=score_thr
    )
    return save_figure(figure, out)


def _draw_each(
    views: Sequence[RecordingView],
    draw: Callable[[RecordingView], Figure],
    out: str | Path,
    recording: str | None,
    source: str,
) -> list[Path]:
    out = Path(out)
    if recording is not None:
        chosen = find_name(recording, [view.video_id for view in views], source)
        return [save_figure(draw(views[chosen]), out)]
    paths = []
    for view in progress(views, len(views), text="drawing"):
        paths.append(save_figure(draw(view), out / f"{picture_name(view.video_id)}.png"))
    print_log(f"{counted(len(paths), 'picture')} in {out}", "current")
    return paths


def _check_out(out: str | Path, recording: str | None) -> None:
    if recording is not None:
        check_format(out)
    elif Path(out).suffix.lower() in FORMATS:
        raise ValueError(
            f"without --recording, all are drawn, so that --out must be a folder, but got '{out}'"
        )


def subsets_of(ann_file: str | Path, subset: str | None) -> list[str]:
    """The names of the subsets that are meant; None: all, in the order of the file."""
    if subset is not None:
        return [subset]
    entries = AnnotationFile(ann_file).database.values()
    return list({entry["subset"].lower(): entry["subset"] for entry in entries}.values())
