"""Videos given to an inferencer: their features are extracted as those of the training were."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from mmtal.datasets.extraction import SIDECAR, Extraction, read_extraction
from mmtal.datasets.feature_files import list_feature_files
from mmtal.datasets.sensor_tables import ENDINGS as TABLES
from mmtal.inference.recordings import Inputs, Recording
from mmtal.models.video.snippet_backbone import SnippetBackbone, find_backbone
from mmtal.preparation.extraction import (
    build_backbone,
    extract_video,
    hash_of,
    snippets,
    weights_of,
)
from mmtal.utils.file_names import composed
from mmtal.utils.live_source import LiveSource, is_live
from mmtal.utils.media_files import is_media, is_video, videos_in

Weights = str | Path | Sequence[str | Path] | None


@dataclass(frozen=True)
class NamedVideo:
    """A video among the inputs, and its recording's name."""

    name: str
    path: Path


def name_videos(inputs: Inputs, *, tables: bool = False) -> list[Any]:
    """All inputs, videos as :class:`NamedVideo`; those of a folder by their paths in it.

    A folder of features is one; ``tables`` says whether tables beside videos are features, or what
    somebody has noted of them. ValueError: a video has the name of another input.
    """
    if isinstance(inputs, Mapping):
        return [NamedVideo(str(n), Path(i)) if _is_video(i) else i for n, i in inputs.items()]  # type: ignore[arg-type]
    found: list[Any] = []
    names: dict[str, list[str]] = {}
    for item in inputs if isinstance(inputs, list) else [inputs]:
        path = Path(item).expanduser() if isinstance(item, str | os.PathLike) else None
        if isinstance(item, str | os.PathLike) and is_live(os.fspath(item)):
            raise ValueError(f"{item} is no file: mmtal stream finds actions in live sources")
        new: list[Any] = [item]
        if path is not None and _is_video(path):
            new = [NamedVideo(composed(path.stem), path)]
        elif path is not None and path.is_dir():
            features = list_feature_files(path)
            if not features or (not tables and all(f.endswith(TABLES) for f in features)):
                new = [NamedVideo(n, f) for n, f in videos_in(path).items()] or new
        elif path is not None:
            names.setdefault(composed(path.stem), []).append(str(path))
        elif isinstance(item, tuple) and item and all(map(_is_video, item)):
            raise ValueError(
                f"videos are recordings of their own, but {' and '.join(map(str, item))} are "
                "joined as sources of one: separate them by spaces (in Python: in a list)"
            )
        found += new
    for video in (v for v in found if isinstance(v, NamedVideo)):
        names.setdefault(video.name, []).append(str(video.path))
    for name, files in names.items():
        if len(files) > 1 and any(map(_is_video, files)):
            raise ValueError(
                f"recordings must have names of their own, but {' and '.join(files[:2])} are both "
                f"'{name}'. Give a file once; of files with the same name, give the folder that "
                "both are in, or rename one"
            )
    return found


