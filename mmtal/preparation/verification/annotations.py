"""Read annotation files and collect everything that is wrong with them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmtal.datasets.annotation_file import (
    entry_problems,
    names_by_id,
    read_database,
    shorten,
)
from mmtal.datasets.point_events import is_point, only_points, points_text, times_of
from mmtal.preparation.verification.findings import Findings
from mmtal.preparation.verification.recording import Instance, Recording
from mmtal.preparation.verification.settings import DataSetting
from mmtal.utils.file_names import stays_below
from mmtal.utils.wording import counted


@dataclass(frozen=True)
class AnnotationContent:
    """An annotation file without what is not in the format.

    Attributes:
        path: The file.
        names: All of its recordings, whatever their entries look like.
        database: Entries in the format.
        numbers: Where instances were left out: the numbers in the file of those that are left.
        points: Whether its instances are events without duration.
        rest: Instances of each recording of the other kind, by number; not in the database.
    """

    path: Path
    names: frozenset[str]
    database: dict[str, dict[str, Any]]
    numbers: dict[str, list[int]]
    points: bool
    rest: dict[str, dict[int, dict[str, Any]]]


def read_recordings(
    settings: Sequence[DataSetting], findings: Findings
) -> tuple[list[Recording], list[str], list[AnnotationContent]]:
    """The recordings that the settings choose, in the order of the files, each once.

    Instances that are not in the format become findings, as do contradictions. Also returned are
    the names of the classes by label, and the files. FileNotFoundError: an annotation file does not
    exist. ValueError: an annotation file is not JSON, or is in a different format altogether.
    """
    files: dict[Path, AnnotationContent] = {}
    for setting in settings:
        if setting.ann_file not in files:
            points = setting.point_width is not None if setting.role else None
            files[setting.ann_file] = read_file(setting.ann_file, findings, points=points)
    recordings: dict[tuple[Any, ...], Recording] = {}
    for setting in settings:
        file = files[setting.ann_file]
        for video_id in _chosen(setting, file.database, findings):
            key = (setting.ann_file, setting.folders, setting.file_prefix, video_id)
            if key not in recordings:
                recordings[key] = _recording(setting, video_id, file)
    classes = _classes(settings[0], list(files.values()), findings)
    _check_splits(settings, list(recordings.values()), findings)
    return list(recordings.values()), classes, list(files.values())


def read_file(path: Path, findings: Findings, *, points: bool | None = None) -> AnnotationContent:
    """Read an annotation file; what is wrong with it as a whole is a finding, too.

    ``points``: whether its events without duration are the instances; None: if there are no others.
    """
    database, replaced = read_database(path)
    for video_id, earlier in replaced:
        later = database[video_id]
        subsets = [e.get("subset") if isinstance(e, dict) else None for e in (earlier, later)]
        findings.report(
            "repeated recording" if subsets[0] == subsets[1] else "recording in two splits",
            f"occurs more than once in the file, in {' and '.join(map(repr, subsets))}, "
            + ("with the same content" if earlier == later else "with different content"),
            recording=video_id,
            ann_file=path,
        )
    points = only_points(database) if points is None else points
    file = AnnotationContent(path, frozenset(database), {}, {}, points, {})
    for video_id, entry in database.items():
        _add(file, video_id, entry, findings)
    rest = [instance for own in file.rest.values() for instance in own.values()]
    if rest:
        kind = "segments left out" if points else "event without duration"
        text = counted(len(rest), "segment") if points else points_text(len(rest))
        findings.report(kind, text, ann_file=path)
    labels = {i["label"] for entry in file.database.values() for i in entry.get("annotations", ())}
    if both := sorted(labels & {instance["label"] for instance in rest}):
        findings.report("class of segments and events", ", ".join(map(repr, both)), ann_file=path)
    return file


def _add(file: AnnotationContent, video_id: str, entry: Any, findings: Findings) -> None:
    """Put an entry into the database, without what is not in the format."""
    if not stays_below(video_id):
        findings.report(
            "name is no path below the features",
            f"{video_id!r} would lie elsewhere",
            recording=video_id,
            ann_file=file.path,
        )
        return
    problems = list(entry_problems(entry))
    no_subset = isinstance(entry, dict) and "subset" not in entry
    for index, expected, found in problems:
        findings.report(
            "malformed entry",
            f"{'' if index is None else f'instance {index}: '}expected {expected}, but got "
            f"{shorten(found)}",
            recording=video_id,
            ann_file=file.path,
            instance=index,
            remedy="give every recording a subset: mmtal data split makes them"
            if no_subset
            else None,
        )
    if not isinstance(entry, dict) or not isinstance(entry.get("subset"), str):
        return
    found = entry.get("annotations", [])
    instances = found if isinstance(found, list) else []
    bad = {index for index, _, _ in problems}
    rest = [n for n, i in enumerate(instances) if is_point(i) != file.points and n not in bad]
    if problems or rest:
        file.rest[video_id] = {number: instances[number] for number in rest}
        numbers = [n for n in range(len(instances)) if n not in bad and n not in set(rest)]
        wrong = {name for name in ("duration", "fps") for _, e, _ in problems if f"'{name}'" in e}
        entry = {name: value for name, value in entry.items() if name not in wrong}
        entry["annotations"] = [instances[index] for index in numbers]
        file.numbers[video_id] = numbers
    file.database[video_id] = entry


def _chosen(
    setting: DataSetting, database: dict[str, dict[str, Any]], findings: Findings
) -> Iterator[str]:
    present = {entry["subset"].lower(): entry["subset"] for entry in database.values()}
    wanted = present.keys() if setting.subsets is None else {s.lower() for s in setting.subsets}
    for name in sorted(wanted - present.keys()):
        findings.report(
            "subset does not occur",
            f"'{name}' is not in the file; there is {', '.join(map(repr, present.values()))}",
            ann_file=setting.ann_file,
        )
    for video_id, entry in database.items():
        if entry["subset"].lower() in wanted:
            yield video_id


def _recording(setting: DataSetting, video_id: str, file: AnnotationContent) -> Recording:
    entry = file.database[video_id]
    found = entry.get("annotations", ())
    numbers = file.numbers.get(video_id, range(len(found)))
    fps = entry.get("fps") if setting.fps is None else setting.fps
    duration = entry.get("duration")
    return Recording(
        setting,
        video_id,
        entry["subset"],
        None if duration is None else float(duration),
        None if fps is None else float(fps),
        _instances(zip(numbers, found, strict=True)),
        _instances(file.rest.get(video_id, {}).items()),
    )


def _instances(found: Iterable[tuple[int, dict[str, Any]]]) -> list[Instance]:
    instances = []
    for number, instance in found:
        start, end = map(float, times_of(instance))
        instances.append(Instance(number, start, end, instance["label"], is_point(instance)))
    return instances


def _classes(
    setting: DataSetting, files: Sequence[AnnotationContent], findings: Findings
) -> list[str]:
    """The classes by label; contradictions in the files are findings."""
    if len(files) == 1:
        entries = files[0].database
    else:
        entries = {
            f"{video_id} ({file.path.name})": entry
            for file in files
            for video_id, entry in file.database.items()
        }
    if isinstance(setting.classes, tuple):
        return list(setting.classes)
    if setting.classes == "alphabetical":
        return sorted({i["label"] for e in entries.values() for i in e.get("annotations", ())})
    names, conflicts = names_by_id(entries)
    for recording, text in conflicts:
        findings.report(
            "contradicting label ids", text, recording=recording, ann_file=setting.ann_file
        )
    if conflicts:
        return sorted({i["label"] for e in entries.values() for i in e.get("annotations", ())})
    if not names:
        text = "no recording has an instance"
        if setting.point_width is not None:
            text += " with a 'time', which the data set's point_width is about"
        findings.report("no instance", text, ann_file=setting.ann_file)
    if setting.classes == "occurring":
        return [names[label] for label in sorted(names)]
    number = len(names) if setting.classes is None else int(setting.classes)
    kind = "gap in the label ids" if setting.classes is None else "unknown label"
    for label in sorted(names):
        if not 0 <= label < number:
            findings.report(
                kind,
                f"label_id {label} ('{names[label]}') occurs with {number} classes",
                ann_file=setting.ann_file,
            )
    if setting.classes is None:
        return [names[label] for label in sorted(names)]
    return [names.get(label, f"class_{label}") for label in range(number)]


def _check_splits(
    settings: Sequence[DataSetting], recordings: Sequence[Recording], findings: Findings
) -> None:
    """Recordings that are in several files, or that a config trains on and tests with."""
    places: dict[str, dict[Path, Recording]] = defaultdict(dict)
    for recording in recordings:
        places[recording.video_id].setdefault(recording.setting.ann_file, recording)
    for video_id, found in places.items():
        if len(found) > 1:
            splits = {recording.split for recording in found.values()}
            roles_here = {recording.setting.role for recording in found.values()}
            mixed = len(splits) > 1 or ("train" in roles_here and len(roles_here) > 1)
            findings.report(
                "recording in two splits" if mixed else "repeated recording",
                " and ".join(f"in {path} as '{r.subset}'" for path, r in found.items()),
                recording=video_id,
                ann_file=next(iter(found)),
            )
    roles: dict[tuple[Path, str], set[str]] = defaultdict(set)
    for setting in settings:
        for subset in setting.subsets or ():
            roles[setting.ann_file, subset.lower()].add(setting.role)
    for (path, subset), loaders in roles.items():
        if "train" in loaders and len(loaders) > 1:
            findings.report(
                "recording in two splits",
                f"all of subset '{subset}': the config uses it in the data loaders "
                + " and ".join(sorted(loaders)),
                ann_file=path,
            )
