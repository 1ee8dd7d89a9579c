"""BORIS projects (``.boris``): the observations with their events, media and ethogram."""

import datetime
import json
import re
import string
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.pairing import Event, paired
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.tiers import lanes, whole_span
from mmtal.preparation.importers.times import in_seconds, to_positive
from mmtal.preparation.importers.values import media_name

KEYS = string.ascii_lowercase + string.digits + string.ascii_uppercase
OVERLAP = re.compile(r"\|?overlap \d+$")
SCORE = re.compile(r" ?\bscore=(\d+(?:\.\d+)?(?:e-\d+)?)$")


def matches(probe: Probe) -> bool:
    """Whether it has observations and an ethogram."""
    content = probe.json
    return isinstance(content, dict) and {"observations", "behaviors_conf"} <= content.keys()


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read each observation as a recording of its name, or of its first video's.

    The latter with ``columns["recording"] = "media"``. Times are those of the first player, in
    which several media follow each other. ValueError: there is no observation.
    """
    content = read_json(source.path)
    kinds = {
        behavior["code"]: "POINT" if "point" in str(behavior["type"]).lower() else "STATE"
        for behavior in content["behaviors_conf"].values()
    }
    if not content["observations"]:
        raise ValueError(f"{source.path}: the project has no observation")
    for name, observation in content["observations"].items():
        where = f"{source.path}, observation '{name}'"
        with collected.at(where):
            _add_observation(name, observation, where, kinds, source, options, collected)


def _add_observation(
    name: str,
    observation: dict[str, Any],
    where: str,
    kinds: dict[str, str],
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    files = observation.get("file") or {}
    media = list((files.get("1") or []) if isinstance(files, dict) else files)
    info = observation.get("media_info") or {}
    known = {k: v for k, v in (info.get("length") or {}).items() if v not in (0, -1, "NA")}
    lengths = [to_positive(known.get(path), name="length") for path in media]
    rates = {to_positive((info.get("fps") or {}).get(path), name="fps") for path in media}
    if options.columns.get("recording") == "media":
        if not media:
            raise ValueError("has no media file: leave out --columns recording=media")
        name = media_name(media[0])
    recording = collected.recording(
        name,
        where=where,
        subset=source.subset,
        duration=round(sum(filter(None, lengths)), 6) if media and all(lengths) else None,
        fps=rates.pop() if len(rates) == 1 else None,
        group=_group(observation, options),
        media=dict(zip(media, lengths, strict=True)) or None,
        once=True,
    )
    if observation.get("time offset"):
        collected.note(f"{where}: the time offset is not added: times count from the media's start")
    events = []
    for number, row in enumerate(observation["events"]):
        place = f"{where}, event {number + 1}"
        with collected.at(place):
            time, subject, code, modifiers, comment = row[:5]
            if code not in kinds:
                raise ValueError(f"behavior '{code}' is not in the project's ethogram")
            texts = dict(subject=subject, modifiers=modifiers, comment=comment)
            details = {name: "" if text is None else text for name, text in texts.items()}
            wrong = next(
                (name for name, text in details.items() if not isinstance(text, str)), None
            )
            if wrong:
                raise ValueError(f"'{wrong}' must be a text, but got {details[wrong]!r:.60}")
            events.append(Event(in_seconds(time, None, None), kinds[code], code, place, details))
    for event, end in paired(events, collected):
        details = dict(event.details, modifiers=OVERLAP.sub("", event.details["modifiers"]))
        score = SCORE.search(details["comment"])
        details["comment"] = SCORE.sub("", details["comment"])
        collected.add(
            recording, event.time, end, event.label,
            where=event.where, point=event.time == end,
            score=float(score[1]) if score else None, **details,
        )  # fmt: skip


def _group(observation: dict[str, Any], options: ImportOptions) -> str | None:
    """The independent variable of this name, if it has a value."""
    variables = observation.get("independent_variables") or {}
    value = variables.get(options.group_column or "")
    return str(value) if value not in (None, "") else None


def write(database: Database) -> str:
    """A project with an observation for each recording; times in milliseconds.

    Instances of one behavior and subject that overlap, which BORIS cannot tell apart, get the
    modifier ``overlap 2`` and so on; scores are in the comments.
    """
    states = {i["label"] for e in database.values() for i in e["annotations"] if "segment" in i}
    observations, codes, subjects = {}, dict[str, set[str]](), dict[str, None]()
    for name, entry in database.items():
        rows = []
        keys: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for instance in entry["annotations"]:
            key = (instance["label"], *(instance.get(k, "") for k in ("subject", "modifiers")))
            keys.setdefault(key, []).append(instance)
        for (label, subject, modifiers), instances in keys.items():
            subjects |= {subject: None} if subject else {}
            overlapping = lanes(instances) if label in states else [instances]
            for number, lane in enumerate(overlapping, start=1):
                mark = f"{modifiers}|overlap {number}".strip("|") if number > 1 else modifiers
                codes.setdefault(label, set()).add(mark)
                for instance in lane:
                    times = [time / 1000 for time in whole_span(instance, 1000)]
                    for time in times if label in states else times[:1]:
                        rows.append([time, subject, label, mark, _comment(instance)])
        observations[name] = _observation(name, entry, sorted(rows, key=lambda row: row[0]))
    project = dict(
        time_format="hh:mm:ss",
        project_date=_now(),
        project_name="mmtal",
        project_description="",
        project_format_version="7.0",
        subjects_conf={
            str(k): dict(key="", name=name, description="") for k, name in enumerate(subjects)
        },
        behaviors_conf={
            str(k): _behavior(code, code in states, marks, KEYS[k : k + 1])
            for k, (code, marks) in enumerate(codes.items())
        },
        observations=observations,
        behavioral_categories=[],
        independent_variables={},
        coding_map={},
        behaviors_coding_map=[],
        converters={},
    )
    return json.dumps(project, indent=1, ensure_ascii=False)


def _observation(name: str, entry: Mapping[str, Any], rows: list[list[Any]]) -> dict[str, Any]:
    media = entry.get("media") or {}
    if not media and entry.get("duration"):  # BORIS will ask where it is
        media = {name: entry["duration"]}
    return {
        "file": {"1": list(media), **{str(player): [] for player in range(2, 9)}},
        "type": "MEDIA" if media else "LIVE",
        "date": _now(),
        "description": "",
        "time offset": 0.0,
        "events": rows,
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "scan_sampling_time": 0,
        "media_info": {
            "length": {path: length for path, length in media.items() if length},
            "fps": dict.fromkeys(media, entry["fps"]) if entry.get("fps") else {},
            "hasVideo": dict.fromkeys(media, True),
            "hasAudio": dict.fromkeys(media, False),
            "offset": {str(player): 0.0 for player in range(1, 9)},
        },
    }


def _behavior(code: str, state: bool, marks: set[str], key: str) -> dict[str, Any]:
    columns = zip_longest(*(mark.split("|") for mark in sorted(marks) if mark), fillvalue="")
    modifiers = {
        str(k): dict(
            name="", description="", type=0, values=[v for v in dict.fromkeys(values) if v]
        )
        for k, values in enumerate(columns)
    }
    return {
        "type": "State event" if state else "Point event", "key": key, "code": code,
        "description": "", "category": "", "modifiers": modifiers or "", "excluded": "",
        "coding map": "",
    }  # fmt: skip


def _comment(instance: Mapping[str, Any]) -> str:
    score = f"score={instance['score']:.6g}" if "score" in instance else ""
    return " ".join(filter(None, (instance.get("comment", ""), score)))


def _now() -> str:
    return datetime.datetime.now().isoformat(timespec="seconds")


FORMAT = Format(
    "boris",
    "BORIS project",
    matches,
    read,
    ("*.boris", "*.boris.gz"),
    write=write,
    ending=".boris",
    takes=("columns.recording",),
)
