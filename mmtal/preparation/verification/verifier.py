"""Verify a data set: collect all its problems and describe it."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmtal.datasets import Truncate
from mmtal.datasets.extraction import places_of
from mmtal.models.task_modules import CenterAssigner, PointGenerator
from mmtal.preparation.verification.annotation_checks import (
    check_ids,
    check_instances,
    check_labels,
)
from mmtal.preparation.verification.annotations import read_recordings
from mmtal.preparation.verification.feature_checks import (
    check_channels,
    check_identical,
    check_lengths,
    read_features,
)
from mmtal.preparation.verification.findings import Findings, in_order
from mmtal.preparation.verification.known_defects import mark_known
from mmtal.preparation.verification.reach import channels_after, check_reach
from mmtal.preparation.verification.report import Report
from mmtal.preparation.verification.settings import (
    DataSetting,
    ModelSetting,
    as_list,
    settings_of_config,
)
from mmtal.preparation.verification.statistics import describe
from mmtal.preparation.verification.training import check_subsets, find_places
from mmtal.structures import FeatureGrid

OF_LENGTHS = (
    "axes seem to be exchanged",
    "wrong channel count",
    "duration and feature length disagree",
)
"""Findings that say more exactly why features cannot be placed in time."""


def verify(
    ann_file: str | Path | Sequence[str | Path],
    *,
    features: str | Path | Sequence[str | Path] | None = None,
    subset: str | Sequence[str] | None = None,
    file_prefix: str | None = None,
    file_ext: str | None = None,
    feature_key: str | None = None,
    feature_stride: float | None = None,
    snippet_frames: float | None = None,
    fps: float | None = None,
    classes: Sequence[str] | int | None = None,
    max_seq_len: int | None = None,
    min_overlap: float | None = None,
    regression_ranges: Sequence[tuple[float, float]] | None = None,
    center_radius: float | None = 1.5,
) -> Report:
    """Verify annotations and feature files; arguments not described are :class:`TemporalDataset`'s.

    Several annotation files are used together, several feature folders joined over the channels;
    without any, features are not checked. Prefix and ending of the files are by default those with
    which most recordings have a file. Without ``feature_stride``, it is as the features'
    ``features.yaml`` says; without that, lengths are compared with each other instead.
    ``regression_ranges`` are of each level, in grid units; level l has the level stride 2^l.

    Raises:
        FileNotFoundError: An annotation file does not exist.
        ValueError: An annotation file is not JSON or in another format altogether, or an argument
            is out of range.
    """
    folders = tuple(map(Path, as_list(features))) if features is not None else ()
    grid = places_of(folders, feature_stride, snippet_frames, fps)
    feature_stride, snippet_frames, fps = grid
    FeatureGrid(*(1.0 if value is None else value for value in grid))  # checks them
    truncate = None
    if max_seq_len is not None:
        truncate = Truncate(
            max_seq_len, min_overlap=1.0 if min_overlap is None else min_overlap, crop_ratio=None
        )
    ranges = list(regression_ranges or ())
    settings = [
        DataSetting(
            Path(path),
            folders=folders,
            subsets=None if subset is None else tuple(as_list(subset)),
            file_prefix=file_prefix,
            file_ext=file_ext,
            feature_key=feature_key,
            feature_stride=feature_stride,
            snippet_frames=snippet_frames,
            fps=fps,
            classes=classes if classes is None or isinstance(classes, int) else tuple(classes),
            truncate=None if min_overlap is None else truncate,
        )
        for path in as_list(ann_file)
    ]
    level_strides = tuple(2**level for level in range(len(ranges)))
    model = ModelSetting(
        max_seq_len=max_seq_len,
        level_strides=level_strides,
        points=PointGenerator(level_strides),
        assigner=CenterAssigner(ranges, center_radius=center_radius) if ranges else None,
    )
    return _verify(settings, model)


def verify_config(config: Mapping[str, Any]) -> Report:
    """Verify the data of all loaders of a config against its pipelines and its model.

    FileNotFoundError: an annotation file does not exist. ValueError: an annotation file is not in
    the format, or the config is no training config.
    """
    return _verify(*settings_of_config(config))


def _verify(settings: Sequence[DataSetting], model: ModelSetting) -> Report:
    findings = Findings()
    recordings, classes, files = read_recordings(settings, findings)
    read_features(recordings, files, findings)
    found, unplaced = find_places(recordings)
    check_ids(recordings, findings)
    check_instances(recordings, classes, findings)
    check_labels(recordings, classes, findings, needed=check_subsets(recordings, findings))
    if model.num_classes not in (None, 1, len(classes)):
        findings.report(
            "classes do not fit the model",
            f"the data have {len(classes)} classes, but num_classes is {model.num_classes}",
        )
    channels = check_channels(recordings, model, channels_after, findings)
    check_identical(recordings, findings)
    check_lengths(recordings, findings)
    if not any(finding.kind in OF_LENGTHS for finding in findings):
        for text in unplaced:
            findings.report("place in time unknown", text)
    reach = check_reach(recordings, model, findings)
    statistics = describe(recordings, classes, reach=reach, model=model, channels=channels)
    return Report(
        source=_source(settings),
        findings=in_order(mark_known(findings, recordings, files)),
        statistics=statistics,
        notes=[*found, *_notes(settings, model, found)],
        ann_files=[file.path for file in files],
        extents={
            recording.video_id: recording.extent
            for recording in recordings
            if recording.duration is None and math.isfinite(recording.extent)
        },
    )


def _source(settings: Sequence[DataSetting]) -> str:
    files = dict.fromkeys(str(setting.ann_file) for setting in settings)
    folders = dict.fromkeys(str(folder) for setting in settings for folder in setting.folders)
    return ", ".join(files) + (f" with {', '.join(folders)}" if folders else "")


def _notes(settings: Sequence[DataSetting], model: ModelSetting, found: Sequence[str]) -> list[str]:
    notes = []
    if not any(setting.folders for setting in settings):
        notes.append("features were not checked: no folder was given")
    if not found and any(s.feature_stride is None and not s.role for s in settings):
        notes.append(
            "feature stride and snippet are not known (--feature-stride, --snippet-frames): "
            "lengths are only compared with each other"
        )
    unknown = dict.fromkeys(name for setting in settings for name in setting.unknown_transforms)
    if unknown:
        notes.append(
            f"what these transforms do to the grid is not known: {', '.join(unknown)} (they have "
            "no attribute 'changes_grid')"
        )
    if model.no_coverage:
        notes.append(
            "which instances a model can reach was not checked: its assigner, "
            f"{model.no_coverage}, has no method 'coverage'"
        )
    elif model.assigner is None:
        notes.append(
            "which instances a model can reach was not checked: that needs a config, with its "
            "regression ranges"
        )
    return notes
