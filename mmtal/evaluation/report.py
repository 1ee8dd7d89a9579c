"""Scores as numbers to log, as a table to read, and as a stamp to keep."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from terminaltables import AsciiTable

from mmtal.evaluation.functional import DetectionScores, InstanceTable, without_duplicates
from mmtal.evaluation.functional.average_precision import Protocol, detection_scores
from mmtal.evaluation.result_files import video_list_sha256


def evaluate_detections(
    truth: InstanceTable,
    detections: InstanceTable,
    *,
    tiou_thresholds: str | Sequence[float],
    protocol: Protocol = "corrected",
    recall_at: Sequence[int] = (),
    classes: Sequence[str],
) -> tuple[DetectionScores, dict[str, float], dict[str, Any]]:
    """Scores of detections, repeated ground truth removed.

    Returns:
        The scores; the numbers to log, in [0, 1]; and what must be told with them: protocol,
        number of recordings, hash of their list, recordings that only the detections name
        (false positives), thresholds, AP of each class.
    """
    cleaned, dropped = without_duplicates(truth)
    scores = detection_scores(
        cleaned, detections, tiou_thresholds, recall_at=recall_at, protocol=protocol
    )
    numbers = {"mAP": scores.average_map}
    for t, threshold in enumerate(scores.tiou_thresholds):
        numbers[f"mAP@{threshold:.2f}"] = float(scores.mean_ap[t])
        for k, multiple in enumerate(scores.recall_at):
            numbers[f"recall@{multiple}x@{threshold:.2f}"] = float(scores.mean_recall[t, k])
    unlisted = {detections.video_ids[v] for v in np.unique(detections.video)}
    unlisted -= set(truth.video_ids)
    stamp = dict(
        protocol=protocol,
        num_videos=len(truth.video_ids),
        video_list_sha256=video_list_sha256(truth.video_ids),
        num_instances=len(cleaned),
        duplicates_dropped=dropped,
        unlisted_videos=sorted(unlisted),
        tiou_thresholds=[round(float(t), 6) for t in scores.tiou_thresholds],
        metrics={name: _or_none(value) for name, value in numbers.items()},
        ap_per_class={
            _name(classes, label): [float(ap) for ap in scores.ap[:, c]]
            for c, label in enumerate(scores.classes)
        },
    )
    return scores, numbers, stamp


def format_table(
    scores: DetectionScores, stamp: dict[str, Any], *, classes: Sequence[str], per_class: bool
) -> str:
    """The scores in percent, with protocol and list of recordings in the title."""
    header = ["tIoU", *(f"{t:.2f}" for t in scores.tiou_thresholds), "average"]
    rows = [["mAP", *(_percent(v) for v in scores.mean_ap), _percent(scores.average_map)]]
    for k, multiple in enumerate(scores.recall_at):
        values = scores.mean_recall[:, k]
        rows.append(
            [f"Recall@{multiple}x", *(_percent(v) for v in values), _percent(values.mean())]
        )
    if per_class:
        for c, label in enumerate(scores.classes):
            values = scores.ap[:, c]
            name = _name(classes, label)
            rows.append([name, *(_percent(v) for v in values), _percent(values.mean())])
    title = (
        f" % | protocol {stamp['protocol']} | {stamp['num_videos']} recordings, list "
        f"{stamp['video_list_sha256'][:8]} | {stamp['num_instances']} instances "
    )
    if stamp["unlisted_videos"]:
        title += (
            f"| detections in {len(stamp['unlisted_videos'])} recordings that the ground truth "
            "does not list are false positives"
        )
    table = AsciiTable([header, *rows])
    table.justify_columns = dict.fromkeys(range(1, len(header)), "right")
    # A title wider than the table would be left out.
    return f"{title.strip()}\n{table.table}"


def _or_none(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value


def _percent(value: float) -> str:
    return f"{100 * value:.2f}"


def _name(classes: Sequence[str], label: int) -> str:
    return classes[label] if label < len(classes) else f"class_{label}"
