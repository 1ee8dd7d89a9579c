"""Format the figures as tables of text, in percent, for terminal and page."""

from dataclasses import dataclass
from math import isnan

from mmtal.error_analysis.analysis import ErrorAnalysis
from mmtal.error_analysis.errors import CAUSES, ERROR_TYPES
from mmtal.error_analysis.one_threshold import top_confusions
from mmtal.utils.wording import text_table

TOP_CONFUSIONS = 20


@dataclass(frozen=True)
class Table:
    """Cells as they are shown."""

    header: list[str]
    rows: list[list[str]]

    def text(self, title: str) -> str:
        """For the terminal."""
        return f"{title}\n{text_table([self.header, *self.rows])}"


def percent(value: float, *, sign: bool = False) -> str:
    """0.123 -> '12.3', or '+12.3'; '-' for NaN."""
    if isnan(value):
        return "-"
    return f"{100 * value:{'+' if sign else ''}.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")


def score_table(analysis: ErrorAnalysis) -> Table:
    """Plain and normalized mAP at each threshold."""
    thresholds = analysis.thresholds
    metrics = analysis.stamp["metrics"]
    plain = [percent(metrics[f"mAP@{t}"]) for t in thresholds]
    normalized = [percent(value) for value in analysis.map_n.tolist()]
    average, average_n = analysis.scores
    return Table(
        [analysis.measure, *thresholds, "average"],
        [
            ["mAP", *plain, percent(average)],
            ["mAP_N (normalized)", *normalized, percent(average_n)],
        ],
    )


def oracle_table(analysis: ErrorAnalysis) -> Table:
    """What perfect parts would reach."""
    rows = []
    for oracle in sorted(analysis.oracles, key=lambda oracle: -oracle.gain[0]):
        (ap, ap_n), (gain, gain_n) = oracle.scores, oracle.gain
        cells = percent(ap), percent(gain, sign=True), percent(ap_n), percent(gain_n, sign=True)
        rows.append([analysis.in_words(oracle.name), *cells])
    return Table(["experiment", "mAP", "gain", "average-mAP_N", "gain"], rows)


def error_table(analysis: ErrorAnalysis) -> Table:
    """False positives by type, and what not making them gains."""
    part = analysis.false_positives
    counts = part.overall
    rows = [
        [
            name,
            f"{count:.0f}",
            percent(count / counts.sum()) if counts.sum() else "-",
            *(percent(gain, sign=True) for gain in gains),
        ]
        for name, count, gains in zip(ERROR_TYPES, counts[1:], part.gain, strict=True)
    ]
    return Table(
        ["false positives", "detections", "% of top 10 G", "mAP gain", "average-mAP_N gain"], rows
    )


def cause_table(analysis: ErrorAnalysis) -> Table:
    """Missed instances by cause."""
    part = analysis.false_negatives
    counts = [*part.counts, part.counts.sum()]
    total = len(analysis.matches.truth)
    names = [analysis.in_words(name) for name in (*CAUSES, "all missed")]
    rows = [
        [name, f"{count:.0f}", percent(count / total), *(percent(g, sign=True) for g in gains)]
        for name, count, gains in zip(names, counts, part.gain, strict=True)
    ]
    header = ["missed because", "instances", "% of instances"]
    return Table([*header, "mAP gain", "average-mAP_N gain"], rows)


def characteristic_table(analysis: ErrorAnalysis) -> Table:
    """Sensitivity, false negatives and their cost by bucket."""
    rows = []
    for part in analysis.sensitivity:
        item = part.characteristic
        for bucket, name in enumerate(item.buckets):
            if not item.counts[bucket]:
                continue
            limits, map_n, base = item.limits(bucket), part.map_n[bucket], analysis.scores[1]
            size = name if limits == name else f"{name} ({limits})"
            relative = f"{map_n / base:.2f}" if base else "-"
            missed, gain = percent(part.missed[bucket]), percent(part.gain[bucket, 0], sign=True)
            count = str(item.counts[bucket])
            rows.append([item.name, size, count, percent(map_n), relative, missed, gain])
    header = ["characteristic", "bucket", "instances", "average-mAP_N", "relative", "% missed"]
    return Table([*header, "mAP gain if found"], rows)


def confusion_table(analysis: ErrorAnalysis) -> Table:
    """The most frequent pairs."""
    names, totals = analysis.present, analysis.matches.num_truth
    rows = [
        [names[row], names[column], str(count), percent(count / totals[row])]
        for row, column, count in top_confusions(analysis.confusion, TOP_CONFUSIONS)
    ]
    return Table(["class", "detected as", "instances", "% of the class"], rows)


def worst_table(analysis: ErrorAnalysis) -> Table:
    """The recordings with the most errors."""
    rows = []
    for item in analysis.worst:
        numbers = item.instances, item.instances - item.missed, item.missed, item.false
        rows.append([item.video_id, *map(str, numbers), percent(item.f1)])
    return Table(["recording", "instances", "found", "missed", "false", "F1"], rows)
