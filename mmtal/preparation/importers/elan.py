"""ELAN: ``.eaf`` documents and the tab-delimited text that ELAN exports."""

import re
from pathlib import Path
from xml.etree import ElementTree

from mmtal.preparation.importers.collected import Collected, Recording
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.times import CLOCK, to_number, to_seconds
from mmtal.preparation.importers.values import media_name

TIME_COLUMN = re.compile(r"(Begin|End) Time - (hh:mm:ss\.ms|ss\.msec|msec)")
CLOSE = 0.0015
"""Seconds by which end - begin and the duration may differ: each is rounded to 1 ms."""


def matches(probe: Probe) -> bool:
    """Whether it is such a document, a folder of them, or such a text."""
    if probe.path.is_dir():
        return any(probe.path.glob("*.eaf"))
    if "<ANNOTATION_DOCUMENT" in probe.text[:5000]:
        return True
    lines = [line for line in probe.lines if not line.startswith(("#", '"#'))]
    if not lines:
        return False
    return any(TIME_COLUMN.match(name) for name in lines[0].split("\t")) or _layout(lines) != ""


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read one document, a folder of documents, or an exported text.

    A recording is named after the one media file of its document, else after the document.
    """
    folder = source.path.is_dir()
    for path in sorted(source.path.glob("*.eaf")) if folder else [source.path]:
        if "<ANNOTATION_DOCUMENT" in read_text(path)[:5000]:
            _read_document(path, source, options, collected)
        else:
            _read_export(path, source, options, collected)


def _read_document(
    path: Path, source: Source, options: ImportOptions, collected: Collected
) -> None:
    try:
        root = ElementTree.fromstring(path.read_bytes())  # noqa: S314 - the user's own
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: is not a whole ELAN document ({error})") from error
    media = root.findall("HEADER/MEDIA_DESCRIPTOR")
    name = media_name(media[0].get("MEDIA_URL", "")) if len(media) == 1 else path.stem
    # the media file's time at which the document's time begins
    origin = float(media[0].get("TIME_ORIGIN", 0)) / 1000 if media else 0.0
    slots = {
        slot.get("TIME_SLOT_ID", ""): slot.get("TIME_VALUE")
        for slot in root.findall("TIME_ORDER/TIME_SLOT")
    }
    recording = collected.recording(name, where=str(path), subset=source.subset, once=True)
    tiers = {
        t.get("TIER_ID", ""): t for t in root.findall("TIER") if t.find("ANNOTATION") is not None
    }
    spans: dict[str, tuple[float, float]] = {}
    for item in root.iter("ALIGNABLE_ANNOTATION"):
        ends = [slots.get(item.get(f"TIME_SLOT_REF{k}", "")) for k in (1, 2)]
        if None not in ends:
            start, end = (int(time) / 1000 + origin for time in ends if time is not None)
            spans[item.get("ANNOTATION_ID", "")] = (start, end)
    parents = {
        item.get("ANNOTATION_ID", ""): item.get("ANNOTATION_REF", "")
        for item in root.iter("REF_ANNOTATION")
    }
    for tier in options.choose(list(tiers), what="tier", where=str(path)):
        for item in (annotation[0] for annotation in tiers[tier].findall("ANNOTATION")):
            identity = item.get("ANNOTATION_ID", "")
            where = f"{path}, tier '{tier}', annotation '{identity}'"
            while identity in parents:
                identity = parents[identity]
            if identity not in spans:
                collected.error(where, "has no times of its own: align it in ELAN")
            else:
                label = item.findtext("ANNOTATION_VALUE") or ""
                collected.add(recording, *spans[identity], label, where=where)


def _read_export(path: Path, source: Source, options: ImportOptions, collected: Collected) -> None:
    rows = [
        (number, line.split("\t"))
        for number, line in enumerate(read_text(path).split("\n"), start=1)
        if line.strip() and not line.startswith(("#", '"#'))
    ]
    lines = ["\t".join(fields) for _, fields in rows]
    recording = collected.recording(path.stem, where=str(path), subset=source.subset, once=True)
    if any(TIME_COLUMN.match(name) for name in rows[0][1]):
        _read_columns(path, rows, recording, options, collected)
        return
    layout = _layout(lines)
    if not layout:
        raise ValueError(
            f"{path}: cannot recognize the columns; export from ELAN with begin time, end time and "
            "duration, and with the header line"
        )
    kinds = len(layout) // 3
    tiers = options.choose(sorted({f[0] for _, f in rows}), what="tier", where=str(path))
    for number, fields in rows:
        if fields[0] in tiers:
            where = f"{path}, line {number}"
            start, end = (_seconds(fields[2 + k * kinds], layout[0]) for k in (0, 1))
            collected.add(recording, start, end, fields[2 + 3 * kinds], where=where)


def _read_columns(
    path: Path,
    rows: list[tuple[int, list[str]]],
    recording: Recording,
    options: ImportOptions,
    collected: Collected,
) -> None:
    """A text with a header; a column for each tier, or one for the tier and one for the value."""
    header = [name.strip() for name in rows[0][1]]
    times = {m[1]: (m[2], k) for k, n in enumerate(header) if (m := TIME_COLUMN.fullmatch(n))}
    if times.keys() != {"Begin", "End"}:
        raise ValueError(f"{path}: needs a begin and an end time, but has {', '.join(header)}")
    no_label = re.compile(r".* - (hh:mm:ss\.(ms|ff)|ss\.msec|msec).*|File.*|Participant|")
    tiers = [n for n in header if not no_label.fullmatch(n)]
    wanted = options.choose(tiers, what="tier", where=str(path))
    for number, fields in rows[1:]:
        where = f"{path}, line {number}"
        fields += [""] * (len(header) - len(fields))
        try:
            start, end = (_seconds(fields[k], unit) for unit, k in (times["Begin"], times["End"]))
        except ValueError as error:
            collected.error(where, str(error))
            continue
        for tier in wanted:
            if fields[header.index(tier)].strip():
                collected.add(recording, start, end, fields[header.index(tier)], where=where)


def _layout(lines: list[str]) -> str:
    """How begin, end and duration are written in a text without header, '' if it is none.

    Seconds have a point always, milliseconds never.

    A row is tier, participant, the three times each in one to three notations, and the value. One
    letter for each of these columns: c clock, s seconds, m milliseconds.
    """
    for notations in ("csm", "cs", "cm", "sm", "c", "s", "m"):
        layout = notations * 3
        if all(_fits(line.split("\t"), layout, len(notations)) for line in lines):
            return notations * 3
    return ""


def _fits(fields: list[str], layout: str, kinds: int) -> bool:
    times = fields[2 : 2 + len(layout)]
    if len(fields) < 3 + len(layout):
        return False
    try:
        values = [_seconds(text, unit) for text, unit in zip(times, layout, strict=True)]
    except ValueError:
        return False
    if any("." not in text for text, unit in zip(times, layout, strict=True) if unit == "s"):
        return False
    begin, end, duration = values[0], values[kinds], values[2 * kinds]
    same = all(abs(v - values[k // kinds * kinds]) < CLOSE for k, v in enumerate(values))
    return same and abs(end - begin - duration) < CLOSE


def _seconds(text: str, unit: str) -> float:
    if unit in ("c", "hh:mm:ss.ms"):
        if not CLOCK.fullmatch(text.strip()):
            raise ValueError(f"'{text}' is no time such as 00:01:23.500")
        return to_seconds(text, unit=None, fps=None)
    if unit in ("m", "msec") and not text.strip().isdecimal():
        raise ValueError(f"'{text}' is no number of milliseconds")
    return to_number(text.strip()) / (1000 if unit in ("m", "msec") else 1)
