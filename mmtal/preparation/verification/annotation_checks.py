"""Checks of names, labels and segments, once files and annotations have been read."""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from mmtal.datasets.annotation_file import repeated_instances
from mmtal.datasets.label_checks import SHOWN, misspelt_labels
from mmtal.datasets.segment_checks import (
    OUTSIDE_TOLERANCE,
    clip_segment,
    end_tolerance,
    segment_problem,
    unit_of_times,
)
from mmtal.preparation.verification.findings import Findings
from mmtal.preparation.verification.recording import Recording

OUTSIDE = "segment outside the recording"
EVENT_OUTSIDE = "event outside the recording"


def check_ids(recordings: Iterable[Recording], findings: Findings) -> None:
    """Names that differ only in case, or in something before a separator."""
    by_name: dict[str, Recording] = {}
    for recording in recordings:
        by_name.setdefault(recording.video_id, recording)
    folded: dict[str, str] = {}
    for name, recording in by_name.items():
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            _report_pair(recording, by_name[other], "case", findings)
    for folded_name, name in folded.items():
        for position, letter in enumerate(folded_name):
            rest = folded.get(folded_name[position + 1 :]) if letter in "_-./ " else None
            if rest is not None:
                text = f"the prefix '{name[: position + 1]}'"
                _report_pair(by_name[name], by_name[rest], text, findings)


def _report_pair(first: Recording, second: Recording, text: str, findings: Findings) -> None:
    text = f"('{first.subset}') and '{second.video_id}' ('{second.subset}') differ only in {text}"
    findings.report("ids differ only in case or prefix", text, of=first)


def check_instances(
    recordings: Iterable[Recording], classes: Sequence[str], findings: Findings
) -> None:
    """Durations, frame rates, segments and labels, once the files have been read."""
    recordings = list(recordings)
    labels = set(classes)
    no_fps = [recording for recording in recordings if recording.fps is None]
    if recordings and len(no_fps) == len(recordings):
        needed = any(recording.setting.feature_stride for recording in recordings)
        findings.report(
            "missing fps",
            f"none of {len(recordings)} recordings has 'fps'",
            severity="error" if needed else "warning",
            remedy=None
            if needed
            else "add fps to each recording, or set fps in the config, as suggested configs do",
            ann_file=recordings[0].setting.ann_file,
        )
        no_fps = []
    for recording in no_fps:
        findings.report("missing fps", "has no 'fps'", of=recording)
    unit = unit_of_times(
        (max((i.end for i in recording.instances), default=0.0), recording.extent, recording.fps)
        for recording in recordings
    )
    if unit:
        text = f"these look like {unit}: --unit {unit}"
        findings.report("times in another unit", text, ann_file=recordings[0].setting.ann_file)
    for recording in recordings:
        if recording.duration is None:
            findings.report("missing duration", "has no 'duration'", of=recording)
        _check_segments(recording, findings)
        for instance in recording.instances:
            if instance.label not in labels:
                findings.report(
                    "unknown label", str(instance), of=recording, instance=instance.index
                )


def _check_segments(recording: Recording, findings: Findings) -> None:
    duration = recording.extent
    instances = recording.instances
    for instance in (*instances, *recording.rest):
        span = (instance.start, instance.end)
        clipped = clip_segment(*span, duration, tolerance=_tolerance(recording))
        if clipped != span:
            text = f"{instance}, duration {duration:g} s"
            findings.report(
                OUTSIDE,
                text,
                of=recording,
                instance=instance.index,
                severity="warning",
                remedy="nothing: it is clipped to the recording",
            )
        problem = segment_problem(*clipped, duration)
        if instance.point:
            inside = -OUTSIDE_TOLERANCE <= instance.start <= duration + OUTSIDE_TOLERANCE
            problem = None if inside else EVENT_OUTSIDE
        if problem:
            recording.bad.add(instance.index)
            text = f"{instance}, duration {duration:g} s" if "outside" in problem else f"{instance}"
            left_out: Literal["warning"] | None = "warning" if instance in recording.rest else None
            findings.report(problem, text, of=recording, instance=instance.index, severity=left_out)
    triples = [(instance.start, instance.end, instance.label) for instance in instances]
    for index, other in repeated_instances(triples).items():
        text = f"{instances[index]} repeats instance {instances[other].index}"
        findings.report("duplicated instance", text, of=recording, instance=instances[index].index)
    shortest = _snippet_seconds(recording)
    for instance in recording.good:
        length = instance.end - instance.start
        if length < shortest * (1 - 1e-6) and not instance.point:
            text = f"{instance} lasts {length:.3g} s, a snippet {shortest:.3g} s"
            findings.report("shorter than one snippet", text, of=recording, instance=instance.index)


def _tolerance(recording: Recording) -> float:
    """Seconds of a feature, as far as that is known."""
    stride = recording.setting.feature_stride
    if stride is None and recording.length and recording.duration:
        return recording.duration / recording.length
    return end_tolerance(recording.fps, stride)


def _snippet_seconds(recording: Recording) -> float:
    """Length of a snippet; of the time between two features where that is all that is known."""
    frames = recording.setting.snippet_frames
    if frames is not None and recording.fps is not None:
        return frames / recording.fps
    if recording.length and recording.duration:
        return recording.duration / recording.length
    return 0.0


def check_labels(
    recordings: Sequence[Recording],
    classes: Sequence[str],
    findings: Findings,
    *,
    needed: Collection[str],
) -> None:
    """Spelling of the classes, and which of them each split has; ``needed`` must have some."""
    spellings: dict[str, str] = {}
    for name in classes:
        other = spellings.setdefault(" ".join(name.casefold().split()), name)
        if other != name:
            findings.report("labels differ only in case or spaces", f"'{other}' and '{name}'")
    ann_file = recordings[0].setting.ann_file if recordings else ""
    present: dict[str, set[str]] = {}
    shown: dict[str, str] = {}
    for recording in recordings:
        shown.setdefault(recording.split, recording.subset)
        found = present.setdefault(recording.split, set())
        found.update(instance.label for instance in recording.instances)
    annotated = {split: found for split, found in present.items() if found}
    for split in present.keys() - annotated.keys():
        findings.report(
            "split without instances",
            f"'{shown[split]}' has none",
            subset=shown[split],
            ann_file=ann_file,
            severity="error" if split in needed else None,
        )
    for split, found in annotated.items():
        absent = [n for n in classes if n not in found and any(n in o for o in annotated.values())]
        if absent:
            names = ", ".join(map(repr, absent[:SHOWN])) + ", ..." * (len(absent) > SHOWN)
            findings.report(
                "class absent from a split",
                f"{len(absent)} of {len(classes)} do not occur in '{shown[split]}': {names}",
                subset=shown[split],
                ann_file=ann_file,
            )
    if not any(isinstance(recording.setting.classes, tuple) for recording in recordings):
        labels = ((r.subset, i.label) for r in recordings for i in r.instances)
        for text in misspelt_labels(labels):
            findings.report("label in two spellings", text, ann_file=ann_file)
