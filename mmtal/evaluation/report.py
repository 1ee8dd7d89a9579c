"""Format the result of :meth:`EvaluationProtocol.evaluate` as tables."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.evaluation.thresholds import LINSPACE, threshold_name, tiou_grid
from mmtal.results.result_files import video_list_sha256
from mmtal.utils.wording import counted, text_table

Stamp = Mapping[str, Any]
WIDTH = 96  # of text
TELLING = 1e-4
"""From which difference on, 0.01 points, the order of equal scores is worth a notice."""


def format_table(stamp: Stamp, *, per_class: bool = False) -> str:
    """The figures of one protocol in percent, under what they rest on."""
    if not _rows(stamp):  # proposals
        values = stamp["metrics"].items()
        return f"{_title(stamp)}\n{text_table([['', ''], *([k, _percent(v)] for k, v in values)])}"
    header = ["", *(suffix[1:] for suffix in _suffixes(stamp)), "average"]
    rows = [[name, *cells] for name, cells in _rows(stamp).items()]
    if per_class:
        rows += [
            [name, *map(_percent, values), _percent(sum(values) / len(values))]
            for name, values in stamp["ap_per_class"].items()
        ]
    table = text_table([header, *rows])
    # A title wider than the table would be left out.
    return f"{_title(stamp)}\n{table}"


def format_remarks(stamp: Stamp, *, number: int = 3) -> str:
    """Below the table: the best and worst ``number`` of classes, and the threshold of best F1.

    ``stamp["operating_point"]`` is a dict as of
    :class:`~mmtal.evaluation.operating_point.OperatingPoint`, or None.
    """
    means = {name: sum(values) / len(values) for name, values in stamp["ap_per_class"].items()}
    ranked = sorted(means, key=means.__getitem__, reverse=True)
    number = min(number, len(ranked) // 2)
    lines = [
        f"{title}: " + ", ".join(f"{name} {_percent(means[name])}" for name in names)
        for title, names in (
            ("best classes", ranked[:number]),
            ("worst classes", ranked[::-1][:number]),
        )
        if number
    ]
    point = stamp["operating_point"]
    if point is not None:
        rule = f"tIoU {point['tiou']:g}" if point["tiou"] else f"tolerance {point['tolerance']}"
        lines.append(
            f"best F1: {_percent(point['f1'])} from score {point['score_thr']:g} on (precision "
            f"{_percent(point['precision'])}, recall {_percent(point['recall'])}, {rule})"
        )
    return "\n".join(lines)


def format_comparison(stamps: Sequence[Stamp]) -> str:
    """The same detections under several protocols, with the differences to the first."""
    shown = dict.fromkeys(name for stamp in stamps for name in stamp["metrics"])
    names = [stamp["protocol"].rpartition("/") for stamp in stamps]
    benchmarks = {benchmark for benchmark, _, _ in names}
    header = ["", *("".join(parts) for parts in names)]
    if len(benchmarks) == 1:
        header = [*benchmarks, *(variant for _, _, variant in names)]
    facts = (
        ("recordings", lambda s: covered(s).removesuffix("s").removesuffix(" recording")),
        ("list", lambda s: s["video_list_sha256"][:8]),
        ("instances", lambda s: f"{s['num_instances']:,}"),
        ("repeated ones", lambda s: f"{s['duplicates_dropped']:,} dropped"),
        ("detections", lambda s: f"{s['num_detections']:,}"),
        ("absent classes", lambda s: s["label_handling"]),
        ("decimals", lambda s: "{} / {}".format(*s["decimals"]) if s["decimals"] else "all"),
    )
    rows = [[name, *(cell(stamp) for stamp in stamps)] for name, cell in facts]
    for name in shown:
        values = [stamp["metrics"].get(name) for stamp in stamps]
        cells = [_percent(values[0]) if name in stamps[0]["metrics"] else "-"]
        for stamp, value in zip(stamps[1:], values[1:], strict=True):
            cells.append(_with_difference(value, values[0]) if name in stamp["metrics"] else "-")
        rows.append([f"{name} (%)", *cells])
    return text_table([header, *rows])


def format_protocols(protocols: Sequence[EvaluationProtocol]) -> str:
    """Names and descriptions, and in short what the figures rest on."""
    lines = []
    for protocol in protocols:
        ids = protocol.video_ids
        listed = "all recordings of the annotation file"
        if ids is not None:
            listed = f"{counted(len(ids), 'recording')}, list {video_list_sha256(ids)[:8]}"
        text = "\n".join(textwrap.wrap(protocol.description, WIDTH))
        text += f"\n{listed}; {_thresholds(protocol)}"
        lines += [protocol.name, textwrap.indent(text, "    ")]
    return "\n".join(lines)


def _thresholds(protocol: EvaluationProtocol) -> str:
    """As they are written; with all digits where these are a function's, not the decimals."""
    if protocol.points is not None:
        shown = ", ".join(f"{tolerance:g}" for tolerance in protocol.points.tolerances)
        return f"tolerances {shown} {protocol.points.unit}"
    written = protocol.tiou_thresholds
    if isinstance(written, str) and LINSPACE.fullmatch(written) is None:
        return f"tIoU {written}"
    return f"tIoU {written}: " + ", ".join(map(str, tiou_grid(written).tolist()))


