"""Conclusions of the error analysis in words."""

from math import isnan
from typing import Any

import numpy as np

from mmtal.error_analysis.analysis import ErrorAnalysis
from mmtal.error_analysis.errors import CAUSES, ERROR_TYPES
from mmtal.error_analysis.one_threshold import top_confusions
from mmtal.error_analysis.tables import percent
from mmtal.utils.wording import counted

ADVICE = {
    "perfect labels": "The segments are right, the names are not: see the confusions below; "
    "better features or more examples of those classes help.",
    "perfect boundaries": "The actions are seen, their ends are not: a finer feature stride, "
    "regression ranges that fit the lengths, or a stronger regression head help.",
    "perfect scores": "The right segments are among the detections, but wrong ones score as high: "
    "compare loss weights, training length and NMS settings, and see the calibration below.",
    "finding what is not seen": "Nothing points at these instances: allow more detections per "
    "recording, lower the score threshold, and check that the pyramid covers the lengths that "
    "are missed.",
}
EVENT_ADVICE = {
    "perfect labels": "The times are right, the names are not: see the confusions below; better "
    "features or more examples of those classes help.",
    "perfect boundaries": "The events are seen, but not exactly where they are: a finer feature "
    "stride, and a head whose finest level owns events, help.",
    "perfect scores": "The right times are among the detections, but wrong ones score as high: "
    "compare training length and the distance of NMS, and see the calibration below.",
    "finding what is not seen": "Nothing points at these events: allow more detections per "
    "recording, lower the score threshold, and check that the distance of NMS is below that of "
    "events of one class.",
}
NOT_SEEN = CAUSES.index("not seen")
WORTH_SAYING = 5e-4
MIN_SHARE, MIN_INSTANCES = 0.02, 10
"""Buckets that hold fewer of the instances are not spoken of."""
GOOD_ECE = 0.05


def findings(analysis: ErrorAnalysis) -> list[str]:
    """What to know first, most important first; one or two sentences each."""
    parts = [_what_it_is(analysis), *_what_to_do(analysis)]
    if len(analysis.matches.rows):
        parts += [_false_positives(analysis)]
    parts += [_missed(analysis), *_weakest(analysis), *_confusion(analysis)]
    parts += [*_calibration(analysis), *_notes(analysis)]
    return parts


def _what_it_is(analysis: ErrorAnalysis) -> str:
    thresholds = analysis.thresholds
    over = f"{analysis.measure} {thresholds[0]}"
    if len(thresholds) > 1:
        kind = "tIoU thresholds, tIoU" if analysis.tolerances is None else "tolerances,"
        over = f"average over {len(thresholds)} {kind} {thresholds[0]} to {thresholds[-1]}"
    plain, normalized = analysis.scores
    return (
        f"mAP is {percent(plain)} % ({over}), average-mAP_N {percent(normalized)} %, with "
        f"{counted(len(analysis.matches.rows), 'detection')} for "
        f"{counted(len(analysis.matches.truth), 'instance')} in "
        f"{counted(len(analysis.matches.truth.video_ids), 'recording')}."
    )


def _what_to_do(analysis: ErrorAnalysis) -> list[str]:
    gains = {o.name: float(o.gain[0]) for o in analysis.oracles if o.name in ADVICE}
    gains["finding what is not seen"] = float(analysis.false_negatives.gain[NOT_SEEN, 0])
    best, *others = sorted(gains, key=lambda name: -gains[name])
    if gains[best] < WORTH_SAYING:
        return ["No single perfect part would gain anything."]
    rest = ", ".join(f"{analysis.in_words(name)} {percent(gains[name])}" for name in others)
    advice = (ADVICE if analysis.tolerances is None else ADVICE | EVENT_ADVICE)[best]
    return [
        f"The most would be gained by {analysis.in_words(best)}: {percent(gains[best])} points of "
        f"mAP ({rest}). {advice}"
    ]


def _false_positives(analysis: ErrorAnalysis) -> str:
    part = analysis.false_positives
    counts = part.overall
    wrong = counts[1:].sum()
    if not wrong:
        return "None of the 10 G best detections (G: instances of the class) is wrong."
    most, cost = int(counts[1:].argmax()), int(part.gain[:, 0].argmax())
    text = (
        "The most frequent error among the 10 G best detections (G: instances of the class) is "
        f"{ERROR_TYPES[most]} ({percent(counts[1 + most] / wrong)} % of the errors)"
    )
    if part.gain[cost, 0] < WORTH_SAYING:
        return f"{text}; without any of the errors mAP would hardly differ, as they score low."
    return (
        f"{text}. Without the {ERROR_TYPES[cost]} errors mAP would gain "
        f"{percent(part.gain[cost, 0])} points, the most of all types of error."
    )


