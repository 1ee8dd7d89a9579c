"""SoccerNet's ``Labels-v2.json`` (and ``Labels-ball.json``, ``results_spotting.json``)."""

import re
from pathlib import Path
from typing import Any

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.times import to_number

LABELS, PREDICTIONS = ("labels-v2.json", "labels-ball.json"), "results_spotting.json"
TIME = re.compile(r"(\d+) - (\d+):(\d+)")


def matches(probe: Probe) -> bool:
    """Whether it has annotations (or predictions) with a ``gameTime``, or none of a game."""
    content, events = probe.json, _events(probe.json)
    empty = isinstance(content, dict) and "UrlLocal" in content and "annotations" in content
    return (bool(events) or empty) and all(isinstance(e, dict) and "gameTime" in e for e in events)


def _events(content: Any) -> list[Any]:
    found = (
        content.get("annotations", content.get("predictions")) if isinstance(content, dict) else []
    )
    return found if isinstance(found, list) else []


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the events of a game as points; a recording is a half, ``<game>/1``, its group the game.

    The team is the subject of an event. Times are milliseconds of the half. Both halves of
    ``Labels-v2.json`` are recordings, with events or without. Predictions that lie beside labels
    are read if they are given by name only.
    """
    content, name = read_json(source.path), source.path.name.lower()
    labels = _named_beside(source.path, LABELS)
    if source.in_folder and name == PREDICTIONS and labels:
        collected.note(f"{source.path}: predictions beside {labels[0].name}, left out")
        return
    game = content.get("UrlLocal") or source.path.absolute().parent.name
    game = str(game).replace("\\", "/").strip("/")
    for half in (1, 2) if name == LABELS[0] else ():
        collected.recording(
            f"{game}/{half}", where=str(source.path), subset=source.subset, group=game
        )
    for number, event in enumerate(_events(content)):
        where = f"{source.path}, event {number}"
        with collected.at(where):
            match = TIME.fullmatch(str(event["gameTime"]).strip())
            if match is None:
                raise ValueError(
                    f"'gameTime' must be '1 - 00:18', but got {event['gameTime']!r:.60}"
                )
            position = event.get("position")
            minutes = 60.0 * int(match[2]) + int(match[3])
            time = minutes if position is None else to_number(str(position)) / 1000
            score = event.get("confidence")
            shown = event.get("visibility") != "not shown"  # what the benchmark's figures part by
            team = event.get("team")
            recording = collected.recording(
                f"{game}/{match[1]}", where=where, subset=source.subset, group=game
            )
            collected.add(
                recording, time, time, event["label"], where=where, point=True,
                visibility=None if shown else "not shown",
                subject=None if team == "not applicable" else team,
                score=None if score is None else to_number(str(score)),
            )  # fmt: skip


def _named_beside(path: Path, names: tuple[str, ...]) -> list[Path]:
    return [other for other in path.parent.iterdir() if other.name.lower() in names]


FILES = tuple(f"**/{name}" for name in (*LABELS, PREDICTIONS))
"""Beside them lie ``Labels.json``, the same in fewer classes, and ``Labels-cameras.json``."""
FORMAT = Format("soccernet", "SoccerNet labels of a game", matches, read, FILES)
