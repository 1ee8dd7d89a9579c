"""Extract the features of many videos, one job for each."""

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any

import torch

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.extraction import (
    SIDECAR,
    Extraction,
    read_extraction,
    write_extraction,
    write_videos,
)
from mmtal.datasets.feature_files import list_feature_files
from mmtal.datasets.frames import check_size
from mmtal.experiments.executor import Outcome, num_cores, run_jobs, visible_gpus
from mmtal.preparation.extraction import (
    Extracted,
    build_backbone,
    extract_video,
    hash_of,
    weights_of,
)
from mmtal.utils.file_names import composed
from mmtal.utils.files import make_folder
from mmtal.utils.media_damage import DamageWarning
from mmtal.utils.media_files import is_media, is_sound, videos_in
from mmtal.utils.wording import counted

MOST_WORKERS = 8
"""Processes where the user does not say, each with a backbone of its own in memory."""


def default_backbone(videos: Iterable[Path]) -> str:
    """The backbone where the user does not say: of sound files alone, that of sound."""
    return "log_mel" if all(map(is_sound, videos)) else "efficientnet_lite0"


@dataclass(frozen=True)
class VideoJob:
    """One video to extract the features of.

    Attributes:
        name: Of the recording.
        video: Its file.
        out: File of its features.
        log: Gets what is printed.
        extraction: How.
        weights: File of the backbone's weights; None: it has none.
    """

    name: str
    video: Path
    out: Path
    log: Path
    extraction: Extraction
    weights: Path | None

    @property
    def done(self) -> bool:
        """Whether its features are there, and newer than the video."""
        return is_done(self.out, self.video)


def is_done(features: Path, video: Path) -> bool:
    """Whether the features of a video are there, and newer than it."""
    return features.is_file() and features.stat().st_mtime >= video.stat().st_mtime


def find_videos(given: Sequence[str | Path]) -> dict[str, Path]:
    """Videos by the names of their recordings: of a folder, their paths in it without ending.

    FileNotFoundError: there is no such file. ValueError: two have one name, or there is none.
    """
    found: dict[str, Path] = {}
    for text in given:
        path = Path(text)
        if path.is_dir():
            named = [*videos_in(path).items()]
            if not named:
                raise ValueError(f"folder {path} holds no video")
        elif path.suffix == ".json" and path.is_file():
            named = [*videos_of(path, path.parent).items()]
        else:
            files = [path] if path.is_file() else map(Path, sorted(glob(str(text), recursive=True)))
            named = [
                (composed(file.stem), file) for file in files if file == path or is_media(file)
            ]
            if not named:
                raise FileNotFoundError(f"video {path} does not exist")
        for name, file in named:
            other = found.setdefault(name, file)
            if other.resolve() != file.resolve():
                beside = other.parent.resolve() == file.parent.resolve()
                advice = "leave one out" if beside else "give the folder that both are in"
                raise ValueError(f"{other} and {file} are both called '{name}': {advice}")
    return found


def videos_of(ann_file: Path, folder: Path) -> dict[str, Path]:
    """The videos of annotated recordings, in a folder or below, by the recordings' names.

    ValueError: a recording has no video, or it is not clear which.
    """
    videos = videos_in(folder)
    by_stem: dict[str, list[str]] = {}
    for path in videos:
        by_stem.setdefault(Path(path).name, []).append(path)
    found: dict[str, Path] = {}
    owners: dict[Path, str] = {}
    missing: list[str] = []
    for name in AnnotationFile(ann_file).database:
        own = composed(os.path.splitext(name)[0] if is_media(name) else name)
        paths = by_stem.get(Path(own).name, [])  # in any folder, however the recording is named
        best = [path for path in paths if f"/{path}".endswith(f"/{own}")] or paths
        best = [path for path in best if path == own] or best
        if len(best) > 1:
            raise ValueError(
                f"{ann_file}: recording '{name}' could be {videos[best[0]]} or {videos[best[1]]}: "
                f"name it '{best[0]}' or '{best[1]}', or leave one of these videos there"
            )
        if not best:
            missing.append(name)
            continue
        file = found[name] = videos[best[0]]
        if owners.setdefault(file, name) != name:
            raise ValueError(
                f"{ann_file}: recordings '{owners[file]}' and '{name}' could both be {file}: name "
                "them as their videos are, folders too"
            )
    if missing:
        raise ValueError(
            f"{ann_file}: {counted(len(missing), 'recording')} such as '{missing[0]}' without a "
            f"video of its name in {folder} or below: add them, give the folder of the videos in "
            "place of this file, or take these recordings out of it"
        )
    return found


