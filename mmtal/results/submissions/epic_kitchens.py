"""Submissions to the EPIC-Kitchens-100 action detection challenge (C2).

``{version: "0.2", challenge: "action_detection", sls_pt, sls_tl, sls_td, results}``; results are
``{video: [{verb, noun, action: "verb,noun", score, segment: [start, end] (s)}]}`` with classes by
number: 97 verbs, 300 nouns. One score ranks a detection for all three tasks. The server takes a
zip archive that holds ``test.json``. Sources: ``C2-Action-Detection/EvaluationCode`` (its
validation is repeated here) and the challenge's page; neither sets a limit of detections.

In results JSON an action is a class named ``take plate``: a verb, a space and a noun of the
published class tables, or ``verb_0 noun_2`` where these are not at hand.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmtal.datasets.problems import Problems
from mmtal.preparation.importers.class_names import read_class_names
from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.durations import read_lengths
from mmtal.preparation.importers.formats.epic_kitchens import COLUMNS, FRAME_RATE, LENGTHS
from mmtal.preparation.importers.tables import read_table as read_rows
from mmtal.results.submissions.activitynet import check_fields, each_detection
from mmtal.results.submissions.file_content import FileContent, write_content
from mmtal.results.submissions.official_list import OfficialList, Submission
from mmtal.results.submissions.raw_detections import RawDetections

HEADER = {"version": "0.2", "challenge": "action_detection"}
LEVELS = ("sls_pt", "sls_tl", "sls_td")
"""Declared levels of supervision: pretraining, training labels, training data."""
COUNTS = {"verb": 97, "noun": 300}
PARTS = ("verb", "noun", "action")
IN_ARCHIVE = "test.json"

Names = Mapping[str, Mapping[int, str]]
"""``verb`` and ``noun`` to the names of their classes by number; may be empty."""


def matches(content: FileContent) -> bool:
    """Whether it declares levels of supervision, or its first detection is a verb and a noun."""
    results = content.object.get("results")
    lists = results.values() if isinstance(results, dict) else ()
    first: Any = next((item for found in lists if isinstance(found, list) for item in found), {})
    both = isinstance(first, dict) and {"verb", "noun"} <= first.keys()
    return both or content.object.get("challenge") == HEADER["challenge"]


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the detections by one of their three labels: ``verb``, ``noun`` or ``action``.

    A verb or noun keeps its number as label, an action gets a name. ValueError: the file is not in
    the layout, or no part is chosen.
    """
    if raw.part is None:
        raise ValueError(
            f"{content.path} holds verbs, nouns and actions in one: choose with --part {{verb, "
            "noun, action}, and convert it (mmtal results convert)"
        )
    results, raw.is_from_0 = content.object.get("results"), True
    for video, number, detection in each_detection(content, results, raw, where="results"):
        label = _label(detection, raw.part, raw.names)
        if label is None:
            given = {key: detection.get(key) for key in PARTS}
            raw.problems.add(
                "unknown label",
                f"recording '{video}', detection {number}: {given} must be 0 to "
                f"{COUNTS['verb'] - 1}, 0 to {COUNTS['noun'] - 1} and 'verb,noun'",
            )
        else:
            segment, score = detection.get("segment"), detection.get("score")
            raw.add(video, segment, label, score, f"detection {number}")


def _label(detection: Mapping[str, Any], part: str, names: Names) -> int | str | None:
    """The label of a part; None if that or another of the three is none."""
    single = {kind: detection.get(kind) for kind in COUNTS}
    pair = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*", str(detection.get("action")))
    joint = dict(zip(COUNTS, map(int, pair.groups()), strict=True)) if pair else {}
    for kind, count in COUNTS.items():
        for number in (single[kind], joint.get(kind)):
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < count:
                return None
    if part in COUNTS:
        return single[part]
    return " ".join(_name(kind, number, names) for kind, number in joint.items())


def _name(kind: str, number: int, names: Names) -> str:
    return names.get(kind, {}).get(number, f"{kind}_{number}")


def class_names(part: str, names: Names) -> list[str]:
    """Names of all verbs or nouns by number."""
    return [_name(part, number, names) for number in range(COUNTS[part])]


