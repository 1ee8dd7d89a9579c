"""SoccerNet's ``results_spotting.json``: the actions of a game, points in time.

``{UrlLocal: game, predictions: [{gameTime: "1 - 12:34", label, position: "754000", half: "1",
confidence: "0.9"}]}``; the position is in milliseconds of the half. A recording is a half,
``<game>/1``. An evaluation server gets a zip archive, or a folder, of one file for each game.
Source: the package SoccerNet 0.2.0 (``Evaluation/ActionSpotting.py``).
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from mmtal.results.submissions.file_content import GAMES, FileContent, write_content
from mmtal.results.submissions.official_list import Submission
from mmtal.results.submissions.raw_detections import RawDetections


def matches(content: FileContent) -> bool:
    """Whether each of its games is an object with ``UrlLocal`` and ``predictions``."""
    games = _games(content)
    return bool(games) and all(
        isinstance(game, dict) and {"UrlLocal", "predictions"} <= game.keys() for game in games
    )


def _games(content: FileContent) -> list[Any]:
    return content.json if isinstance(content.json, list) else [content.json]


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the actions of both halves of each game."""
    for game in _games(content):
        for half in (1, 2):
            raw.recording(f"{game['UrlLocal']}/{half}")
        for number, row in enumerate(game["predictions"]):
            position, score = _number(row.get("position")), _number(row.get("confidence"))
            time = position / 1000 if isinstance(position, float) else position
            name = f"{game['UrlLocal']}/{row.get('half')}"
            raw.add(name, [time, time], row.get("label"), score, f"prediction {number}")


def _number(value: Any) -> Any:
    """Numbers are written as text, too; what is none stays, for the error to show."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def write(path: Path, submission: Submission) -> None:
    """Write a file for one game, or a zip archive for several.

    ValueError: a recording is not called ``<game>/1`` or ``<game>/2``, or several games are to go
    into one file.
    """
    games: dict[str, list[dict[str, str]]] = defaultdict(list)
    for video in submission.detections.video_ids:
        game, _, half = video.rpartition("/")
        if half not in ("1", "2") or not game:
            raise ValueError(
                f"recording '{video}' must be a half of a game, '<game>/1' or '<game>/2'"
            )
        games[game]
    for video, (start, end), label, score in submission.detections.rows():
        game, _, half = video.rpartition("/")
        milliseconds = round(500 * (start + end))
        minutes, seconds = divmod(milliseconds // 1000, 60)
        games[game].append(
            {
                "gameTime": f"{half} - {minutes:02d}:{seconds:02d}",
                "label": submission.classes[label],
                "position": str(milliseconds),
                "half": half,
                "confidence": repr(score),
            }
        )
    if path.suffix != ".zip" and len(games) != 1:
        raise ValueError(
            f"the results are of {len(games)} games, each of which has a file of its own: give "
            f"--out a name that ends in .zip, but got {path}"
        )
    write_content(
        path,
        {
            f"{game}/{GAMES}": json.dumps({"UrlLocal": game, "predictions": rows}) + "\n"
            for game, rows in games.items()
        },
        member=GAMES,
    )
