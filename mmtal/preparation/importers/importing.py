"""Import files of any format as the database of an annotation JSON."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from mmtal.datasets.segment_checks import (
    OUTSIDE_TOLERANCE,
    clip_segment,
    end_tolerance,
    segment_problem,
    unit_of_times,
)
from mmtal.preparation.importers.collected import Collected, Recording, normal_name
from mmtal.preparation.importers.detection import detect_format, find_format
from mmtal.preparation.importers.durations import (
    add_lengths,
    add_lengths_of_features,
    read_lengths,
    starts_of_features,
)
from mmtal.preparation.importers.format import Format, refuse_unread
from mmtal.preparation.importers.label_ids import number_labels
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.subsets import subset_in_name, subset_of_word
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.values import MEDIA_ENDINGS
from mmtal.utils.reading import reading
from mmtal.utils.wording import counted, first_of

SHOWN = 3
NOBODY = "(no subject)"
DEFAULT_SUBSET = "training"


@dataclass(frozen=True)
class Imported:
    """What has been imported.

    Attributes:
        database: As in an annotation JSON.
        formats: Names of the formats that were read.
        dropped: How many rows were left out, by reason.
        notes: What the user should know.
    """

    database: dict[str, dict[str, Any]]
    formats: tuple[str, ...]
    dropped: Mapping[str, int]
    notes: Sequence[str]


def import_annotations(
    sources: Sequence[Source],
    *,
    format_name: str | None = None,
    options: ImportOptions | None = None,
    durations: Path | None = None,
    features: Path | None = None,
    lists: Sequence[Source] = (),
    bad_segments: Literal["error", "keep", "drop", "point"] = "error",
) -> Imported:
    """Read annotations of any of the ``known_formats``, by default recognized by the content.

    Sources together are one data set. A table of durations overrides what they say; a folder of
    features gives those still missing. ``lists`` are text files that list the recordings of a
    subset; they override the sources, and recordings on none of them are for training, unless there
    is a list for that, too: then they are left out. Reversed and empty segments and those outside
    their recording are an error, or kept or dropped, and counted; ``point`` makes empty ones events
    without duration. ValueError: something cannot be
    read or is contradictory; all unreadable rows are in one error.
    """
    options = options or ImportOptions()
    for source in (*sources, *lists):
        if not source.path.exists():
            raise FileNotFoundError(f"{source.path} does not exist")
    lengths = read_lengths(durations) if durations is not None else {}
    starts = {
        **(starts_of_features(features) if features is not None else {}),
        **{name: length.start for name, length in lengths.items() if length.start},
    }
    tables = [*([durations] if durations is not None else []), *(source.path for source in lists)]
    aside = {*options.aside, *(path.resolve() for path in tables)}
    options = replace(options, starts=starts, aside=aside)
    collected = Collected()
    formats = [_read(source, format_name, options, collected) for source in sources]
    refuse_unread(options, formats)
    used, fixed = [f.name for f in formats], [f.title for f in formats if "unit" not in f.takes]
    _take_lists(lists, collected)
    _take_unpaired(collected, bad_segments)
    collected.raise_errors()
    for recording in collected.recordings.values() if options.background else ():
        kept = [i for i in recording.instances if i.label.lower() not in options.no_action]
        collected.drop("background", len(recording.instances) - len(kept))
        recording.instances = kept
    _take_details(collected, options)
    if not any(recording.instances for recording in collected.recordings.values()):
        left_out = ", ".join(f"{number} x {why}" for why, number in collected.dropped.items())
        raise ValueError(
            f"{', '.join(str(s.path) for s in sources)}: no instance could be read "
            f"({len(collected.recordings)} recordings, read as {' and '.join(used)}"
            + (f"; left out: {left_out}" if left_out else "")
            + "): check that labels and times are where the format has them"
        )
    if durations is not None:
        add_lengths(collected, lengths, options.fps)
    if features is not None:
        add_lengths_of_features(collected, features, options)
    recordings = list(collected.recordings.values())
    for recording in recordings:
        recording.fps = recording.fps or options.fps
    _group(recordings, options.group)
    _check_segments(recordings, bad_segments, options, collected, fixed)
    numbers = number_labels(recordings, options, collected)
    _note_doubts(recordings, collected)
    return Imported(
        database={r.name: _entry(r, numbers) for r in recordings},
        formats=tuple(dict.fromkeys(used)),
        dropped=dict(collected.dropped),
        notes=tuple(collected.notes),
    )


def _read(
    source: Source, format_name: str | None, options: ImportOptions, collected: Collected
) -> Format:
    with reading(source.path, "cannot be recognized"):
        chosen = find_format(format_name) if format_name else detect_format(source.path, options)
    with reading(source.path, f"is not complete as {chosen.title}"):
        chosen.add_to(collected, source, options)
    named = subset_in_name(source.path)
    open_ = [r for r in collected.recordings.values() if r.subset is None]
    for recording in open_:
        recording.subset = source.subset or named or DEFAULT_SUBSET
    if open_ and not source.subset:
        collected.note(
            f"{source.path}: subset '{named}' by the file's name"
            if named
            else f"{source.path}: says no subsets; recordings are '{DEFAULT_SUBSET}' unless "
            f"SUBSET={source.path}, --lists, --shares or --folds make others"
        )
    return chosen


def _take_unpaired(collected: Collected, policy: str) -> None:
    if policy == "drop":
        collected.drop("START or STOP without the other", len(collected.unpaired))
        return
    for where, text in collected.unpaired:
        collected.error(
            where,
            f"{text}: correct it in the tool, or leave it out by mmtal data import "
            "--bad-segments drop",
        )


def _take_details(collected: Collected, options: ImportOptions) -> None:
    """Choose subjects, make them recordings, the group or a part of the class; and modifiers."""
    crowded = None
    everybody = {
        str(i.details["subject"])
        for recording in collected.recordings.values()
        for i in recording.instances
        if i.details.get("subject")
    }
    if strangers := [name for name in options.subjects if name not in everybody]:
        raise ValueError(
            f"--subjects {strangers[0]}: nobody is called so; there is "
            + (first_of(sorted(everybody)) or "no subject")
        )
    for recording in collected.recordings.values() if options.subjects else ():
        kept = [i for i in recording.instances if i.details.get("subject") in options.subjects]
        collected.drop("of another subject", len(recording.instances) - len(kept))
        recording.instances = kept
    if options.per_subject:
        _part_subjects(collected)
    for recording in collected.recordings.values():
        subjects = sorted({str(i.details.get("subject", NOBODY)) for i in recording.instances})
        crowded = crowded or (subjects if len(subjects) > 1 else None)
        if options.group == "subject" and recording.group is None and subjects:
            if len(subjects) > 1 or subjects[0] == NOBODY:
                raise ValueError(
                    f"--group subject needs one subject in each recording, but '{recording.name}' "
                    f"has {first_of(subjects)}: take --class-parts subject, or --subjects NAME"
                )
            recording.group = subjects[0]
        for instance in recording.instances:
            parts = {k: instance.details.pop(k, "") for k in options.class_parts}
            if parts.get("modifiers"):
                instance.label += f" ({parts['modifiers']})"
            if parts.get("subject"):
                instance.label = f"{parts['subject']}: {instance.label}"
    if crowded and "subject" not in options.class_parts:
        collected.note(
            f"classes do not distinguish the subjects ({first_of(crowded)}): --class-parts subject "
            "does, and --subjects NAME takes one"
        )
    if any("modifiers" in i.details for r in collected.recordings.values() for i in r.instances):
        collected.note("classes do not distinguish modifiers: --class-parts modifiers does")


def _part_subjects(collected: Collected) -> None:
    """Make a recording of what each subject does, in a group with the others of its recording.

    ValueError: somebody does something, but it is not known who.
    """
    parted: dict[str, Recording] = {}
    for name, recording in collected.recordings.items():
        group = recording.group or name
        for instance in recording.instances:
            subject = instance.details.get("subject")
            if subject is None:
                raise ValueError(
                    f"{instance.where}: --per-subject needs a subject of each instance, but "
                    f"'{instance.label}' has none"
                )
            own = f"{name}.{subject}"
            part = replace(recording, name=own, group=group, instances=[])
            parted.setdefault(own, part).instances.append(instance)
        if not recording.instances:
            collected.drop("recording of nobody", 1)
    collected.recordings = parted


def _take_lists(lists: Sequence[Source], collected: Collected) -> None:
    if not lists:
        return
    listed: dict[str, str] = {}
    for source in lists:
        if not read_text(source.path).strip():
            raise ValueError(f"{source.path}: lists no recording of '{source.subset}'")
        for number, line in enumerate(read_text(source.path).split("\n"), start=1):
            where, name = f"{source.path}, line {number}", normal_name(line)
            if name and name not in collected.recordings:  # often with folder and ending
                name = PurePosixPath(name.replace("\\", "/")).name
                name = name if name in collected.recordings else name.rpartition(".")[0]
            if not line.strip():
                continue
            if name not in collected.recordings:
                collected.error(where, f"there is no recording '{line.strip()}'")
            elif listed.setdefault(name, str(source.subset)) != source.subset:
                collected.error(where, f"recording '{name}' is on another list, too")
    rest = len(collected.recordings.keys() - listed.keys())
    if any(subset_of_word(str(source.subset)) == DEFAULT_SUBSET for source in lists):
        collected.drop("recording on no list", rest)
        collected.recordings = {k: r for k, r in collected.recordings.items() if k in listed}
    elif rest:
        collected.note(f"on no list, hence '{DEFAULT_SUBSET}': {counted(rest, 'recording')}")
    for name, recording in collected.recordings.items():
        recording.subset = listed.get(name, DEFAULT_SUBSET)


def _group(recordings: Sequence[Recording], group: str | None) -> None:
    if group is None:
        return
    if "(" in group:
        try:
            pattern = re.compile(group)
        except re.error as error:
            raise ValueError(f"--group '{group}' is no pattern: {error}") from error
        for recording in recordings:
            found = pattern.search(recording.name)
            recording.group = found[1] if found else None
    without = [r.name for r in recordings if r.group is None]
    if group == "subject":  # nobody does anything in the others
        without = [r.name for r in recordings if r.group is None and r.instances]
    if without:
        raise ValueError(
            f"--group '{group}': {counted(len(without), 'recording')} without a group, such as "
            f"'{without[0]}'"
        )


def _check_segments(
    recordings: Sequence[Recording],
    policy: str,
    options: ImportOptions,
    collected: Collected,
    fixed: Sequence[str],
) -> None:
    ends = [max((i.end for i in r.instances), default=0.0) for r in recordings]
    unit = unit_of_times((e, r.duration or 0, r.fps) for e, r in zip(ends, recordings, strict=True))
    if unit and policy != "keep" and options.unit is None:
        worst = max(zip(ends, recordings, strict=True), key=lambda item: item[0])
        where = max(worst[1].instances, key=lambda instance: instance.end).where
        raise ValueError(
            f"{where}: the times look like {unit}, nothing is written: recording "
            f"'{worst[1].name}' lasts {worst[1].duration:g} s, and its last instance ends at "
            f"{worst[0]:g}. "
            + (
                f"{fixed[0]} has a unit of its own: correct the times in the file"
                if fixed
                else "Give --unit " + ("frames and --fps N" if unit == "frames" else "ms")
            )
        )
    found: dict[str, list[str]] = {}
    clipped = 0
    for recording in recordings:
        duration = math.inf if recording.duration is None else recording.duration
        tolerance = end_tolerance(recording.fps, options.feature_stride)
        kept = []
        for instance in recording.instances:
            span = (instance.start, instance.end)
            if policy != "keep":
                instance.start, instance.end = clip_segment(*span, duration, tolerance=tolerance)
                clipped += span != (instance.start, instance.end)
            kind = segment_problem(instance.start, instance.end, duration)
            if kind == "empty segment" and (instance.point or policy == "point"):
                instance.point = True
                inside = min(max(instance.start, 0.0), duration)
                near = abs(inside - instance.start) <= tolerance + OUTSIDE_TOLERANCE
                instance.start = instance.end = inside if near else instance.start
                kind = None if near else "event outside the recording"
            if kind:
                segment = f"'{instance.label}' [{instance.start:g}, {instance.end:g}] s"
                length = f", duration {duration:g} s" * (instance.end > duration)
                found.setdefault(kind, []).append(f"{instance.where}: {segment}{length}")
            if not kind or policy == "keep":
                kept.append(instance)
        recording.instances = kept
    if found and policy in ("error", "point"):
        lines = ["segments are wrong, nothing is written:"]
        for kind, cases in found.items():
            lines.append(f"{kind} ({len(cases)} found):")
            lines += [f"  - {case}" for case in cases[:SHOWN]]
            lines += [f"  - and {len(cases) - SHOWN} more"] * (len(cases) > SHOWN)
        lines.append(
            "Correct them (times are in seconds here); or take them as they are, for a published "
            "data set, with --bad-segments keep; or leave them out with --bad-segments drop"
        )
        if "empty segment" in found:
            lines.append("If they are events without duration: --bad-segments point")
        if "empty segment" in found and options.unit == "frames":
            lines.append("If ends are the last frames of their segments, add --inclusive")
        raise ValueError("\n".join(lines))
    if clipped:
        collected.note(f"{clipped} segments reach just over an end of their recording: clipped")
    for kind, cases in found.items():
        if policy == "drop":
            collected.drop(kind, len(cases))
        else:
            collected.note(f"{len(cases)} kept as published: {kind}")


def _note_doubts(recordings: Sequence[Recording], collected: Collected) -> None:
    points = sum(instance.point for r in recordings for instance in r.instances)
    if points:
        collected.note(
            f"{counted(points, 'event')} without duration: kept with a 'time', and left out of "
            "training unless the config's data set has a point_width"
        )
    labels = {instance.label for r in recordings for instance in r.instances}
    folded = Counter(label.casefold() for label in labels)
    twice = sorted(label for label in labels if folded[label.casefold()] > 1)
    if twice:
        collected.note("labels that differ only in case: " + ", ".join(map(repr, twice[:6])))
    repeated = sum(
        len(r.instances) - len({(i.start, i.end, i.label) for i in r.instances}) for r in recordings
    )
    if repeated:
        collected.note(f"{repeated} instances repeat another of their recording exactly")
    media = [r.name for r in recordings if r.name.lower().endswith(MEDIA_ENDINGS)]
    if media:
        collected.note(
            f"{len(media)} recordings have names with an ending, such as '{media[0]}'; their "
            f"features must be named '{media[0]}.npy'"
        )
    for key in ("duration", "fps"):
        without = sum(getattr(r, key) is None for r in recordings)
        if without:
            remedy = {
                "duration": "give --durations, or --features with --feature-stride and "
                "--snippet-frames (unless features.yaml says them), here or when a config is "
                "suggested or trained",
                "fps": "give it here with --fps, or in the config with fps=",
            }[key]
            collected.note(f"{counted(without, 'recording')} without {key}: {remedy}")


def _entry(recording: Recording, numbers: Mapping[str, int]) -> dict[str, Any]:
    entry: dict[str, Any] = {"subset": recording.subset}
    for key in ("duration", "fps", "group", "media"):
        if getattr(recording, key) is not None:
            entry[key] = getattr(recording, key)
    entry["annotations"] = [
        {
            "label": i.label,
            "label_id": numbers[i.label],
            **({"time": i.start} if i.point else {"segment": [i.start, i.end]}),
            **i.details,
        }
        for i in recording.instances
    ]
    return entry
