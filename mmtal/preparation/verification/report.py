"""The result of a verification."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from terminaltables import AsciiTable

from mmtal.preparation.verification.findings import Finding
from mmtal.utils.wording import text_table

SHOWN = 3
"""Cases of each kind that the terminal shows; the JSON file has all."""

SHOWN_CLASSES = 40


@dataclass(frozen=True)
class Report:
    """What is wrong with a data set, and what it is like.

    Attributes:
        source: What was verified.
        findings: New errors, new warnings, then known defects.
        statistics: See :func:`mmtal.preparation.verification.statistics.describe`.
        notes: What could not be checked, and why.
        ann_files: The annotation files.
        extents: How many seconds the features of recordings without a duration reach.
    """

    source: str
    findings: list[Finding]
    statistics: dict[str, Any]
    notes: list[str]
    ann_files: list[Path] = field(default_factory=list)
    extents: dict[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Findings that keep the data from being used or make results wrong."""
        return sum(f.known is None and f.severity == "error" for f in self.findings)

    @property
    def warnings(self) -> int:
        """Findings that may be as they should."""
        return sum(f.known is None and f.severity == "warning" for f in self.findings)

    @property
    def known(self) -> int:
        """Defects that the published file is known to have."""
        return sum(f.known is not None for f in self.findings)

    @property
    def ok(self) -> bool:
        return not self.errors

    def counts(self) -> dict[str, int]:
        """New findings by kind."""
        return dict(Counter(f.kind for f in self.findings if f.known is None))

    def known_counts(self) -> dict[str, int]:
        """Known defects by kind."""
        return dict(Counter(f.kind for f in self.findings if f.known is not None))

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "source": self.source,
            "ok": self.ok,
            "errors": self.errors,
            "warnings": self.warnings,
            "known": self.known,
            "counts": self.counts(),
            "known_counts": self.known_counts(),
            "notes": self.notes,
            "findings": [finding.to_json() for finding in self.findings],
            "statistics": self.statistics,
        }

    def format(self) -> str:
        """Tables for a terminal, ending with the verdict in one line."""
        parts = [plain(self.source), *(plain(f"note: {note}") for note in self.notes)]
        parts += _problems(self.findings)
        parts += _statistics(self.statistics)
        verdict = "The data can be used." if self.ok else "The data cannot be used as they are."
        known = f", {_count(self.known, 'known defect')} of published files" if self.known else ""
        parts.append(
            f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}{known}. {verdict}"
        )
        return "\n".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _problems(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return ["No problem found."]
    grouped = groupby(findings, lambda f: (f.known, f.severity, f.kind))
    groups = [(key, list(group)) for key, group in grouped]
    rows = [["", "problem", "count", "first recording"]]
    for (known, severity, kind), cases in groups:
        first = next((case.recording for case in cases if case.recording is not None), "-")
        rows.append(["known" if known else severity, kind, str(len(cases)), plain(first)])
    table = AsciiTable(rows)
    table.justify_columns = {2: "right"}
    parts = [table.table]
    for (known, severity, kind), cases in groups:
        if known:
            parts.append(f"known: {kind} ({len(cases)}): {known} is published so")
            continue
        parts.append(plain(f"{severity}: {kind} ({len(cases)}): {cases[0].remedy}"))
        for case in cases[:SHOWN]:
            where = "" if case.recording is None else f"recording '{case.recording}': "
            other = "" if case.remedy == cases[0].remedy else f". {case.remedy}"
            parts.append(plain(f"  - {where}{case.value}{other}"))
        if len(cases) > SHOWN:
            parts.append(f"  - and {len(cases) - SHOWN} more")
    return parts


def _statistics(statistics: dict[str, Any]) -> list[str]:
    splits = statistics["splits"]
    if not splits:
        return []
    rows: dict[str, list[str]] = {}

    def add(name: str, values: Sequence[Any], form: str) -> None:
        if any(value is not None for value in values):
            rows[name] = ["-" if value is None else form.format(value) for value in values]

    for key, form in (("recordings", "{}"), ("hours", "{:.2f}"), ("instances", "{}")):
        add(key, [split[key] for split in splits.values()], form)
    for name, key, form in (
        ("instance duration (s)", "durations", "{:.3g}"),
        ("to the next event of its class (s)", "event_gaps", "{:.3g}"),
        ("recording duration (s)", "recording_durations", "{:.4g}"),
        ("sequence length", "sequence_lengths", "{:.0f}"),
    ):
        values = [split.get(key) for split in splits.values()]
        span = f"{form} / {form} / {form}"
        found = [v and span.format(v["p5"], v["p50"], v["p95"]) for v in values]
        add(f"{name}, 5 / 50 / 95 %", found, "{}")
        if key == "sequence_lengths":
            maximum = statistics["model"]["max_seq_len"]
            limit = f" (configured: {maximum})" if maximum else ""
            add(f"longest sequence{limit}", [v and v["max"] for v in values], "{:.0f}")
    for name, path, form in (
        ("background", ("background_share",), "{:.1%}"),
        ("time with 2 instances or more", ("overlap_share",), "{:.1%}"),
        ("most instances at once", ("max_simultaneous",), "{}"),
        ("recordings longer than the maximum", ("truncation", "recordings"), "{}"),
        ("instances dropped by truncation", ("truncation", "dropped_share"), "{:.2%}"),
        ("instances clipped by truncation", ("truncation", "clipped_share"), "{:.2%}"),
        ("instances longer than the maximum", ("truncation", "longer_than_max"), "{}"),
        ("instances that no level reaches", ("reach", "unreachable_share"), "{:.2%}"),
        ("instances lost to shorter ones", ("reach", "lost_share"), "{:.2%}"),
        ("instances with points, by level", ("reach", "per_level"), "{}"),
    ):
        values = []
        for split in splits.values():
            value: Any = split
            for part in path:
                value = None if value is None else value.get(part)
            values.append(" ".join(map(str, value)) if isinstance(value, list) else value)
        add(name, values, form)
    table = text_table([["", *map(plain, splits)], *([name, *row] for name, row in rows.items())])
    return [table, *_class_table(statistics)]


def _class_table(statistics: dict[str, Any]) -> list[str]:
    classes, splits = statistics["classes"], list(statistics["splits"])
    if not classes:
        return []
    timed = any(f["durations"] for own in classes.values() for f in own.values())
    unit = ", median s" if timed else ""
    rows = [["class", *(f"{split}{unit}" for split in map(plain, splits))]]
    for name, own in list(classes.items())[:SHOWN_CLASSES]:
        found = [own.get(split) or {"instances": 0, "durations": None} for split in splits]
        medians = [f", {f['durations']['p50']:.3g} s" if f["durations"] else "" for f in found]
        cells = [f"{f['instances']}{text}" for f, text in zip(found, medians, strict=True)]
        rows.append([plain(name), *cells])
    rest = len(classes) - SHOWN_CLASSES
    return [
        text_table(rows),
        *([f"and {rest} more classes: see the JSON file"] if rest > 0 else []),
    ]


def plain(text: str) -> str:
    """Text without characters that a terminal would obey or could not show."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
