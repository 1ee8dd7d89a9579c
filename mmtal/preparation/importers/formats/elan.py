"""ELAN: ``.eaf`` documents and the tab-delimited text that ELAN exports."""

import datetime
import mimetypes
import re
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.tiers import tiers, whole_span
from mmtal.preparation.importers.times import CLOCK, NUMBER, to_number, to_seconds
from mmtal.preparation.importers.values import media_name

TIME_COLUMN = re.compile(r"(Begin|End) Time - (hh:mm:ss\.ms|ss\.msec|msec)")
_XML_ENCODING = re.compile(r"^<\?xml[^>]*\?>")  # of the bytes, not of the text they were
RECORDING = "mmtal:recording"
"""Property of a document: the name of its recording."""
EVENT = "event"
"""Type of the tiers of events without duration, which last a millisecond."""
NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that XML cannot hold."""
CLOSE = 0.0015
"""Seconds by which end - begin and the duration may differ: each is rounded to 1 ms."""


def matches(probe: Probe) -> bool:
    """Whether it is such a document or such a text."""
    if "<ANNOTATION_DOCUMENT" in probe.text[:5000]:
        return True
    lines = [line for line in probe.lines if not line.startswith(("#", '"#'))]
    if not lines:
        return False
    return any(TIME_COLUMN.match(name) for name in lines[0].split("\t")) or _layout(lines) != ""


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read one document or an exported text.

    A recording is named after the one media file of its document, else after the document.
    """
    document = "<ANNOTATION_DOCUMENT" in read_text(source.path)[:5000]
    (_read_document if document else _read_export)(source.path, source, options, collected)


def _read_document(
    path: Path, source: Source, options: ImportOptions, collected: Collected
) -> None:
    try:
        root = ElementTree.fromstring(_XML_ENCODING.sub("", read_text(path), 1))  # noqa: S314 - the user's own
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: is not a whole ELAN document ({error})") from error
    header = root.find("HEADER")
    units = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if units != "milliseconds":
        raise ValueError(f"{path}: times must be in milliseconds, but are in {units}: save it anew")
    media = root.findall("HEADER/MEDIA_DESCRIPTOR")
    name = media_name(media[0].get("MEDIA_URL", "")) if len(media) == 1 else path.stem
    own = (p for p in root.findall("HEADER/PROPERTY") if p.get("NAME") == RECORDING)
    if (item := next(own, None)) is not None and item.text:
        name = item.text
    # the media file's time at which the document's time begins
    origin = float(media[0].get("TIME_ORIGIN", 0)) / 1000 if media else 0.0
    recording = collected.recording(name, where=str(path), subset=source.subset, once=True)
    found = {tier.get("TIER_ID", ""): tier for tier in root.findall("TIER") if _items(tier)}
    spans = _spans(root)
    for tier in options.choose(list(found), what="tier", where=str(path)):
        for item in _items(found[tier]):
            identity = item.get("ANNOTATION_ID", "")
            where = f"{path}, tier '{tier}', annotation '{identity}'"
            if identity in spans:
                start, end = (time / 1000 + origin for time in spans[identity])
                label = (item.findtext("ANNOTATION_VALUE") or "").strip()
                point = found[tier].get("LINGUISTIC_TYPE_REF") == EVENT
                end = start if point else end
                subject = found[tier].get("PARTICIPANT")
                collected.add(
                    recording, start, end, label, where=where, point=point, subject=subject
                )
            else:
                collected.error(where, "has no times of its own: align it in ELAN")


def _items(tier: ElementTree.Element) -> list[ElementTree.Element]:
    return [annotation[0] for annotation in tier.findall("ANNOTATION")]


def _spans(root: ElementTree.Element) -> dict[str, tuple[float, float]]:
    """Start and end of each annotation, in milliseconds; those without are left out.

    Annotations of a tier that share a parent divide its span evenly (symbolic subdivision), so
    that an only child has all of it (symbolic association).
    """
    slots = {
        slot.get("TIME_SLOT_ID", ""): slot.get("TIME_VALUE")
        for slot in root.findall("TIME_ORDER/TIME_SLOT")
    }
    spans: dict[str, tuple[float, float]] = {}
    children: dict[tuple[int, str], list[ElementTree.Element]] = {}  # by tier and parent
    for number, tier in enumerate(root.findall("TIER")):
        ends = {}
        for item in _items(tier):
            if item.tag == "REF_ANNOTATION":
                parent = item.get("ANNOTATION_REF", "")
                children.setdefault((number, parent), []).append(item)
            else:
                refs = [item.get(f"TIME_SLOT_REF{k}", "") for k in (1, 2)]
                ends[item.get("ANNOTATION_ID", "")] = refs
        used = {slot for refs in ends.values() for slot in refs}
        times = _interpolated({slot: time for slot, time in slots.items() if slot in used})
        for name, (first, last) in ends.items():
            if first in times and last in times:
                spans[name] = (times[first], times[last])
    while ready := [key for key in children if key[1] in spans]:
        for key in ready:
            start, end = spans[key[1]]
            names = _chained(children.pop(key))
            cuts = [
                (start * (len(names) - k) + end * k) / len(names) for k in range(len(names) + 1)
            ]
            spans |= {name: (cuts[k], cuts[k + 1]) for k, name in enumerate(names)}
    return spans


