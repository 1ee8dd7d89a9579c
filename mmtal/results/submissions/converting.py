"""Convert results between formats, checked for the target."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmtal.datasets.problems import Problems
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions import ego4d, epic_kitchens, epic_sounds
from mmtal.results.submissions.file_content import read_content
from mmtal.results.submissions.formats import TARGETS, Format, Target, read_detections
from mmtal.results.submissions.official_list import (
    OfficialList,
    Submission,
    read_annotation_list,
    read_names,
)
from mmtal.results.submissions.raw_detections import FIXED, FIXES, LARGE, MOST_LOST, RawDetections
from mmtal.utils.reading import reading
from mmtal.utils.wording import counted


@dataclass(frozen=True, kw_only=True)
class ConvertOptions:
    """How to read, check and write.

    Attributes:
        to: One of ``TARGETS``.
        source_format: One of ``formats.FORMATS`` (default: by the content).
        part: Of a file that holds several results: for EPIC-Kitchens ``verb``, ``noun`` or
            ``action``, for Ego4D ``detect`` or ``retrieve``.
        official: The benchmark's list: annotation JSON, table of EPIC-Kitchens, moments of Ego4D.
        subset: Of an annotation JSON.
        class_file: Names of the classes by number, where neither the results nor ``official`` has
            them.
        fix: Keys of ``FIXES``: what to fix instead of refusing it; ``LARGE``: even if more than
            5 % of the detections are lost.
        max_per_video: Keep this many detections of each recording, those of highest score.
        levels: EPIC-Kitchens' and EPIC-Sounds' three declared levels of supervision, 0 to 5.
        modality: EPIC-Sounds' declared one: ``audio``, ``video`` or ``audio-video``.
        external_data: ActivityNet's and HACS's declaration of other data that were used.
        retrieval: For Ego4D: file with the detections for recall (default: the same as for mAP).
        time_zero: For Ego4D: what time 0 of the results is: the first of the ``features``, as in
            annotations of ours and the official ActionFormer, or of the ``clip``.
    """

    to: str = "results"
    source_format: str | None = None
    part: str | None = None
    official: Path | None = None
    subset: str | None = None
    class_file: Path | None = None
    fix: Sequence[str] = ()
    max_per_video: int | None = None
    levels: Sequence[int] = ()
    modality: str = "audio"
    external_data: str | None = None
    retrieval: Path | None = None
    time_zero: str = "features"


def convert_results(path: Path, out: Path | None, options: ConvertOptions) -> Submission:
    """Read results, check them for a format and write them in it; without ``out`` only check.

    ValueError: a file cannot be read, or results are not fit for the format; the error names all
    kinds of problems with the first places of each.
    """
    target = TARGETS[options.to]
    official = None
    if options.official is not None:
        official = read_official_list(options.official, options.subset)
    _check_options(target, official, out, options)
    submission = _convert(path, target, official, options, is_final=out is None)
    second = options.retrieval
    if target.name == submission.source_format == "ego4d" and options.part is None:
        second = second or path
    if second is not None:
        own_part = replace(options, part="retrieve") if second == path else options
        other = _convert(second, target, official, own_part, is_final=False)
        notes = [*submission.notes, *(f"for recall: {note}" for note in other.notes)]
        retrieved = other.detections, other.classes
        submission = replace(submission, retrieved=retrieved, notes=notes)
    if out is not None:
        target.write(out, submission)
    return submission


def read_official_list(path: Path, subset: str | None) -> OfficialList:
    """The recordings of a benchmark: annotation JSON, table of EPIC-Kitchens, moments of Ego4D.

    ValueError: it is none of these.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    with reading(path, "is no list of recordings"):
        if path.suffix == ".csv":
            return epic_kitchens.read_table(path)
        videos = read_content(path).object.get("videos")
        if isinstance(videos, list) and all(isinstance(v, dict) and "clips" in v for v in videos):
            return ego4d.read_clips(path, videos)
        return read_annotation_list(path, subset)


