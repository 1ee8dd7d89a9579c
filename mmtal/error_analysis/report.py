"""Write the error analysis to disk: one page, one JSON file, figures."""

import html
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mmtal.error_analysis import figures, tables
from mmtal.error_analysis.analysis import ErrorAnalysis
from mmtal.error_analysis.findings import findings
from mmtal.error_analysis.oracles import ORACLES
from mmtal.error_analysis.output_folder import whole_folder
from mmtal.error_analysis.summary import summary
from mmtal.error_analysis.worst_recordings import RecordingErrors
from mmtal.evaluation.recording_hits import find_hits
from mmtal.structures import RecordingView
from mmtal.utils.file_names import file_stem
from mmtal.utils.files import write_json, write_text
from mmtal.utils.progress import progress
from mmtal.utils.wording import counted
from mmtal.visualization import draw_predictions, save_figure
from mmtal.visualization.html_page import html_figure, html_page, html_table

REPORT = "report.json"
STYLE = """
ul.findings { padding-left: 1.2rem; } ul.findings li { margin: .35rem 0; max-width: 85ch; }
ul.findings li:nth-child(2) { font-weight: 600; }
nav a { margin-right: 1rem; } .scroll { overflow-x: auto; }
td a { font-variant-numeric: tabular-nums; }
"""
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

    The folder appears whole or not at all, and takes the place of an earlier report.

    Args:
        analysis: What to tell.
        folder: Where; its parents are made.
        title: Of the page, plain text.

    Raises:
        ValueError: Something else than an earlier report lies there.
    """
    with whole_folder(folder, made_by=REPORT) as new:
        shown: dict[str, str] = {}
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
        body = _body(analysis, shown, pictures)
        write_text(new / "report.html", html_page(title, body, style=STYLE))


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
    lowest = float(view.pred_scores.min(initial=np.inf))
    return draw_predictions(
        view,
        analysis.classes,
        find_hits(view, tiou_thr=analysis.curve_tiou),
        score_thr=lowest if np.isfinite(lowest) else 0.0,
    )


def _body(analysis: ErrorAnalysis, shown: dict[str, str], pictures: list[str]) -> str:
    tiou = f"{analysis.curve_tiou:.2f}"
    sections = [
        _section("What would help most", "impact", _impact(analysis, shown["impact"])),
        _section("False positives", "false-positives", _false(analysis, shown["false_positives"])),
        _section("Missed instances", "missed", _missed(analysis, shown["false_negatives"])),
        _section("Which instances are hard", "hard", _hard(analysis, shown["sensitivity"])),
        _section("Confused classes", "confusion", _confused(analysis, shown["confusion"])),
        _section("Scores", "scores", _scores(tiou, shown["calibration"])),
        _section("Precision and recall of each class", "curves", _curves(tiou, shown)),
        _section("Worst recordings", "worst", _worst(analysis, pictures)),
    ]
    links = "".join(f'<a href="#{key}">{name}</a>' for name, key, _ in sections)
    items = "".join(f"<li>{html.escape(text)}</li>" for text in findings(analysis))
    stamp = analysis.stamp
    how = (
        f"Absent classes ignored; {counted(stamp['num_videos'], 'recording')}, list "
        f"{stamp['video_list_sha256'][:8]}; {counted(stamp['num_instances'], 'instance')} "
        f"({stamp['duplicates_dropped']} repeated ones dropped). Definitions follow DETAD "
        "(Alwassel et al., Diagnosing Error in Temporal Action Detectors, ECCV 2018). G is the "
        "number of instances of a class; mAP_N is mAP with the precision that each "
        "class would have if all had the mean number of instances."
    )
    return "".join(
        [
            f'<ul class="findings">{items}</ul>',
            _table(tables.score_table(analysis)),
            _note(how),
            f"<nav>{links}</nav>",
            *(f'<h2 id="{key}">{name}</h2>{content}' for name, key, content in sections),
        ]
    )


def _section(name: str, key: str, content: str) -> tuple[str, str, str]:
    return name, key, content


def _impact(analysis: ErrorAnalysis, figure: str) -> str:
    meaning = ". ".join(f"{name.capitalize()}: {text}" for name, text in ORACLES.items())
    note = (
        f"{meaning}. An overlap counts from a tIoU of 0.1; a changed detection that then finds its "
        "instance taken is left out. False positives are those among the 10 G best detections of "
        "each class. The gains overlap, so they do not add up."
    )
    return figure + _table(tables.oracle_table(analysis)) + _note(note)


def _false(analysis: ErrorAnalysis, figure: str) -> str:
    note = (
        "Each is judged by the instance that it overlaps most. At or above the tIoU threshold: "
        "double detection (right label, but the instance is taken) or wrong label. From 0.1 up to "
        "the threshold: localization (right label) or confusion (another). Below: background. "
        "Mean over the tIoU thresholds."
    )
    return figure + _table(tables.error_table(analysis)) + _note(note)


def _missed(analysis: ErrorAnalysis, figure: str) -> str:
    note = (
        "An instance is missed if nothing hits it while the normalized precision is above 5 %. "
        "Score too low: something hits it below that. Boundaries off: one of the 10 G best "
        "detections has its label and overlaps it by 0.1 or more. Other label: one of another "
        "class reaches the threshold. Not seen: none of these."
    )
    return figure + _table(tables.cause_table(analysis)) + _note(note)


def _hard(analysis: ErrorAnalysis, figure: str) -> str:
    sources = sorted(
        p.characteristic.name
        for p in analysis.sensitivity
        if p.characteristic.source == "annotation file"
    )
    note = (
        "Instances: in the recording, of any class. Coverage: length over duration. Context "
        "size: how many times the instance fits into the background beside it, up to 3 before and "
        "3 after"
        + (f"; from the annotation file: {', '.join(sources)}" if sources else "")
        + ". The last column: what mAP gains if the missed instances of the bucket "
        "were found. Pale bars: fewer than 10 instances."
    )
    return figure + _table(tables.characteristic_table(analysis)) + _note(note)


def _confused(analysis: ErrorAnalysis, figure: str) -> str:
    number = len(analysis.present)
    note = (
        "The G best detections of each class, as many as there are instances, at tIoU "
        f"{analysis.curve_tiou:.2f}; first within the class, then across. "
    )
    if number > figures.MAX_MATRIX:
        note += (
            f"Shown are the {figures.MAX_MATRIX} of {number} classes with the most confusions; "
            "report.json holds them all."
        )
    pairs = tables.confusion_table(analysis)
    text = _table(pairs) if pairs.rows else _note("No instance is taken for another class.")
    return f'<div class="scroll">{figure}</div>{text}{_note(note)}'


def _scores(tiou: str, figure: str) -> str:
    return figure + _note(
        f"Share of true positives at tIoU {tiou} among all detections with such a score; well "
        "calibrated scores follow the dashed line. The orange line is the score threshold with the "
        "best F1 over all classes."
    )


def _curves(tiou: str, shown: dict[str, str]) -> str:
    return shown["precision_recall"] + _note(
        f"Precision (upwards) over recall (to the right), each from 0 to 1, at tIoU {tiou}; the "
        "area is the AP. Where a curve ends early, the rest of the instances is not found at all."
    )


def _worst(analysis: ErrorAnalysis, pictures: list[str]) -> str:
    table = tables.worst_table(analysis)
    if not table.rows:
        return _note("No recording has an error.")
    cells = html_table(table.header, table.rows)
    for rank, item in enumerate(analysis.worst, start=1):
        name = html.escape(item.video_id)
        cells = cells.replace(
            f"<td>{name}</td>", f'<td><a href="#recording-{rank}">{name}</a></td>', 1
        )
    parts = "".join(
        f'<div id="recording-{rank}">{picture}</div>'
        for rank, picture in enumerate(pictures, start=1)
    )
    note = (
        "By misses and false detections together, counted among the G best detections of each "
        f"class at tIoU {analysis.curve_tiou:.2f}. The pictures are also files in recordings/."
    )
    return cells + _note(note) + parts


def _table(table: tables.Table) -> str:
    return f'<div class="scroll">{html_table(table.header, table.rows)}</div>'


def _note(text: str) -> str:
    return f'<p class="note">{html.escape(text)}</p>'
