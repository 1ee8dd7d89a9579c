"""Kinds of problems of a data set, with severity and remedy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mmtal.datasets.label_checks import REMEDY as LABEL_REMEDY
from mmtal.datasets.problems import REMEDIES
from mmtal.preparation.verification.recording import Recording

Severity = Literal["error", "warning"]

_ERRORS = {
    # the annotation file
    "malformed entry": "bring the entry into the format that docs/own_dataset.md describes",
    "name is no path below the features": REMEDIES["name is no path below the features"],
    "subset does not occur": "choose one of the subsets that are listed",
    "no subsets to train and test on": "a model cannot be trained without them",
    "no instance": "annotate at least one segment with a label",
    "class of segments and events": "give one kind another label: an instance of a class has "
    "either a 'segment' or a 'time'",
    "repeated recording": "take all but one out: JSON keeps only the last of one name",
    "recording in two splits": "keep it in one of them: a model must not be tested on what it was "
    "trained on",
    "identical features in two splits": "keep the recording in one split: it has another name "
    "there, but the very same features",
    "contradicting label ids": "give each class one label_id, or leave label_id out everywhere",
    "gap in the label ids": "number the classes from 0 without gaps, leave label_id out, or set "
    "classes",
    "unknown label": REMEDIES["unknown label"],
    "classes do not fit the model": "set model.head.num_classes to the number of classes",
    "times in another unit": REMEDIES["times in another unit"],
    "label in two spellings": LABEL_REMEDY,
    "missing fps": "add fps to each recording, or set fps for all of them",
    "reversed segment": REMEDIES["reversed segment"],
    "empty segment": REMEDIES["empty segment"],
    "segment outside the recording": REMEDIES["segment outside the recording"],
    "event outside the recording": "correct its time or the duration",
    # the feature files
    "place in time unknown": "a model cannot be trained without it",
    "missing feature folder": "check the folder's name, data_root and features",
    "missing feature file": REMEDIES["missing feature file"],
    "unusable feature file": REMEDIES["unusable feature file"],
    "empty feature file": "extract the features again or take the recording out",
    "sources of different lengths": "extract them with the same feature stride",
    "axes seem to be exchanged": REMEDIES["axes seem to be exchanged"],
    "wrong channel count": REMEDIES["wrong channel count"],
    "other columns": "give the columns of all tables one order, name and unit, or list 'channels' "
    "in tables.yaml",
    "channels do not fit the model": "set model.backbone.in_channels to the channels of the data",
    "NaN, infinite or absurd feature": REMEDIES["NaN, infinite or absurd feature"],
    "features never change": "extract this recording again: every feature is the same",
    "too short for the window": "take the recording out or shorten window_size",
    "duration and feature length disagree": REMEDIES["duration and feature length disagree"],
}
_WARNINGS = {
    "missing duration": "add the duration; until then it is as long as the features reach",
    "event without duration": "set point_width of the data sets if it is to be learned",
    "segments left out": "nothing, if only events are to be learned: point_width is about those",
    "duplicated instance": "take one out, or set remove_duplicates=True",
    "shorter than one snippet": "check the times; so short an instance leaves hardly a trace in "
    "the features",
    "labels differ only in case or spaces": "give the class one spelling if it is one class",
    "class absent from a split": "split in another way, or take the class out: it cannot be "
    "learned, or not be judged",
    "split without instances": "annotate it, or leave it out",
    "ids differ only in case or prefix": "take one out if they are one recording",
    "identical features": "take one out if they are one recording",
    "extra feature file": "annotate it, or ignore it: it is never read",
    "irregular samples": "masked samples have the channel's mean; max_gap in tables.yaml says how "
    "long a gap is interpolated",
    "constant channel": "leave the channel out, or ask why the extractor gives nothing there",
    "instance out of reach": "let the regression ranges and levels cover the instances",
}
KINDS: dict[str, tuple[Severity, str]] = {
    **{kind: ("error", remedy) for kind, remedy in _ERRORS.items()},
    **{kind: ("warning", remedy) for kind, remedy in _WARNINGS.items()},
}
"""Severity and remedy of each kind, in the order of reports. An error keeps the data from being
used, or makes results wrong; a warning may be as it should."""


@dataclass(frozen=True)
class Finding:
    """One case of a problem.

    Attributes:
        kind: One of ``KINDS``.
        severity: ``error`` or ``warning``.
        recording: Name; None where it concerns the whole data set.
        value: What was found.
        remedy: How to fix it.
        ann_file: Annotation file that it is in; empty if it is in none.
        instance: Number of the instance in the recording.
        subset: Of the recording.
        known: Published data set that is known to have this very case; None: it is new.
    """

    kind: str
    severity: Severity
    recording: str | None
    value: str
    remedy: str
    ann_file: str = ""
    instance: int | None = None
    subset: str | None = None
    known: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields that say something."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


class Findings(list[Finding]):
    """Collects findings."""

    def report(
        self,
        kind: str,
        value: str,
        *,
        of: Recording | None = None,
        severity: Severity | None = None,
        remedy: str | None = None,
        recording: str | None = None,
        ann_file: object = "",
        instance: int | None = None,
        subset: str | None = None,
    ) -> None:
        """Note a case, ``of`` a recording; severity and remedy are as in ``KINDS`` unless given."""
        if of is not None:
            recording, ann_file, subset = of.video_id, of.setting.ann_file, of.subset
        usual = KINDS[kind]
        severity, remedy = severity or usual[0], remedy or usual[1]
        found = Finding(kind, severity, recording, value, remedy, str(ann_file), instance, subset)
        self.append(found)


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """New errors, new warnings, known defects; each kind together, as in ``KINDS``."""
    kinds = list(KINDS)
    ranks = {"error": 0, "warning": 1}
    return sorted(
        findings, key=lambda f: (f.known is not None, ranks[f.severity], kinds.index(f.kind))
    )
