"""Checks that a model can be trained on the data, with the judgment of ``mmtal run auto``."""

from collections import defaultdict
from collections.abc import Sequence

from mmtal.datasets.features import open_features
from mmtal.datasets.sensor_tables import clock_rate
from mmtal.preparation.judgment import choose_subsets, find_placement
from mmtal.preparation.verification.findings import Findings
from mmtal.preparation.verification.recording import Recording


def check_subsets(recordings: Sequence[Recording], findings: Findings) -> set[str]:
    """Subsets to train and to test on, in lower case, if the data set is one file of features."""
    settings = {id(recording.setting): recording.setting for recording in recordings}
    setting = next(iter(settings.values()), None)
    if len(settings) != 1 or setting is None or setting.role or not setting.folders:
        return set()
    if setting.subsets is not None:
        return {name.lower() for name in setting.subsets} if len(setting.subsets) == 2 else set()
    try:
        chosen = choose_subsets([r.subset for r in recordings], source=setting.ann_file)
    except ValueError as error:
        findings.report("no subsets to train and test on", str(error), ann_file=setting.ann_file)
        return set()
    return {name.lower() for name in chosen}


def find_places(recordings: Sequence[Recording]) -> tuple[list[str], list[str]]:
    """Find where features lie in time, where neither config nor options say it.

    Args:
        recordings: Whose files have been read; they get the placement.

    Returns:
        Notes on what was found, and why the features of others cannot be placed.
    """
    notes, problems = [], []
    groups: dict[int, list[Recording]] = defaultdict(list)
    for recording in recordings:
        setting = recording.setting
        if not setting.role and setting.folders and recording.scans and recording.grid is None:
            groups[id(setting)].append(recording)
    for group in groups.values():
        try:
            notes.append(_place(group))
        except ValueError as error:
            problems.append(str(error))
    return notes, problems


def _place(group: Sequence[Recording]) -> str:
    setting = group[0].setting
    by_name = {recording.video_id: recording for recording in group}
    clock = clock_rate(group[0].paths)
    segments = {r.video_id: [{"segment": (i.start, i.end)} for i in r.instances] for r in group}
    placement = find_placement(
        {
            r.video_id: dict(duration=r.duration, fps=r.fps, annotations=segments[r.video_id])
            for r in group
        },
        {r.video_id: (r.length, r.channels) for r in group},
        open_features=lambda name: open_features(
            by_name[name].paths, key=setting.feature_key, rate=by_name[name].rate
        ),
        clock=clock,
        feature_stride=setting.feature_stride,
        snippet_frames=setting.snippet_frames,
        fps=setting.fps,
    )
    for recording in group:
        recording.placement = placement
    grid = placement.grid
    if placement.resized:
        return f"all recordings were resized to {group[0].length} features, each over its duration"
    told = "durations and numbers of features tell" if clock is None else "the tables' clocks tell"
    return (
        f"as {told}: --feature-stride {grid.feature_stride:g} "
        f"--snippet-frames {grid.snippet_frames:g} at {grid.fps:g} frames per second"
    )