def notices(protocol: EvaluationProtocol, stamp: Stamp) -> list[str]:
    """What the reader of the figures must know besides."""
    found = []
    if not stamp["num_detections"]:
        found.append("there are no detections")
    if stamp["unlisted_videos"]:
        found.append(
            f"detections in {counted(len(stamp['unlisted_videos']), 'recording')} that the ground "
            f"truth does not list, such as '{stamp['unlisted_videos'][0]}', are "
            + ("left out" if protocol.frames else "false positives")
        )
    if stamp.get("beyond_classes"):
        found.append(
            f"{counted(stamp['beyond_classes'], 'detection')} of classes that the annotations lack"
        )
    ties = stamp.get("tie_range")
    if ties and ties["extremes"][1] - ties["extremes"][0] > TELLING:
        ranges = {name: " to ".join(map(_percent, values)) for name, values in ties.items()}
        found.append(
            f"equal scores: mAP is {ranges['random']} in random orders of theirs, "
            f"{ranges['extremes']} at the extremes. Here they are ordered by recording and row; "
            "published evaluators leave it to an unstable sort"
        )
    if protocol.published_videos not in (None, stamp["num_videos"]):
        found.append(
            f"the benchmark has {counted(protocol.published_videos, 'recording')}, the annotation "
            f"file {stamp['num_videos']:,}: figures compare only on the same list"
        )
    return found


def _rows(stamp: Stamp) -> dict[str, list[str]]:
    """Figures by name without threshold; each has a cell per threshold and one for the average."""
    metrics = stamp["metrics"]
    suffixes = _suffixes(stamp)
    rows = {}
    for name in dict.fromkeys(name.removesuffix(suffixes[0]) for name in metrics):
        values = [metrics.get(name + suffix) for suffix in suffixes]
        if name + suffixes[0] not in metrics:
            continue  # it is one at another threshold
        known = [value for value in values if value is not None]
        average = metrics.get(name, sum(known) / len(known) if known else None)
        title = name.replace("recall", "Recall")
        rows[title] = [_percent(value) for value in (*values, average)]
    return rows


def _suffixes(stamp: Stamp) -> list[str]:
    """What the names of figures at one threshold or tolerance end with."""
    if points := stamp.get("points"):
        return [f"@{tolerance:g} {points['unit']}" for tolerance in points["tolerances"]]
    return [f"@{threshold_name(t)}" for t in stamp["tiou_thresholds"]]


def _title(stamp: Stamp) -> str:
    listed = covered(stamp)
    if stamp["missing_videos"]:
        listed += f" (of {stamp['num_videos'] + stamp['missing_videos']:,})"
    rule, frames = f"absent classes {stamp['label_handling']}", stamp.get("frames")
    if points := stamp.get("points"):
        rule = f"points, tolerances in {points['unit']}"
    elif frames:
        rule = f"{frames['frames_per_second']:g} frames/s"
        if frames["score_thr"] is not None:
            rule += f", scores from {frames['score_thr']:g} on"
    title = (
        f"% | protocol {stamp['protocol']}, {rule} | {listed}, "
        f"list {stamp['video_list_sha256'][:8]} | {counted(stamp['num_instances'], 'instance')}"
    )
    return title


def covered(stamp: Stamp) -> str:
    """``211 of 212 recordings``: those that the results have, of those that count."""
    listed = counted(stamp["num_videos"], "recording")
    absent = stamp.get("absent_videos", 0)
    return f"{stamp['num_videos'] - absent:,} of {listed}" if absent else listed


def _with_difference(value: float | None, first: float | None) -> str:
    if value is None or first is None:
        return _percent(value)
    return f"{_percent(value)} ({100 * (value - first):+.2f})"


def _percent(value: float | None) -> str:
    return "nan" if value is None else f"{100 * value:.2f}"
