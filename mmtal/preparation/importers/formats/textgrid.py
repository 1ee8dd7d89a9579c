"""Praat's TextGrid, in its long or short text form: tiers of intervals and of points."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.tiers import Tier, span, subject_of, tiers
from mmtal.preparation.importers.times import to_number
from mmtal.preparation.importers.values import file_stem

TOKEN = re.compile(r'(?<!\S)(?:"((?:[^"]|"")*)"|(-?\d\S*)|(<\w+>))(?!\S)')
"""What Praat reads of such a file: texts, numbers and flags that stand free; the rest explains."""


class Mark(NamedTuple):
    """An interval of a tier, or a point, which starts where it ends; seconds."""

    start: float
    end: float
    label: str
    line: int


def matches(probe: Probe) -> bool:
    """Whether it says that it is a TextGrid."""
    return probe.text[:200].lstrip().startswith(('File type = "ooTextFile', '"ooTextFile')) and (
        '"TextGrid"' in probe.text[:200]
    )


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the tiers, a recording named after its file; intervals without a label are left out.

    ValueError: it ends too early, or has several tiers and none is chosen.
    """
    duration, tiers = _parse(source)
    name, where = file_stem(source.path), str(source.path)
    recording = collected.recording(
        name, where=where, subset=source.subset, duration=duration, once=True
    )
    filled = [tier for tier, marks in tiers.items() if marks]
    for tier in options.choose(filled, what="tier", where=where):
        for mark in tiers[tier]:
            point = mark.start == mark.end
            place = f"{where}, line {mark.line}"
            collected.add(
                recording, mark.start, mark.end, mark.label,
                where=place, point=point, subject=subject_of(tier),
            )  # fmt: skip


def _parse(source: Source) -> tuple[float, dict[str, list[Mark]]]:
    """The end of the file's time, and the marks with a label of each tier."""
    text = read_text(source.path)
    found = TOKEN.finditer(text)
    line, place = 1, 0

    def token() -> tuple[str, int]:
        nonlocal line, place
        match = next(found, None)
        if match is None:
            raise ValueError(f"{source.path}: is not a whole TextGrid: it ends too early")
        line += text.count("\n", place, match.start())
        place = match.start()
        if match[1] is not None:
            return match[1].replace('""', '"'), line
        return match[2] or match[3], line

    def number() -> float:
        return to_number(token()[0])

    def texts(count: int) -> Iterator[str]:
        for _ in range(count):
            yield token()[0]

    list(texts(2))  # ooTextFile, TextGrid
    _, end = number(), number()
    tiers: dict[str, list[Mark]] = {}
    if token()[0] != "<exists>":
        return end, tiers
    for _ in range(int(number())):
        kind, name = texts(2)
        _, _, count = number(), number(), int(number())
        marks = tiers.setdefault(name, [])
        for _ in range(count):
            start = number()
            stop = number() if kind == "IntervalTier" else start
            label, at = token()
            if label.strip():
                marks.append(Mark(start, stop, label.strip(), at))
    return end, tiers


def write(database: Database) -> str:
    """A TextGrid of the recording, in the long form; times as they are."""
    (entry,) = database.values()
    own = tiers(entry)
    ends = [span(instance)[1] for tier in own for instance in tier.instances]
    last = max([entry.get("duration") or 0.0, *ends])
    head = f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = {last!r}\n'
    body = f"tiers? <exists>\nsize = {len(own)}\nitem []:\n" if own else "tiers? <absent>\n"
    return head + body + "".join(_tier(tier, k, last) for k, tier in enumerate(own, start=1))


def _tier(tier: Tier, number: int, last: float) -> str:
    kind = "TextTier" if tier.points else "IntervalTier"
    items = []
    place = 0.0
    for instance in tier.instances:
        start, end = span(instance)
        text = _quoted(instance["label"])
        if tier.points:
            items.append(f"number = {start!r}\n            mark = {text}")
            continue
        if start > place:
            items.append(_interval(place, start, '""'))
        items.append(_interval(start, end, text))
        place = end
    if not tier.points and place < last:
        items.append(_interval(place, last, '""'))
    name = "points" if tier.points else "intervals"
    rows = "".join(
        f"        {name} [{k}]:\n            {item}\n" for k, item in enumerate(items, start=1)
    )
    return (
        f'    item [{number}]:\n        class = "{kind}"\n        name = {_quoted(tier.name)}\n'
        f"        xmin = 0\n        xmax = {last!r}\n        {name}: size = {len(items)}\n{rows}"
    )


def _interval(start: float, end: float, text: str) -> str:
    return f"xmin = {start!r}\n            xmax = {end!r}\n            text = {text}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


FORMAT = Format(
    "textgrid", "Praat TextGrid", matches, read, ("*.textgrid",),
    write=write, ending=".TextGrid", single=True, takes=("labels",),
)  # fmt: skip