def check_header(content: FileContent, problems: Problems) -> None:
    """Note the fields that the server would refuse."""
    check_declared(content, HEADER, dict.fromkeys(LEVELS, 5), problems)


def check_declared(
    content: FileContent, header: Mapping[str, str], highest: Mapping[str, int], problems: Problems
) -> None:
    """Note fields that are not as in ``header``, and declared numbers that are not 0 to these."""
    check_fields(content, header, problems)
    for name, limit in highest.items():
        found = content.object.get(name)
        if type(found) is not int or not 0 <= found <= limit:
            problems.add("wrong field", f"'{name}' must be 0 to {limit}, but is {found!r:.40}")


def numbers_of(label: str, names: Names) -> tuple[int, int] | None:
    """The numbers of the verb and the noun that an action's name joins; None if it is no such name.

    Example:
        ``numbers_of("verb_0 noun_2", {})`` is ``(0, 2)``.
    """
    words = label.split(" ", maxsplit=1)
    if len(words) != 2:
        return None
    found = []
    for (kind, count), word in zip(COUNTS.items(), words, strict=True):
        known = {name: number for number, name in names.get(kind, {}).items()}
        numbered = re.fullmatch(rf"{kind}_(\d+)", word)
        number = known.get(word, int(numbered[1]) if numbered else -1)
        if not 0 <= number < count:
            return None
        found.append(number)
    return found[0], found[1]


def write(path: str | Path, submission: Submission) -> None:
    """Write a submission; in a zip archive it is ``test.json``, as the server wants it.

    ValueError: a level is not 0 to 5, or a class that occurs is no pair of verb and noun.
    """
    detections, classes = submission.detections, submission.classes
    names = submission.official.names if submission.official else {}
    pairs = {label: numbers_of(classes[label], names) for label in set(detections.labels.tolist())}
    wrong = [classes[label] for label, pair in pairs.items() if pair is None]
    if wrong:
        raise ValueError(f"'{wrong[0]}' is no name of a verb, a space, and a name of a noun")
    actions = {
        label: dict(verb=pair[0], noun=pair[1], action=f"{pair[0]},{pair[1]}")
        for label, pair in pairs.items()
        if pair
    }
    write_declared(path, HEADER, submission, actions)


def write_declared(
    path: str | Path,
    header: Mapping[str, Any],
    submission: Submission,
    fields: Mapping[int, Mapping[str, Any]],
) -> None:
    """Write ``header``, levels of supervision, and detections with the ``fields`` of their labels.

    ValueError: a level is not 0 to 5.
    """
    detections, levels = submission.detections, submission.levels
    if len(levels) != len(LEVELS) or not all(0 <= level <= 5 for level in levels):
        raise ValueError(f"levels of supervision must be three numbers 0 to 5, but got {levels}")
    results: dict[str, list[Any]] = {video: [] for video in detections.video_ids}
    for video, segment, label, score in detections.rows():
        results[video].append(dict(fields[label], score=score, segment=segment))
    text = json.dumps(dict(header, **dict(zip(LEVELS, levels, strict=True)), results=results))
    write_content(path, text + "\n", member=IN_ARCHIVE)


def read_table(path: Path) -> OfficialList:
    """The videos of a published table, such as ``EPIC_100_test_timestamps.csv``.

    Durations and class names are those of the tables beside it. ValueError: it is no such table.
    """
    collected = Collected()
    table = read_rows(path, collected)
    header = table.header
    column = next((name for name in ("video_id", "video") if name in header), None)
    if column is None:
        raise ValueError(f"{path} must have a column video_id or video, but has {header}")
    videos = dict.fromkeys(row.values[column] for row in table.rows)
    collected.raise_errors()
    layout = next(k for k, names in COLUMNS.items() if column == names[0])
    lengths_path = path.parent / LENGTHS[layout]
    lengths = read_lengths(lengths_path) if lengths_path.is_file() else {}
    durations = {v: lengths[v].seconds(FRAME_RATE) if v in lengths else None for v in videos}
    tables = {kind: path.parent / f"EPIC_100_{kind}_classes.csv" for kind in COUNTS}
    names = {kind: read_class_names(table) for kind, table in tables.items() if table.is_file()}
    return OfficialList(str(path), durations, names=names)
