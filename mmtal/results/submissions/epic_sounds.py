"""Submissions to the EPIC-Sounds audio-based interaction detection challenge (C10).

``{version: "0.1", challenge: "audio_based_interaction_detection", sls_pt, sls_tl, sls_td, t_mod,
results}``; results are ``{video: [{interaction, score, segment: [start, end] (s)}]}``, classes by
number. Source: ``C10-epic-sounds-detection/EvaluationCode`` (its validation is repeated here); it
sets no limit of detections, and leaves out the class background.
"""

from pathlib import Path
from typing import Any

from mmtal.datasets.problems import Problems
from mmtal.results.submissions.activitynet import each_detection
from mmtal.results.submissions.epic_kitchens import LEVELS, check_declared, write_declared
from mmtal.results.submissions.file_content import FileContent
from mmtal.results.submissions.official_list import Submission
from mmtal.results.submissions.raw_detections import RawDetections

HEADER = {"version": "0.1", "challenge": "audio_based_interaction_detection"}
MODALITIES = ("audio", "video", "audio-video")
"""What a model was trained on, by the number that is declared as ``t_mod``."""
CLASSES = (
    "metal-only collision", "scrub / scrape / scour / wipe", "cut / chop", "open / close", "rustle",
    "water", "plastic-only collision", "footstep", "stir / mix / whisk", "slide object",
    "metal / wood collision", "metal / plastic collision", "metal / ceramic collision",
    "background", "ceramic-only collision", "beep", "click", "metal / glass collision",
    "paper-only collision", "pour", "glass-only collision", "wood-only collision",
    "plastic / paper collision", "metal / paper collision", "human", "metal / cloth collision",
    "plastic / ceramic collision", "plastic / wood collision", "metal / marble collision",
    "sizzling / boiling", "ceramic / glass collision", "plastic / marble collision",
    "plastic / glass collision", "kettle / mixer / appliance", "ceramic / wood collision",
    "kneading", "cloth-only collision", "ceramic / marble collision", "glass / marble collision",
    "wood / glass collision", "hoover / fan", "spray", "zip", "drink / eat",
)  # fmt: skip
"""Names by number, as ``EPIC_Sounds_validation.csv`` has them."""


def matches(content: FileContent) -> bool:
    """Whether it declares the challenge, or its first detection has an ``interaction``."""
    results = content.object.get("results")
    lists = results.values() if isinstance(results, dict) else ()
    first: Any = next((item for found in lists if isinstance(found, list) for item in found), {})
    has_one = isinstance(first, dict) and "interaction" in first
    return has_one or content.object.get("challenge") == HEADER["challenge"]


def read(content: FileContent, raw: RawDetections) -> None:
    """Add all detections, labels by number; ValueError: the file is not in the layout."""
    raw.is_from_0 = True
    for video, number, found in each_detection(
        content, content.object.get("results"), raw, where="results"
    ):
        label = found.get("interaction")
        if type(label) is not int or not 0 <= label < len(CLASSES):
            text = f"detection {number}: 'interaction' must be 0 to {len(CLASSES) - 1}"
            raw.problems.add("unknown label", f"recording '{video}', {text}, but is {label!r:.40}")
        else:
            raw.add(video, found.get("segment"), label, found.get("score"), f"detection {number}")


def check_header(content: FileContent, problems: Problems) -> None:
    """Note the fields that the server would refuse."""
    check_declared(content, HEADER, {**dict.fromkeys(LEVELS, 5), "t_mod": 2}, problems)


def write(path: str | Path, submission: Submission) -> None:
    """Write a submission; in a zip archive it is ``test.json``.

    ValueError: a level or the modality cannot be declared.
    """
    if submission.modality not in MODALITIES:
        choices = ", ".join(MODALITIES)
        raise ValueError(f"modality must be one of {choices}, but got '{submission.modality}'")
    names = submission.classes
    labels = set(submission.detections.labels.tolist())
    numbers = {label: dict(interaction=CLASSES.index(names[label])) for label in labels}
    header = dict(HEADER, t_mod=MODALITIES.index(submission.modality))
    write_declared(path, header, submission, numbers)
