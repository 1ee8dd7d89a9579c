"""Format the comparison of new runs with accepted ones for the terminal."""

from collections.abc import Sequence

from mmtal.experiments.leaderboard.measured import group_title
from mmtal.experiments.leaderboard.regression import Judgment
from mmtal.experiments.leaderboard.seed_statistics import EMPTY, in_percent, mean_and_deviation
from mmtal.utils.wording import text_table


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
