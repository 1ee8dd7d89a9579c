"""Write the error analysis to disk: one page, one JSON file, figures."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mmtal.error_analysis import figures, tables
from mmtal.error_analysis.analysis import ErrorAnalysis
from mmtal.error_analysis.errors import CAUSES, ERROR_TYPES, OUTCOMES
from mmtal.error_analysis.findings import findings
from mmtal.error_analysis.one_threshold import RecordingErrors
from mmtal.error_analysis.oracles import ORACLES
from mmtal.evaluation.recording_hits import find_hits
from mmtal.evaluation.report import covered
from mmtal.structures import RecordingView
from mmtal.utils.file_names import file_stem
from mmtal.utils.files import plain, write_json, write_text
from mmtal.utils.progress import progress
from mmtal.utils.wording import counted
from mmtal.visualization import draw_predictions, save_figure
from mmtal.visualization.html_page import html_figure, html_page

REPORT = "report.json"
FIGURES: dict[str, Callable[[ErrorAnalysis], Figure]] = {
    "impact": figures.impact_figure,
    "false_positives": figures.false_positive_figure,
    "sensitivity": figures.sensitivity_figure,
    "false_negatives": figures.false_negative_figure,
    "confusion": figures.confusion_figure,
    "calibration": figures.calibration_figure,
    "precision_recall": figures.curve_figure,
}


def write_report(analysis: ErrorAnalysis, folder: str | Path, *, title: str) -> None:
    """Write ``report.html``, ``report.json``, ``figures/`` and ``recordings/`` of a folder.

    The folder appears whole or not at all, and takes the place of an earlier report; ValueError if
    something else lies there. ``title`` is plain text.
    """
    with whole_folder(folder) as new:
        shown = {}
        for name, draw in progress(FIGURES.items(), len(FIGURES), text="drawing figures"):
            figure = draw(analysis)
            save_figure(figure, new / "figures" / f"{name}.png")
            figure.set_layout_engine("none")  # it is laid out by now
            shown[name] = html_figure(figure)
        pictures = []
        for rank, item in progress(
            list(enumerate(analysis.worst, start=1)), len(analysis.worst), text="drawing recordings"
        ):
            figure = draw_recording(analysis, item)
            save_figure(figure, new / "recordings" / f"{rank:02d}_{file_stem(item.video_id)}.png")
            pictures.append(html_figure(figure))
        write_json(new / REPORT, summary(analysis), indent=1)
        page = html_page(
            title,
            Path(__file__).parent / "assets" / "report.html",
            analysis=analysis,
            findings=findings(analysis),
            tables=tables,
            figures=shown,
            pictures=pictures,
            oracles=ORACLES,
            annotated=sorted(
                part.characteristic.name
                for part in analysis.sensitivity
                if part.characteristic.source == "annotation file"
            ),
            max_matrix=figures.MAX_MATRIX,
            counted=counted,
            covered=covered,
        )
        write_text(new / "report.html", page)


def draw_recording(analysis: ErrorAnalysis, item: RecordingErrors) -> Figure:
    """Its instances and its detections among the G best of each class."""
    truth, found = analysis.matches.truth, analysis.matches.detections
    rows = np.flatnonzero(truth.video == item.video)
    ends = [*truth.segments[rows, 1], *found.segments[item.shown, 1]]
    view = RecordingView(
        video_id=item.video_id,
        duration=float(analysis.durations[item.video] or max(ends)),
        gt_segments=truth.segments[rows],
        gt_labels=truth.labels[rows],
        pred_segments=found.segments[item.shown],
        pred_scores=found.scores[item.shown],
        pred_labels=found.labels[item.shown],
    )
    hits = find_hits(view, tiou_thr=analysis.curve_tiou)
    if analysis.tolerances is not None:
        view = view.as_events(analysis.tolerances[analysis.curve_threshold])
    lowest = float(view.pred_scores.min(initial=np.inf))
    return draw_predictions(
        view,
        analysis.classes,
        hits,
        score_thr=lowest if np.isfinite(lowest) else 0.0,
    )


def check_output_folder(path: str | Path) -> None:
    """Refuse (ValueError), before the work, a folder that is neither empty nor a report."""
    path = Path(path)
    if path.is_dir() and ((path / REPORT).is_file() or not any(path.iterdir())):
        return
    if path.exists():
        what = "a folder with other files" if path.is_dir() else "a file"
        raise ValueError(f"{path} is {what}: name a new folder, or remove it")


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """A temporary folder to fill; it takes the place of ``path`` when the block ends well."""
    path = Path(path)
    check_output_folder(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        new, old = temporary / "new", temporary / "old"
        new.mkdir()
        yield new
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def summary(analysis: ErrorAnalysis) -> dict[str, Any]:
    """Everything but the curves' single points; unknown figures are None."""
    false, missed, scores = (
        analysis.false_positives,
        analysis.false_negatives,
        analysis.calibration,
    )
    names = analysis.present
    return plain(
        dict(
            definitions="DETAD (Alwassel et al., ECCV 2018); see docs/analyze_errors.md",
            findings=findings(analysis),
            evaluation=analysis.stamp,
            average_mAP=analysis.scores[0],
            average_mAP_N=analysis.scores[1],
            mAP_N=analysis.map_n,
            detections=len(analysis.matches.rows),
            detections_ignored=analysis.ignored,
            oracles={o.name: dict(_pair(o.scores), gain=_pair(o.gain)) for o in analysis.oracles},
            false_positives=dict(
                outcomes=OUTCOMES,
                profile_of_each_G=false.profile,
                counts_of_each_tiou_and_G=false.counts,
                top_10G=_pair(false.base),
                gain={n: _pair(g) for n, g in zip(ERROR_TYPES, false.gain, strict=True)},
            ),
            false_negatives=dict(
                rate=missed.rate,
                instances=dict(zip(CAUSES, missed.counts, strict=True)),
                gain={
                    n: _pair(g) for n, g in zip((*CAUSES, "all missed"), missed.gain, strict=True)
                },
            ),
            characteristics={
                part.characteristic.name: dict(
                    source=part.characteristic.source,
                    unknown=part.characteristic.unknown,
                    edges=part.characteristic.edges,
                    buckets={
                        name: dict(
                            limits=part.characteristic.limits(bucket),
                            instances=part.characteristic.counts[bucket],
                            average_mAP_N=part.map_n[bucket],
                            missed=part.missed[bucket],
                            gain_if_found=_pair(part.gain[bucket]),
                        )
                        for bucket, name in enumerate(part.characteristic.buckets)
                    },
                )
                for part in analysis.sensitivity
            },
            characteristics_not_known=analysis.unknown,
            tolerances=analysis.tolerances,
            tiou=analysis.curve_tiou,
            confusion=dict(
                rows=[*names, "(background)"],
                columns=[*names, "(missed)"],
                matrix=analysis.confusion,
            ),
            calibration=dict(
                edges=scores.edges,
                counts=scores.counts,
                score=scores.score,
                precision=scores.precision,
                expected_calibration_error=scores.ece,
                best_score_threshold=scores.best_score,
                best_f1_precision_recall=scores.best_f1,
            ),
            ap={analysis.classes[c.label]: c.ap for c in analysis.curves},
            worst_recordings=[
                dict(recording=item.video_id)
                | {name: getattr(item, name) for name in ("instances", "missed", "false", "f1")}
                for item in analysis.worst
            ],
        )
    )


def _pair(values: np.ndarray) -> dict[str, float]:
    return dict(mAP=float(values[0]), average_mAP_N=float(values[1]))