def _check_options(
    target: Target, official: OfficialList | None, out: Path | None, options: ConvertOptions
) -> None:
    unknown = sorted(set(options.fix) - {*FIXES, LARGE})
    if unknown:
        raise ValueError(f"fix must name some of {', '.join(FIXES)}, {LARGE}, but got {unknown}")
    if options.max_per_video is not None and options.max_per_video < 1:
        raise ValueError(f"max_per_video must be >= 1, but got {options.max_per_video}")
    if target.name in ("epic", "epic-sounds") and out is not None and not options.levels:
        raise ValueError(
            f"an {target.title} declares its levels of supervision: give --sls with those "
            "of pretraining, training labels and training data, each 0 to 5"
        )
    if target.name == "ego4d" and not (official and official.starts):
        raise ValueError(
            "an Ego4D submission needs --ann moments_val.json or moments_test_unannotated.json: "
            "it says which clips there are and where in their videos they begin"
        )
    if options.retrieval is not None and target.name != "ego4d":
        raise ValueError("only an Ego4D submission has other detections for recall")


def _convert(
    path: Path,
    target: Target,
    official: OfficialList | None,
    options: ConvertOptions,
    *,
    is_final: bool,
) -> Submission:
    """Read and check one file; ``is_final``: it is itself what would be submitted."""
    form, content, raw = read_detections(
        path,
        format_name=options.source_format,
        part=options.part,
        default_part="action" if target.name == "epic" else None,
        names=official.names if official else {},
        class_file=options.class_file,
        verdict=f"not fit to become {target.title}",
    )
    if is_final and form.name == target.read_as and target.name != "results":
        form.check_header(content, raw.problems)
    classes = _classes(form, raw, official, options)
    table = raw.table(classes)
    shifted = official is not None and bool(official.starts) and options.time_zero == "features"
    if official is not None and shifted and form.name != "ego4d":
        table = ego4d.to_clip_time(table, official)
    if target.decimals is not None:
        table = replace(table, segments=np.round(table.segments, target.decimals))
    table = _writable(table, classes, target, official, raw.problems)
    if official is not None and target.taxonomy is not None:
        target.taxonomy(official, raw.problems)
    listed = table.video_ids if official is None else tuple(official.durations)
    unlisted = int((table.video_index_in(listed) < 0).sum())
    table = checked(table, official, raw.problems)
    fixes = [FIXES[name] for name in FIXES if name in (*target.fixes, *options.fix)]
    fixed = raw.problems.take(fixes)
    raw.problems.raise_if_any()
    total = raw.total - unlisted  # to choose recordings is no loss
    lost = total - len(table)
    if lost > MOST_LOST * total and LARGE not in options.fix:
        asked = f"--fix {' '.join(options.fix)}"
        raise ValueError(
            f"{path}: {asked} would leave out {lost:,} of {total:,} detections "
            f"({'; '.join(FIXED[kind] for kind in fixed)}). More than {MOST_LOST:.0%} are left out "
            f"only where that is asked for: {asked} {LARGE}"
        )
    if official is not None and shifted and target.name != "ego4d":
        table = ego4d.from_clip_time(table, official)
    notes = [f"{counted(count, 'case')} fixed: {FIXED[kind]}" for kind, count in fixed.items()]
    if options.max_per_video is not None:
        before = len(table)
        table = best_per_recording(table, options.max_per_video)
        notes.append(
            f"{before - len(table):,} left out, beyond the best {options.max_per_video} of a "
            "recording"
        )
    if official is None:
        notes.append("not checked: the list of recordings and their durations (give --ann)")
    return Submission(
        detections=table,
        classes=classes,
        official=official,
        levels=options.levels,
        modality=options.modality,
        external_data=options.external_data,
        source=f"{path.name} ({form.title})",
        source_format=form.name,
        notes=notes,
    )