class VideoInputs:
    """Puts features in place of videos, in files that last as long as this object.

    Args:
        extractions: How the training features of each source were extracted, as the checkpoint
            says; empty: it does not.
        device: For the backbone.
        weights: Files of the backbones' weights; those that come with them need none.
        as_they_are: Whether the model itself takes videos.
    """

    def __init__(
        self,
        extractions: Sequence[Mapping[str, Any]],
        device: Any,
        weights: Weights,
        *,
        as_they_are: bool = False,
    ) -> None:
        self.as_they_are = as_they_are
        source = "the checkpoint's 'extractions'"
        self.extractions = [Extraction.from_dict(dict(e), source=source) for e in extractions]
        given = [weights] if isinstance(weights, str | Path) else weights or ()
        self.device, self.weights = device, [Path(file) for file in given]
        self.sources: dict[str, Path] = {}
        self.durations: dict[str, float] = {}
        self.backbones: list[SnippetBackbone] = []
        self.folder: TemporaryDirectory[str] | None = None

    def __call__(self, inputs: Inputs) -> Inputs:
        """The inputs with the features of each video in its place.

        ValueError: a video cannot be read, or it is not known how to extract its features.
        """
        named = name_videos(inputs, tables=not (self.extractions or self.as_they_are))
        videos = [video for video in named if isinstance(video, NamedVideo)]
        self.sources = {video.name: video.path for video in videos if is_video(video.path)}
        self.durations = {video.name: self._duration(video.path) for video in videos}
        found: Any = [self._features(v) if isinstance(v, NamedVideo) else v for v in named]
        return dict(zip(inputs, found, strict=True)) if isinstance(inputs, Mapping) else found

    def check(self, recordings: Sequence[Recording]) -> None:
        """Refuse features that say that they were extracted otherwise than the training's.

        ValueError: the first one.
        """
        for recording in recordings:
            for path, expected in zip(recording.paths, self.extractions, strict=False):
                folders = (path.parent, *path.parent.parents[: recording.name.count("/")])
                for found in filter(None, map(read_extraction, folders)):
                    if found != expected:
                        raise ValueError(
                            f"recording '{recording.name}': {path.parent / SIDECAR} says "
                            f"{found.to_dict()}, but the model was trained on features of "
                            f"{expected.to_dict()}: extract them like these, or give the video"
                        )

    def _duration(self, video: Path) -> float:
        """Seconds of a video; ValueError: it cannot be used."""
        if not self.extractions and not self.as_they_are:
            raise ValueError(
                f"{video} is a video, and the checkpoint does not say how to make features of it: "
                "train on features of 'mmtal data extract', or give a feature file"
            )
        kinds = [find_backbone(extraction.backbone)[0] for extraction in self.extractions]
        return min(kind.duration(video) for kind in kinds or [SnippetBackbone])

    def _features(self, video: NamedVideo) -> Recording:
        if self.as_they_are:
            return Recording(video.name, paths=(video.path,))
        if self.folder is None:
            self.backbones = self.build()
            self.folder = TemporaryDirectory(prefix="mmtal-")
        paths: list[Path] = []
        for extraction, backbone in zip(self.extractions, self.backbones, strict=True):
            paths.append(Path(self.folder.name, str(len(paths)), f"{video.name}.npy"))
            extract_video(video.path, paths[-1], extraction, backbone)
        return Recording(video.name, paths=tuple(paths))

    @property
    def wait(self) -> float:
        """Seconds after the middle of a snippet at which its feature is there."""
        [extraction] = self.extractions
        return (extraction.snippet_frames / 2 + 1) / extraction.fps

    def live(self, source: LiveSource) -> Iterator[np.ndarray]:
        """Features (1, C) of a live source, each as soon as its pictures are there.

        ValueError: it is not known how to make them, or the source cannot be read.
        """
        if len(self.extractions) != 1:
            raise ValueError(
                "a live source needs a model trained on features of one folder that 'mmtal data "
                f"extract' wrote, but this checkpoint names {len(self.extractions)}"
            )
        [extraction], [backbone] = self.extractions, self.build()
        for pictures in snippets(backbone, source, extraction):
            with torch.inference_mode():
                frames = torch.from_numpy(pictures[None]).to(self.device)
                yield backbone(frames).float().cpu().numpy()

    def build(self) -> list[SnippetBackbone]:
        """The backbone of each source; ValueError: a file of weights is not that of training."""
        given = {hash_of(file): file for file in self.weights}
        unused = set(given)
        found = []
        for extraction in self.extractions:
            weights = given.get(extraction.weights)
            if weights is None:
                others = self.weights if len(self.extractions) == 1 else ()
                weights = weights_of(extraction.backbone, next(iter(others), None))
            if extraction.weights is None and weights is not None:
                raise ValueError(
                    f"{extraction.backbone} had no weights in training, but got {weights}: leave "
                    "it out"
                )
            if hash_of(weights) != extraction.weights:
                raise ValueError(
                    f"{extraction.backbone} had weights of SHA-256 {extraction.weights} in "
                    f"training, but {weights} has {hash_of(weights)}: give those with --weights"
                )
            unused.discard(extraction.weights)
            found.append(build_backbone(extraction.backbone, weights).to(self.device))
        if unused:
            raise ValueError(f"no source had the weights {given[unused.pop()]} in training")
        return found


def _is_video(item: Any) -> bool:
    return isinstance(item, str | os.PathLike) and is_media(os.fspath(item))