def _interpolated(slots: dict[str, str | None]) -> dict[str, float]:
    """Times of a tier's slots; those without are spread evenly between their neighbors."""
    wrong = next((k for k, t in slots.items() if t is not None and not NUMBER.fullmatch(t)), None)
    if wrong is not None:
        raise ValueError(
            f"time slot '{wrong}' must be in milliseconds, but is {slots[wrong]!r:.60}"
        )
    places = [place for place, time in enumerate(slots.values()) if time is not None]
    if not places:
        return {}
    known = [float(time) for time in slots.values() if time is not None]
    inner = list(slots)[places[0] : places[-1] + 1]
    times = np.interp(np.arange(places[0], places[-1] + 1), places, known)
    return dict(zip(inner, times.tolist(), strict=True))


def _chained(items: list[ElementTree.Element]) -> list[str]:
    """Names of annotations, each behind its PREVIOUS_ANNOTATION; else as they stand."""
    names = [item.get("ANNOTATION_ID", "") for item in items]
    following = {
        item.get("PREVIOUS_ANNOTATION"): name for item, name in zip(items, names, strict=True)
    }
    chain = [following[None]] if None in following else []
    while chain and chain[-1] in following and len(chain) < len(names):
        chain.append(following[chain[-1]])
    return chain if len(chain) == len(names) else names


def _read_export(path: Path, source: Source, options: ImportOptions, collected: Collected) -> None:
    rows = [
        (number, line.split("\t"))
        for number, line in enumerate(read_text(path).split("\n"), start=1)
        if line.strip() and not line.startswith(("#", '"#'))
    ]
    lines = ["\t".join(fields) for _, fields in rows]
    if any(TIME_COLUMN.match(name) for name in rows[0][1]):
        _read_columns(path, rows, source, options, collected)
        return
    recording = collected.recording(path.stem, where=str(path), subset=source.subset, once=True)
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
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    """A text with a header; a column for each tier, or one for the tier and one for the value.

    An export of several documents has a column with their names; each is a recording.
    """
    header = [name.strip() for name in rows[0][1]]
    times = {m[1]: (m[2], k) for k, n in enumerate(header) if (m := TIME_COLUMN.fullmatch(n))}
    if times.keys() != {"Begin", "End"}:
        raise ValueError(f"{path}: needs a begin and an end time, but has {', '.join(header)}")
    no_label = re.compile(r".* - (hh:mm:ss\.(ms|ff)|ss\.msec|msec).*|File.*|Participant|")
    tiers = [n for n in header if not no_label.fullmatch(n)]
    wanted = options.choose(tiers, what="tier", where=str(path))
    file = next((place for place, name in enumerate(header) if name in ("File Path", "File")), None)
    if file is None:
        collected.recording(path.stem, where=str(path), subset=source.subset, once=True)
    for number, fields in rows[1:]:
        where = f"{path}, line {number}"
        fields += [""] * (len(header) - len(fields))
        with collected.at(where):
            name = "" if file is None else media_name(fields[file].strip())
            recording = collected.recording(name or path.stem, where=where, subset=source.subset)
            start, end = (_seconds(fields[k], unit) for unit, k in (times["Begin"], times["End"]))
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


def write(database: Database) -> str:
    """A document of the recording: tiers of each subject; times in milliseconds."""
    ((name, entry),) = database.items()
    own = tiers(entry)
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT", AUTHOR="mmtal", FORMAT="3.0", VERSION="3.0",
        DATE=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )  # fmt: skip
    root.set(
        "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation",
        "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
    )
    header = ElementTree.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    for path in entry.get("media") or ():
        ElementTree.SubElement(
            header, "MEDIA_DESCRIPTOR", MEDIA_URL=_address(path),
            MIME_TYPE=mimetypes.guess_type(path)[0] or "unknown",
        )  # fmt: skip
    ElementTree.SubElement(header, "PROPERTY", NAME=RECORDING).text = name
    order = ElementTree.SubElement(root, "TIME_ORDER")
    slots: list[int] = []
    for tier in own:
        element = ElementTree.SubElement(
            root, "TIER", TIER_ID=tier.name, LINGUISTIC_TYPE_REF=EVENT if tier.points else "action"
        )
        if tier.subject:
            element.set("PARTICIPANT", tier.subject)
        for instance in tier.instances:
            start, end = whole_span(instance, 1000)
            slots += [start, max(end, start + 1)]
            annotation = ElementTree.SubElement(
                ElementTree.SubElement(element, "ANNOTATION"), "ALIGNABLE_ANNOTATION",
                ANNOTATION_ID=f"a{len(slots) // 2}",
                TIME_SLOT_REF1=f"ts{len(slots) - 1}", TIME_SLOT_REF2=f"ts{len(slots)}",
            )  # fmt: skip
            label = NO_XML.sub("", instance["label"])
            ElementTree.SubElement(annotation, "ANNOTATION_VALUE").text = label
    for number, time in sorted(enumerate(slots, start=1), key=lambda slot: slot[1]):
        ElementTree.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=f"ts{number}", TIME_VALUE=str(time))
    for kind in ("action", EVENT):
        ElementTree.SubElement(
            root, "LINGUISTIC_TYPE", LINGUISTIC_TYPE_ID=kind, TIME_ALIGNABLE="true",
            GRAPHIC_REFERENCES="false",
        )  # fmt: skip
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _address(path: str) -> str:
    """The address of a media file, as a URI."""
    if re.match(r"[a-z]{2,}:", path):
        return path
    slashes = path.replace("\\", "/")
    return f"file://{'' if slashes.startswith('/') else '/'}{quote(slashes, safe='/:')}"


FORMAT = Format(
    "elan", "ELAN document or export", matches, read, ("*.eaf",),
    write=write, ending=".eaf", single=True, takes=("labels",),
)  # fmt: skip