def _missed(analysis: ErrorAnalysis) -> str:
    part = analysis.false_negatives
    if not part.rate:
        return "No instance is missed."
    causes = part.counts
    most = int(causes.argmax())
    reasons = {
        "score too low": "the detections that hit them score among too many false ones",
        "boundaries off": "detections of the right class lie there, but with the wrong "
        + ("ends" if analysis.tolerances is None else "times"),
        "other label": "they are detected as another class",
        "not seen": "nothing among the 10 G best detections points at them",
    }
    return (
        f"{percent(part.rate)} % of the instances are missed. Of these, "
        f"{percent(causes[most] / causes.sum())} % because {reasons[CAUSES[most]]}."
    )


def _weakest(analysis: ErrorAnalysis) -> list[str]:
    """The bucket with the lowest figure, and the one whose misses cost the most."""
    base = analysis.scores[1]
    total = len(analysis.matches.truth)
    found = [
        (part, bucket)
        for part in analysis.sensitivity
        for bucket, count in enumerate(part.characteristic.counts)
        if max(MIN_SHARE * total, MIN_INSTANCES) <= count < total
    ]
    if not found:
        return []

    def say(part_and_bucket: tuple[Any, ...]) -> str:
        part, bucket = part_and_bucket
        item = part.characteristic
        limits = item.limits(bucket)
        size = "" if limits == item.buckets[bucket] else f"{item.buckets[bucket]}, "
        return f"{item.name} {size}{limits}: {item.counts[bucket]} instances"

    low = min(found, key=lambda pair: pair[0].map_n[pair[1]])
    text = []
    if low[0].map_n[low[1]] < base:
        text.append(
            f"The weakest group is {say(low)}, with an average-mAP_N of "
            f"{percent(low[0].map_n[low[1]])} % against {percent(base)} % for all."
        )
    worst = max(found, key=lambda pair: pair[0].missed[pair[1]])
    if worst[0].missed[worst[1]] > 0:
        text.append(
            f"The most often missed group is {say(worst)}, "
            f"{percent(worst[0].missed[worst[1]])} % of them missed."
        )
    return text


def _confusion(analysis: ErrorAnalysis) -> list[str]:
    names, totals = analysis.present, analysis.matches.num_truth
    pairs = [pair for pair in top_confusions(analysis.confusion, 3) if pair[2] > 1]
    if not pairs:
        return []
    shown = "; ".join(
        f"{names[row]} taken for {names[column]} ({count} of {totals[row]})"
        for row, column, count in pairs
    )
    return [f"Most confused at {analysis.curve_at}: {shown}."]


def _calibration(analysis: ErrorAnalysis) -> list[str]:
    part = analysis.calibration
    if not part.counts.any():
        return []
    f1, precision, recall = part.best_f1
    use = (
        f"For use, a score threshold of {part.best_score:.3g} is best: F1 {percent(f1)} %, "
        f"precision {percent(precision)} %, recall {percent(recall)} %."
        if f1 > 0
        else f"No detection is right at {analysis.curve_at}, whatever the score threshold."
    )
    if isnan(part.ece):
        return [f"Scores lie outside [0, 1], so they are no probabilities. {use}"]
    if part.ece < GOOD_ECE:
        return [f"Scores can be read as precision: calibration error {percent(part.ece)} %. {use}"]
    word = "promise too much" if part.bias > 0 else "promise too little"
    return [f"Scores {word}: calibration error {percent(part.ece)} %. {use}"]


def _notes(analysis: ErrorAnalysis) -> list[str]:
    """What the reader must know of the data."""
    notes = []
    if analysis.ignored:
        notes.append(
            f"Detections of classes that the ground truth lacks ({analysis.ignored} found) are "
            "ignored."
        )
    if analysis.stamp["unlisted_videos"]:
        notes.append(
            "Detections in recordings that the ground truth does not list "
            f"({len(analysis.stamp['unlisted_videos'])} found) count as background."
        )
    if analysis.unknown:
        notes.append(f"Not known of these data, hence left out: {', '.join(analysis.unknown)}.")
    unclear = [
        f"{part.characteristic.name} ({part.characteristic.unknown})"
        for part in analysis.sensitivity
        if part.characteristic.unknown
    ]
    if unclear:
        notes.append(
            "Instances in no bucket, since the recording has no duration or is shorter than they "
            f"are: {', '.join(unclear)}."
        )
    number = len(analysis.matches.classes)
    empty = int((np.bincount(analysis.matches.pred_class, minlength=number) == 0).sum())
    if empty and len(analysis.matches.rows):
        notes.append(f"{counted(empty, 'class')} without any detection.")
    return notes
