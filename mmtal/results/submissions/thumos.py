"""THUMOS14 detection text: a line ``video start end class score`` for each detection.

Times are in seconds, classes are numbered as in THUMOS14's list of 101 classes, of which 20 are
detected. Sources: the challenge's evaluation setup and ``detclasslist.txt`` of its evaluation kit.
Its evaluator (``TH14evalDet.m``) reads the fields by white space and has no limit of detections.
"""

import re
from pathlib import Path

from mmtal.results.submissions.file_content import FileContent, write_content
from mmtal.results.submissions.official_list import Submission
from mmtal.results.submissions.raw_detections import RawDetections
from mmtal.utils.wording import counted

CLASS_IDS = {
    "BaseballPitch": 7, "BasketballDunk": 9, "Billiards": 12, "CleanAndJerk": 21, "CliffDiving": 22,
    "CricketBowling": 23, "CricketShot": 24, "Diving": 26, "FrisbeeCatch": 31, "GolfSwing": 33,
    "HammerThrow": 36, "HighJump": 40, "JavelinThrow": 45, "LongJump": 51, "PoleVault": 68,
    "Shotput": 79, "SoccerPenalty": 85, "TennisSwing": 92, "ThrowDiscus": 93,
    "VolleyballSpiking": 97,
}  # fmt: skip
DECIMALS = 3
"""Of the times that are written: one millisecond."""
LINE = re.compile(r"\S+(\s+[-+.\deE]+|\s+nan|\s+[-+]?inf){4}", re.IGNORECASE)


def matches(content: FileContent) -> bool:
    """Whether the first line has a name and four numbers."""
    first = next((line for line in content.lines if line.strip()), "")
    return LINE.fullmatch(first.strip()) is not None


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the detection of each line, its class by name; a number that is none is a problem."""
    name_of = raw.numbers or {number: name for name, number in CLASS_IDS.items()}
    unknown: dict[int, list[int]] = {}
    for number, line in enumerate(content.lines, start=1):
        fields = line.split()
        if not fields:
            continue
        place = f"line {number}"
        try:
            video, start, end, label, score = fields
            times, class_id, value = (float(start), float(end)), int(label), float(score)
        except ValueError:
            text = f"{place}: must be 'video start end class score', but is '{line.strip():.60}'"
            raw.problems.add("malformed detection", text)
            continue
        if class_id in name_of:
            raw.add(video, times, name_of[class_id], value, place)
        else:
            unknown.setdefault(class_id, []).append(number)
    what = "those that --classes names" if raw.numbers else "THUMOS14's"
    for class_id, lines in unknown.items():
        raw.total += len(lines)
        text = f"line {lines[0]}: class {class_id} is none of {what}, which are "
        more = f" ({counted(len(lines), 'detection')}; --classes says what numbers are)"
        raw.problems.add(
            "unknown label", text + ", ".join(map(str, name_of)) + more, count=len(lines)
        )


def write(path: str | Path, submission: Submission) -> None:
    """Write a line for each detection: times to the millisecond, scores as they are.

    A recording without a detection cannot be expressed in this format.
    """
    lines = [
        f"{video} {start:.{DECIMALS}f} {end:.{DECIMALS}f} "
        f"{CLASS_IDS[submission.classes[label]]} {score!r}\n"
        for video, (start, end), label, score in submission.detections.rows()
    ]
    write_content(path, "".join(lines), member="detections.txt")