def plan_extraction(
    videos: Mapping[str, Path],
    out: str | Path,
    *,
    backbone: str,
    weights: str | Path | None = None,
    fps: float | None = None,
    feature_stride: float | None = None,
    snippet_frames: int | None = None,
    size: int | tuple[int, int] | None = None,
) -> list[VideoJob]:
    """A job for each video, by its recording's name; what is not given is the backbone's default.

    Writes the folder's ``features.yaml``.

    Raises:
        KeyError: There is no such backbone.
        FileNotFoundError: There is no such file of weights.
        ValueError: An argument is out of range, or the folder holds features of another extraction.
    """
    file = weights_of(backbone, weights)
    digest = hash_of(file)
    kind = build_backbone(backbone, file)
    extraction = Extraction(
        backbone=backbone,
        weights=digest,
        fps=float(kind.fps if fps is None else fps),
        feature_stride=float(kind.feature_stride if feature_stride is None else feature_stride),
        snippet_frames=kind.snippet_frames if snippet_frames is None else snippet_frames,
        size=kind.size if size is None else size,
    )
    if extraction.snippet_frames < 1:
        raise ValueError(f"snippet_frames must be >= 1, but got {snippet_frames}")
    check_size(extraction.size)
    _ = extraction.grid  # checks the rest
    kind.check(extraction.snippet_frames, extraction.size)
    folder = make_folder(out)
    jobs = [
        VideoJob(n, v, folder / f"{n}.npy", folder / "logs" / f"{n}.log", extraction, file)
        for n, v in videos.items()
    ]
    present = read_extraction(folder)
    others = [job.out for job in jobs if job.out.exists()] if present is None else []
    if others:
        raise ValueError(
            f"{others[0]} is there, but no {SIDECAR} beside it says how it was made: give another "
            "--out"
        )
    if present != extraction and (present is None or not list_feature_files(folder)):
        write_extraction(folder, extraction)
    elif present != extraction:
        differing = [
            f"{name} {value}, not {extraction.to_dict()[name]}"
            for name, value in present.to_dict().items()
            if value != extraction.to_dict()[name]
        ]
        raise ValueError(
            f"{folder / SIDECAR} says that the features there were extracted with "
            f"{'; '.join(differing)}: give another --out, or the same options"
        )
    write_videos(folder, videos)
    return jobs


def run_extraction(jobs: list[VideoJob], *, workers: int | None = None) -> list[Outcome[VideoJob]]:
    """Run the jobs, a line for each; see :func:`run_jobs`.

    ``workers`` None: one per GPU; without GPUs one per core, at most :data:`MOST_WORKERS`.
    """
    if workers is None and not visible_gpus():
        workers = max(min(len(jobs), num_cores(), MOST_WORKERS), 1)
    return run_jobs(execute, jobs, _text, total=len(jobs), workers=workers)


def execute(job: VideoJob) -> Extracted:
    """Do one job in this process."""
    backbone = build_backbone(job.extraction.backbone, job.weights)
    if torch.cuda.is_available():
        backbone.cuda()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DamageWarning)
        found = extract_video(job.video, job.out, job.extraction, backbone)
    for one in caught:
        print(one.message)
    damage = [str(one.message) for one in caught if issubclass(one.category, DamageWarning)]
    return replace(found, damage="".join(f"; {text}" for text in damage))


def _text(outcome: Outcome[VideoJob]) -> str:
    return outcome.failure if outcome.error else str(outcome.value)


def extract_missing(ann_file: Path, videos: Path, features: Path) -> bool:
    """Extract what a data set's videos lack of features; False: the folder holds no videos.

    As the folder's ``features.yaml`` says, else with the default backbone. ValueError: a video is
    missing or cannot be read.
    """
    media = videos_in(videos)
    if not media:
        return False
    present = read_extraction(features) if features.is_dir() else None
    given: dict[str, Any] = dict(backbone=default_backbone(media.values()))
    if present is not None:
        given = {name: value for name, value in vars(present).items() if name != "weights"}
    named = videos_of(ann_file, videos)
    todo = {n: v for n, v in named.items() if not is_done(features / f"{n}.npy", v)}
    if not todo:
        return True
    try:
        jobs = plan_extraction(todo, features, **given)
    except ValueError as error:  # weights, which no sidecar holds
        if present is None:
            raise
        size = present.to_dict()["size"]
        sides = " ".join(map(str, size if isinstance(size, list) else [size]))
        raise ValueError(
            f"{counted(len(todo), 'video')} such as '{next(iter(todo))}' without features in "
            f"{features}: {error}. Extract them: mmtal data extract {ann_file} --backbone "
            f"{present.backbone} --weights FILE --fps {present.fps:g} --stride "
            f"{present.feature_stride:g} --snippet {present.snippet_frames} --size {sides} "
            f"--out {features}"
        ) from error
    print(f"extracting {given['backbone']} features of {counted(len(jobs), 'video')}")
    failed = [outcome for outcome in run_extraction(jobs) if outcome.error]
    if failed:
        raise ValueError(
            f"{counted(len(failed), 'video')} could not be extracted, such as "
            f"'{failed[0].job.name}': {failed[0].error}. Or take it out of {ann_file}"
        )
    return True
