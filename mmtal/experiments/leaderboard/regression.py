"""Check whether new runs fell below accepted ones beyond the choice of seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import stdtrit

from mmtal.experiments.leaderboard.difference import EMPTY, in_percent, mean_and_deviation
from mmtal.experiments.leaderboard.measured import Key, Run, check_alike, group_runs, group_title
from mmtal.experiments.leaderboard.record import Record, recipe_of
from mmtal.utils.wording import counted, text_table

CONFIDENCE = 0.99
MIN_DEVIATION = 0.001
"""Seeds may agree by chance: no standard deviation below a tenth of a point is believed."""

Verdict = Literal["fell", "rose", "as before", "not judged", "not run", "new"]


@dataclass(frozen=True, kw_only=True)
class Judgment:
    """One method under one protocol, accepted against new; figures in [0, 1].

    Attributes:
        key: Benchmark, protocol, method.
        metric: The protocol's main one.
        accepted: Figure of each accepted seed.
        new: Figure of each new seed.
        deviation: Standard deviation between seeds that the margin rests on: pooled over the
            accepted methods of the benchmark; None: not judged.
        margin: How far the mean of the new seeds may lie from the mean of the accepted ones.
        verdict: ``fell`` and ``rose``: by more than the margin. ``not run``: no new record.
            ``new``: no accepted one.
        remarks: Why it was not judged, and what else changed.
    """

    key: Key
    metric: str
    accepted: tuple[float, ...]
    new: tuple[float, ...]
    deviation: float | None
    margin: float | None
    verdict: Verdict
    remarks: tuple[str, ...]

    @property
    def change(self) -> float | None:
        """Mean of the new seeds minus mean of the accepted ones."""
        if not self.accepted or not self.new:
            return None
        return mean_and_deviation(self.new)[0] - mean_and_deviation(self.accepted)[0]


def judge(
    new: Sequence[Run], accepted: Sequence[Run], *, confidence: float = CONFIDENCE
) -> list[Judgment]:
    """Judge every method of either side, under every protocol.

    ``confidence``, in (0.5, 1), is the probability that new seeds of an unchanged method stay above
    the lower bound. ValueError: it is not, or runs of one side are not of one recipe.
    """
    if not 0.5 < confidence < 1:
        raise ValueError(f"confidence must lie in (0.5, 1), but got {confidence}")
    new_groups, accepted_groups = group_runs(new), group_runs(accepted)
    return [
        _judge(key, new_groups.get(key, []), accepted_groups, confidence)
        for key in sorted(set(new_groups) | set(accepted_groups))
    ]


def prediction_margin(
    deviation: float, degrees: int, accepted: int, new: int, confidence: float
) -> float:
    """How far the mean of ``new`` seeds may fall below the mean of ``accepted`` ones.

    One-sided prediction interval of a mean of ``new`` values, given ``accepted`` values of the
    same normal distribution: Student's t times the deviation, which rests on so many degrees of
    freedom, times sqrt(1 / accepted + 1 / new).
    """
    spread = max(deviation, MIN_DEVIATION) * math.sqrt(1 / accepted + 1 / new)
    return float(stdtrit(degrees, confidence)) * spread


def _judge(
    key: Key, new: Sequence[Run], groups: Mapping[Key, Sequence[Run]], confidence: float
) -> Judgment:
    accepted = groups.get(key, [])
    for runs in (new, accepted):
        if runs:
            check_alike(key, runs)
    metric = str((new or accepted)[0][1].scores[key[1]].get("main_metric", "mAP"))
    folds = _shared_folds(new, accepted)
    before, after = _figures(key, metric, accepted, folds), _figures(key, metric, new, folds)

    deviation: float | None = None

    def found(verdict: Verdict, *remarks: str, margin: float | None = None) -> Judgment:
        return Judgment(
            key=key, metric=metric, accepted=before, new=after, deviation=deviation, margin=margin,
            verdict=verdict, remarks=remarks,
        )  # fmt: skip

    if not new:
        return found("not run")
    if not accepted:
        return found("new", "nothing is accepted to compare it with")
    if not before or not after:
        return found("not judged", "no fold is there for all seeds of both sides")
    unlike = _other_test_set(key, new, accepted, folds)
    if unlike:
        return found("not judged", unlike)
    pooled, degrees = _pooled_deviation(key, metric, groups, folds)
    if not degrees:
        return found("not judged", "no accepted method has two seeds: nothing says how they vary")
    deviation = pooled
    margin = prediction_margin(deviation, degrees, len(before), len(after), confidence)
    change = mean_and_deviation(after)[0] - mean_and_deviation(before)[0]
    verdict: Verdict = "as before" if abs(change) <= margin else "rose" if change > 0 else "fell"
    return found(verdict, *_changes(new, accepted, folds), margin=margin)


def _shared_folds(new: Sequence[Run], accepted: Sequence[Run]) -> set[str | None]:
    """Folds that all new seeds have and some accepted seed has, too."""
    folds: dict[int, set[str | None]] = {}
    for _, record in new or accepted:
        folds.setdefault(record.seed, set()).add(record.fold)
    shared = set.intersection(*folds.values())
    return shared & {record.fold for _, record in accepted} if new and accepted else shared


def _figures(
    key: Key, metric: str, runs: Sequence[Run], folds: set[str | None]
) -> tuple[float, ...]:
    """Of each seed that has all the folds, the mean over them."""
    values: dict[int, list[float]] = {}
    for _, record in runs:
        value = record.scores[key[1]]["metrics"].get(metric)
        if record.fold in folds and value is not None:
            values.setdefault(record.seed, []).append(value)
    return tuple(
        mean_and_deviation(own)[0]
        for _, own in sorted(values.items())
        if folds and len(own) == len(folds)
    )


def _pooled_deviation(
    key: Key, metric: str, groups: Mapping[Key, Sequence[Run]], folds: set[str | None]
) -> tuple[float, int]:
    """Deviation between the seeds of a method, from all methods of the benchmark, and its df.

    Three seeds of one method say too little: at two degrees of freedom Student's t would let pass
    almost everything.
    """
    total, degrees = 0.0, 0
    for other, runs in groups.items():
        values = _figures(other, metric, runs, folds) if other[:2] == key[:2] else ()
        if len(values) > 1:
            own = len(values) - 1
            total += own * (mean_and_deviation(values)[1] or 0.0) ** 2
            degrees += own
    return (math.sqrt(total / degrees) if degrees else 0.0), degrees


def _other_test_set(
    key: Key, new: Sequence[Run], accepted: Sequence[Run], folds: set[str | None]
) -> str:
    """Empty, or how the test sets differ."""
    hashes: dict[str, Callable[[Record], str | None]] = {
        "recordings": lambda record: record.scores[key[1]].get("video_list_sha256"),
        "annotations": lambda record: record.data.get("annotations_sha256"),
    }
    for name, of in hashes.items():
        for fold in folds:
            if len({of(record) for _, record in [*new, *accepted] if record.fold == fold}) > 1:
                where = "" if fold is None else f" of fold {fold}"
                return f"the test sets{where} differ in their {name}: accept new records first"
    return ""


def _changes(new: Sequence[Run], accepted: Sequence[Run], folds: set[str | None]) -> list[str]:
    """What besides the code may explain a change."""
    remarks = []
    left_out = {record.fold for _, record in [*new, *accepted]} - folds
    if left_out:
        remarks.append(f"compared on {counted(len(folds), 'fold')}, {len(left_out)} left out")
    one, other = accepted[0][1], new[0][1]
    if recipe_of(one.config_text) != recipe_of(other.config_text):
        remarks.append("the config changed")
    if one.data.get("features_sha256") != other.data.get("features_sha256") and not left_out:
        remarks.append("the features changed")
    if one.device != other.device:
        remarks.append(f"device {one.device} -> {other.device}")
    versions = [
        f"{name} {one.versions.get(name, 'none')} -> {other.versions.get(name, 'none')}"
        for name in sorted({*one.versions, *other.versions})
        if one.versions.get(name) != other.versions.get(name)
    ]
    return [*remarks, *([", ".join(versions)] if versions else [])]


def judgment_text(judgments: Sequence[Judgment], confidence: float) -> str:
    """A table, what fell on top, and a sentence."""
    order = ["fell", "not judged", "rose", "as before", "new"]
    ranked = sorted(
        (one for one in judgments if one.verdict in order), key=lambda one: order.index(one.verdict)
    )
    idle = [one for one in judgments if one.verdict == "not run"]
    header = ["protocol", "method", "figure", "accepted", "new", "change", "noise", "bound"]
    header.append("verdict")
    lines = [
        "Means and standard deviations over seeds in percent (number of seeds). Noise: standard "
        "deviation over seeds, pooled\nover the accepted methods of the protocol. Bound: where the "
        f"mean of new seeds stays with a probability of {confidence:g} if nothing changed.",
        text_table([header, *map(_cells, ranked)], words=3),
    ]
    lines += [f"{_title(one)}: {'; '.join(one.remarks)}" for one in ranked if one.remarks]
    if idle:
        names = "; ".join(_title(one) for one in idle)
        lines.append(f"Accepted, without a new run: {names}")
    counts = {verdict: sum(one.verdict == verdict for one in ranked) for verdict in order}
    counted_verdicts = [f"{number} {verdict}" for verdict, number in counts.items() if number]
    lines.append(", ".join(counted_verdicts) or "no method is on both sides")
    return "\n".join(lines)


def _title(one: Judgment) -> str:
    return f"{group_title(*one.key[:2])} {one.key[2]}"


def _cells(one: Judgment) -> list[str]:
    bound = EMPTY
    if one.margin is not None and one.change is not None:
        mean = mean_and_deviation(one.accepted)[0]
        limit = mean + one.margin if one.verdict == "rose" else mean - one.margin
        bound = f"{'<' if one.verdict == 'rose' else '>'} {100 * limit:.2f}"
    change = EMPTY if one.change is None else f"{100 * one.change:+.2f}"
    sides = [f"{in_percent(v)} ({len(v)})" if v else EMPTY for v in (one.accepted, one.new)]
    noise = EMPTY if one.deviation is None else f"{100 * one.deviation:.2f}"
    title = group_title(*one.key[:2])
    return [title, one.key[2], one.metric, *sides, change, noise, bound, one.verdict]
