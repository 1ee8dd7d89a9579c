"""Checks of the feature files against the annotations and against each other."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from glob import escape
from pathlib import Path

import numpy as np

from mmtal.datasets.feature_check import DURATION_TOLERANCE, exchanged_axes, expected_length
from mmtal.datasets.feature_files import find_file_names, list_feature_files
from mmtal.datasets.features import MAX_LENGTH_DIFFERENCE, common_length
from mmtal.datasets.sensor_tables import ENDINGS as TABLES
from mmtal.preparation.verification.annotations import AnnotationContent
from mmtal.preparation.verification.feature_file import in_parallel, scan_file
from mmtal.preparation.verification.findings import Findings, Severity
from mmtal.preparation.verification.recording import Recording
from mmtal.preparation.verification.settings import ModelSetting
from mmtal.utils.file_names import composed
from mmtal.utils.media_files import is_media

SHOWN = 8
"""Channels that a message names."""

FEW = 0.2
"""Share of the recordings: if fewer deviate from a common feature stride, it is they that are
wrong, and else there is no common one."""


def read_features(
    recordings: Sequence[Recording], files: Sequence[AnnotationContent], findings: Findings
) -> None:
    """Read all feature files once, and put what is in them into the recordings.

    A file that belongs to none of the recordings in the annotation files is extra.
    """
    listings: dict[Path, list[str] | None] = {}
    expected: dict[Path, set[str]] = defaultdict(set)
    by_setting: dict[int, list[Recording]] = defaultdict(list)
    for recording in recordings:
        by_setting[id(recording.setting)].append(recording)
    todo: list[tuple[Recording, int]] = []
    for group in by_setting.values():
        setting = group[0].setting
        for folder in setting.folders:
            if folder not in listings:
                listings[folder] = _list(folder, findings)
        readable = [folder for folder in setting.folders if listings[folder] is not None]
        known = next(file.names for file in files if file.path == setting.ann_file)
        names = find_file_names(
            (listings[readable[0]] if readable else None) or [],
            known,
            prefix=setting.file_prefix,
            ending=setting.file_ext,
        )
        for folder in readable:
            expected[folder] |= {composed(f"{names.prefix}{name}") for name in known}
        if len(readable) < len(setting.folders):
            continue
        for recording in group:
            recording.paths = [names.path(f, recording.video_id) for f in setting.folders]
            todo += [(recording, index) for index in range(len(recording.paths))]
    scans = in_parallel(
        lambda item: scan_file(
            item[0].paths[item[1]],
            key=item[0].setting.feature_key,
            rate=item[0].rate,
            together=item[0].paths,
        ),
        todo,
        text="reading features",
    )
    for (recording, _), scan in zip(todo, scans, strict=True):
        recording.scans.append(scan)
    similar: dict[Path, dict[str, str]] = {}
    for recording in recordings:
        for folder in recording.setting.folders:
            if folder not in similar and any(scan.problem for scan in recording.scans):
                similar[folder] = _by_ending_of_name(listings[folder] or ())
        _check_files(recording, similar, findings)
    read = {Path(path) for recording in recordings for path in recording.paths}
    by_stem = {path.with_suffix(""): path for path in read}
    tables = {path.suffix for path in read}
    for folder, present in listings.items():
        for name in sorted(present or ()):
            path = folder / name
            if path in read or (path.name.endswith(TABLES) and path.suffix not in tables):
                continue  # tables: perhaps of annotations
            stem = composed(name).rsplit(".", 1)[0]
            if stem not in expected[folder]:
                findings.report("extra feature file", f"{path}: no recording has this name")
            elif other := by_stem.get(path.with_suffix("")):
                findings.report("extra feature file", f"{path}: {other.name} is read in its place")


def _list(folder: Path, findings: Findings) -> list[str] | None:
    """Feature files of a folder, also in folders below it; None if it cannot be read."""
    if not folder.is_dir():
        findings.report("missing feature folder", f"'{folder}' is not a folder")
        return None
    try:
        os.listdir(folder)
    except OSError as error:
        findings.report("missing feature folder", f"'{folder}' cannot be read ({error})")
        return None
    return list_feature_files(folder)


def _check_files(
    recording: Recording, similar: Mapping[Path, Mapping[str, str]], findings: Findings
) -> None:
    """Keep the scans of a recording if all of its files can be used."""
    usable = True
    for folder, scan in zip(recording.setting.folders, recording.scans, strict=False):
        if scan.problem:
            usable = False
            severity: Severity = "error"
            remedy = None
            if scan.problem == "missing feature file":
                severity = "warning" if recording.setting.allow_missing else "error"
                remedy = _hint(recording, similar[folder]) or _video_hint(scan.path)
            findings.report(scan.problem, scan.text, of=recording, severity=severity, remedy=remedy)
        for text in scan.notes:
            findings.report("irregular samples", f"{scan.path}: {text}", of=recording)
        if scan.nonfinite and not scan.problem:
            text = f"{scan.nonfinite} of {scan.path}"
            findings.report("NaN, infinite or absurd feature", text, of=recording)
    if not usable or not recording.scans:
        recording.scans = []
        return
    try:
        recording.length = common_length({str(s.path): s.length for s in recording.scans})
    except ValueError:
        text = ", ".join(f"{scan.path} has {scan.length}" for scan in recording.scans)
        findings.report("sources of different lengths", text, of=recording)
        recording.scans = []


def _by_ending_of_name(names: Sequence[str]) -> dict[str, str]:
    """Files by their name without ending, also without what is before a separator, folded."""
    found: dict[str, str] = {}
    for name in names:
        stem = name.rsplit(".", 1)[0].casefold()
        for position in [0, *(i + 1 for i, letter in enumerate(stem) if letter in "_-./ ")]:
            found.setdefault(stem[position:], name)
    return found


def _hint(recording: Recording, similar: Mapping[str, str]) -> str | None:
    """What to do if the file is there under a name with another prefix, case or ending."""
    name = similar.get(recording.video_id.casefold())
    if name is None:
        return None
    stem = name.rsplit(".", 1)[0]
    if stem.endswith(recording.video_id) and stem != recording.video_id:
        prefix = stem.removesuffix(recording.video_id)
        return f"there is '{name}': set file_prefix='{prefix}' if all are named so"
    return f"there is '{name}': let the names agree in prefix, case and ending"


def _video_hint(missing: Path) -> str | None:
    """What to do if a video is there in place of its features."""
    beside = missing.parent.glob(f"{escape(missing.stem)}.*")
    video = None if is_media(missing) else next(filter(is_media, beside), None)
    if video is None:
        return None
    return (
        f"there is '{video.name}': make features in another folder and give that one: mmtal data "
        f"extract {video.parent} --out FEATURES"
    )


def check_channels(
    recordings: Sequence[Recording],
    model: ModelSetting,
    delivered: Callable[[Recording], int],
    findings: Findings,
) -> tuple[int, ...]:
    """Channels of each recording against the others and the model, and constant ones.

    ``delivered`` is how many the pipeline makes of a recording's. Returned are the channels of each
    source that most recordings have.
    """
    read = [recording for recording in recordings if recording.scans]
    if not read:
        return ()
    usual = Counter(recording.channels for recording in read).most_common(1)[0][0]
    exchanged = exchanged_axes([(recording.length, recording.channels) for recording in read])
    if exchanged:
        findings.report("axes seem to be exchanged", exchanged)
    for recording in () if exchanged else read:
        if recording.channels != usual:
            turned = recording.length == usual[0] and len(usual) == 1
            findings.report(
                "wrong channel count",
                f"{_join(recording.channels)} channels, most have {_join(usual)} "
                f"({', '.join(map(str, recording.paths))})",
                of=recording,
                remedy="the array seems to be transposed: save features.T" if turned else None,
            )
    number = delivered(next(recording for recording in read if recording.channels == usual))
    if model.in_channels not in (None, number):
        made = f" and become {number}" if number != sum(usual) else ""
        findings.report(
            "channels do not fit the model",
            f"the features have {_join(usual)} channels{made}, but in_channels is "
            f"{model.in_channels}",
        )
    alike = [recording for recording in read if recording.channels == usual]
    _check_names(alike, findings)
    _check_constant(alike, findings)
    return usual


def _check_names(recordings: Sequence[Recording], findings: Findings) -> None:
    """Columns of tables, with their units, against those of most recordings."""
    for source in range(len(recordings[0].scans)):
        usual = Counter(r.scans[source].names for r in recordings).most_common(1)[0][0]
        for recording in recordings:
            scan = recording.scans[source]
            if scan.names != usual:
                names = ", ".join(scan.names) or "no names"
                text = f"{scan.path} has {names}; most have {', '.join(usual) or 'no names'}"
                findings.report("other columns", text, of=recording)


def _check_constant(recordings: Sequence[Recording], findings: Findings) -> None:
    """Channels with one value in a whole recording; once for all if they are so everywhere."""
    for source in range(len(recordings[0].scans)):
        scans = [r.scans[source] for r in recordings if r.scans[source].length > 1]
        total = np.zeros(recordings[0].scans[source].channels, dtype=np.int64)
        for scan in scans:
            total += scan.constant_channels
        # what hardly ever changes anywhere says nothing of a single recording
        usual = total > 0.5 * len(scans)
        dead = total == len(scans)
        if dead.any() and len(scans) > 1 and not dead.all():
            folder = scans[0].path.parent
            text = f"{_channels(dead, scans[0].names)} in all {len(scans)} recordings of {folder}"
            findings.report("constant channel", text)
        for recording in recordings:
            scan = recording.scans[source]
            constant = scan.constant_channels
            if constant.all() and scan.length > 1:
                text = f"all {scan.length} features of {scan.path} are the same"
                findings.report("features never change", text, of=recording)
            elif (constant & ~usual).any():
                text = f"{_channels(constant & ~usual, scan.names)} of {scan.path}"
                findings.report("constant channel", text, of=recording)


def check_identical(recordings: Sequence[Recording], findings: Findings) -> None:
    """Recordings with the same features under two names."""
    first: dict[bytes, Recording] = {}
    for recording in recordings:
        if not recording.scans or all(scan.constant_channels.all() for scan in recording.scans):
            continue
        other = first.setdefault(b"".join(scan.digest for scan in recording.scans), recording)
        if other.video_id != recording.video_id:
            split = " in two splits" if other.split != recording.split else ""
            text = f"('{recording.subset}') and '{other.video_id}' ('{other.subset}')"
            findings.report(f"identical features{split}", text, of=recording)


def check_lengths(recordings: Sequence[Recording], findings: Findings) -> None:
    """Number of features against the duration."""
    unknown: dict[int, list[Recording]] = defaultdict(list)
    for recording in recordings:
        if not recording.length or recording.duration is None:
            continue
        grid = recording.grid
        if grid is None or recording.placement is not None:
            unknown[id(recording.setting)].append(recording)
            continue
        expected = expected_length(grid, recording.duration, recording.length)
        if expected is not None:
            findings.report(
                "duration and feature length disagree",
                f"lasts {recording.duration:g} s at {recording.fps:g} frames per second, so it "
                f"should have {expected:.0f} features, but got {recording.length}",
                of=recording,
                severity=None if recording.setting.check_duration else "warning",
            )
    for group in unknown.values():
        _check_common_stride(group, findings)


def fit_lengths(recordings: Sequence[Recording]) -> tuple[float, float] | None:
    """Features per frame (per second, where frame rates are missing), and features at 0 frames.

    Robust to many outliers (Theil and Sen's slope; the median ratio where all last equally long).
    None: too few recordings, or all have the same number of features, such as resized ones.
    """
    frames, lengths = _frames_and_lengths(recordings)
    if len(set(lengths.tolist())) < 2 or len(lengths) < 3:
        return None
    order = np.random.default_rng(0).permutation(len(frames))[:400]
    x, y = frames[order], lengths[order]
    dx, dy = x[:, None] - x, y[:, None] - y
    far = dx > 0.1 * np.median(x)
    if not far.any():
        return float(np.median(y / x)), 0.0
    slope = float(np.median(dy[far] / dx[far]))
    return (slope, float(np.median(lengths - slope * frames))) if slope > 0 else None


def _frames_and_lengths(recordings: Sequence[Recording]) -> tuple[np.ndarray, np.ndarray]:
    with_fps = all(recording.fps for recording in recordings)
    frames = [(r.duration or 0) * ((r.fps or 1) if with_fps else 1) for r in recordings]
    return np.array(frames), np.array([float(r.length) for r in recordings])


def _check_common_stride(recordings: Sequence[Recording], findings: Findings) -> None:
    fit = fit_lengths(recordings)
    if fit is None:
        return
    frames, lengths = _frames_and_lengths(recordings)
    predicted = np.maximum(fit[0] * frames + fit[1], 0)
    slack = np.maximum(DURATION_TOLERANCE * predicted, MAX_LENGTH_DIFFERENCE)
    outliers = np.flatnonzero(np.abs(lengths - predicted) > slack).tolist()
    unit = "frames" if all(r.fps for r in recordings) else "s"
    if len(outliers) > max(FEW * len(recordings), 1):
        return  # it is the stride that is wrong
    for index in outliers:
        findings.report(
            "duration and feature length disagree",
            f"lasts {recordings[index].duration:g} s and should have {predicted[index]:.0f} "
            f"features, as most have one every {1 / fit[0]:.4g} {unit}, but got "
            f"{recordings[index].length}",
            of=recordings[index],
        )


def _channels(mask: np.ndarray, names: Sequence[str] = ()) -> str:
    numbers = np.flatnonzero(mask)
    named = len(names) == len(mask)  # else one animal of several was chosen
    shown = ", ".join(names[k] if named else str(k) for k in numbers[:SHOWN]) + (
        ", ..." if len(numbers) > SHOWN else ""
    )
    return f"{len(numbers)} of {len(mask)} channels ({shown})"


def _join(channels: Sequence[int]) -> str:
    return " + ".join(map(str, channels))