def _classes(
    form: Format, raw: RawDetections, official: OfficialList | None, options: ConvertOptions
) -> list[str]:
    """The names of the classes by label, from the first source that knows them."""
    if options.class_file is not None:
        return read_names(options.class_file)
    if official is not None and official.classes is not None:
        return list(official.classes)
    if form.name == "epic" and options.part in epic_kitchens.COUNTS:
        return epic_kitchens.class_names(options.part, official.names if official else {})
    if "epic-sounds" in (form.name, options.to):
        return list(epic_sounds.CLASSES)
    found = raw.class_names()
    if found is None:
        raise ValueError(
            f"{raw.problems.source}: labels are numbers; their names are in the annotations that "
            "the results were made with (--ann) or in a file of class names (--classes)"
        )
    return found


def _writable(
    table: InstanceTable,
    classes: Sequence[str],
    target: Target,
    official: OfficialList | None,
    problems: Problems,
) -> InstanceTable:
    """The detections of classes that the target can hold; the others are noted as a problem."""
    unknown = []
    for label, count in Counter(table.labels.tolist()).items():
        name = classes[label] if label < len(classes) else f"number {label}"
        if label >= len(classes) or (target.has_class and not target.has_class(name, official)):
            unknown.append(label)
            text = f"class '{name}' of {counted(count, 'detection')} is none of {target.title}"
            problems.add("unknown label", text)
    return table.select(~np.isin(table.labels, unknown))


TOLERANCE = 1e-3
"""Seconds that a segment may lie outside its recording: rounding, not a mistake."""


def checked(
    detections: InstanceTable, official: OfficialList | None, problems: Problems
) -> InstanceTable:
    """Note all that is wrong, and return the detections with it fixed.

    Segments without a length are left out and, where the list of recordings is known: segments are
    clipped to their recording, recordings that it does not name are left out, and those without
    results get an empty list.
    """
    start, end = detections.segments.T
    wrong = start > end if (start == end).all() else start >= end  # points have no length
    _note(problems, "reversed or empty segment", detections, wrong)
    if official is None:
        return detections.select(~wrong)
    for video in detections.video_ids:
        if video not in official.durations:
            problems.add("unlisted recording", f"'{video}' is not in {official.source}")
    there = set(detections.video_ids)
    missing = [video for video in official.durations if video not in there]
    for video in missing:
        problems.add("missing recording", f"'{video}' of {official.source} has no results")
    # In the order of the results: it decides between tied scores.
    listed = [video for video in detections.video_ids if video in official.durations] + missing
    own = detections.video_index_in(listed)
    limit = np.array([official.durations[v] or np.inf for v in listed] + [np.inf])[own]
    outside = ((start < -TOLERANCE) | (end > limit + TOLERANCE)) & ~wrong
    ends = [f"recording ends at {value:.3f} s" for value in limit[outside]]
    _note(problems, "segment outside the recording", detections, outside, ends)
    clipped = np.stack([start.clip(min=0), np.minimum(end, limit)], axis=1)
    keep = (own >= 0) & ~wrong & ~((clipped[:, 0] >= clipped[:, 1]) & (start < end))
    fixed = replace(
        detections,
        video_ids=tuple(listed),
        video=own,
        segments=np.where(outside[:, None], clipped, detections.segments),
    )
    return fixed.select(keep)


def best_per_recording(detections: InstanceTable, count: int) -> InstanceTable:
    """The detections of highest score of each recording, in their order; ties to the first."""
    order = np.lexsort((np.arange(len(detections)), -detections.scores, detections.video))
    video = detections.video[order]
    rank = np.arange(len(order)) - np.searchsorted(video, video)
    return detections.select(np.sort(order[rank < count]))


def _note(
    problems: Problems,
    kind: str,
    detections: InstanceTable,
    mask: NDArray[np.bool_],
    more: Sequence[str] = (),
) -> None:
    for number, row in enumerate(np.flatnonzero(mask).tolist()):
        start, end = detections.segments[row]
        video = detections.video_ids[detections.video[row]]
        text = f"recording '{video}': {start:.3f} to {end:.3f} s"
        problems.add(kind, f"{text}, {more[number]}" if more else text)
