"""How the features of a folder were extracted from videos: its ``features.yaml``."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mmtal.structures import FeatureGrid
from mmtal.utils.file_names import composed
from mmtal.utils.files import write_text
from mmtal.utils.media_files import is_video
from mmtal.utils.reading import is_number, read_json
from mmtal.utils.yaml_files import read_yaml

SIDECAR = "features.yaml"
"""Lies in the folder of the features."""

VIDEOS = "videos.json"
"""Lies beside it: the video of each recording."""

PLACES = ("feature_stride", "snippet_frames", "fps")


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """What features were made with.

    Attributes:
        backbone: Registered name.
        weights: SHA-256 of the file of its weights; None: it has none.
        fps: Pictures per second that were looked at, whatever the videos' own rates.
        feature_stride: Such pictures between the starts of two features.
        snippet_frames: Such pictures behind one feature.
        size: Pixels of the shorter side, or (height, width).
    """

    backbone: str
    weights: str | None = None
    fps: float
    feature_stride: float
    snippet_frames: int
    size: int | tuple[int, int]

    @property
    def grid(self) -> FeatureGrid:
        return FeatureGrid(self.feature_stride, self.snippet_frames, self.fps)

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        size = self.size if isinstance(self.size, int) else list(self.size)
        return {**asdict(self), "size": size}

    @classmethod
    def from_dict(cls, content: Any, *, source: object) -> "Extraction":
        """Check what a file says; ValueError: it lacks something, or a value is out of range."""
        names = [field.name for field in fields(cls)]
        if not isinstance(content, dict) or set(content) != set(names):
            raise ValueError(f"{source} must have {', '.join(names)}: extract the features again")
        size = tuple(content["size"]) if isinstance(content["size"], list) else content["size"]
        sides = size if isinstance(size, tuple) else (size, size)
        numbers = [content[name] for name in PLACES]
        if not all(is_number(n) and n > 0 for n in (*numbers, *sides)) or len(sides) != 2:
            raise ValueError(
                f"{source}: {', '.join(PLACES)} and size must be numbers > 0, but got {numbers} "
                f"and {content['size']}"
            )
        return cls(**{**content, "size": size})


def read_extraction(folder: Path) -> Extraction | None:
    """What the ``features.yaml`` of a folder says; None: there is none.

    ValueError: it is not one of ours.
    """
    path = folder / SIDECAR
    return Extraction.from_dict(read_yaml(path), source=path) if path.is_file() else None


def write_extraction(folder: Path, extraction: Extraction) -> None:
    """Write ``features.yaml``."""
    import yaml

    text = yaml.safe_dump(extraction.to_dict(), sort_keys=False)
    note = "# Written by mmtal data extract: keep it with the features.\n"
    write_text(folder / SIDECAR, note + text)


def write_videos(folder: Path, videos: Mapping[str, Path]) -> None:
    """Say which videos the features of a folder are of, beside those that it says already.

    ValueError: some are of another video of the same name.
    """
    path = folder / VIDEOS
    known = _read_videos(path)
    start = folder.resolve()
    for name, video in videos.items():
        other = start / known.get(composed(name), ".")
        if other.is_file() and (folder / f"{name}.npy").is_file() and _differ(video, other):
            raise ValueError(
                f"the features of '{name}' in {folder} are those of {other.resolve()}, not of "
                f"{video}: give another --out, or the folder that both videos are in"
            )
    named = {
        **known,
        **{composed(n): os.path.relpath(v.resolve(), start) for n, v in videos.items()},
    }
    if named != known:
        write_text(path, json.dumps(named, indent=1, ensure_ascii=False) + "\n")


def _differ(video: Path, other: Path) -> bool:
    """Whether they are two files, and not copies, as far as their sizes tell."""
    return not video.samefile(other) and video.stat().st_size != other.stat().st_size


def video_of(folders: Sequence[str | Path], name: str) -> Path | None:
    """The video that features of a recording were extracted from; None: not known, or gone."""
    for folder in map(Path, folders):
        found = _read_videos(folder / VIDEOS).get(composed(name))
        if found and (folder / found).is_file() and is_video(found):
            return folder / found
    return None


def _read_videos(path: Path) -> dict[str, str]:
    known = read_json(path) if path.is_file() else {}
    if not isinstance(known, dict) or not all(isinstance(v, str) for v in known.values()):
        raise ValueError(f"{path} must name a video file for each recording: delete it")
    return known


Place = float | None


def places_of(folders: Sequence[str | Path], *given: Place) -> tuple[Place, Place, Place]:
    """``PLACES`` as given, else as the first folder that says it does; None: unknown.

    ValueError: the user and that folder differ, or features of two folders lie elsewhere in time.
    """
    places = dict(zip(PLACES, given, strict=True))
    first: Extraction | None = None
    for folder in folders:
        found = read_extraction(Path(folder))
        if first and found:
            _check_joined(Path(folder) / SIDECAR, found, first)
            continue
        first = first or found
        for name in PLACES if found else ():
            value, own = getattr(found, name), places[name]
            if own is not None and abs(own / value - 1) > 1e-6:
                raise ValueError(
                    f"{Path(folder) / SIDECAR} says that the features have {name}={value:g}, but "
                    f"{own:g} is given: leave it out"
                )
            places[name] = value
    return places["feature_stride"], places["snippet_frames"], places["fps"]


def _check_joined(source: Path, found: Extraction, first: Extraction) -> None:
    """Refuse features whose middles lie elsewhere in time than those of the first folder."""
    periods, middles = (
        [getattr(one, name) / one.fps for one in (found, first)] for name in PLACES[:2]
    )
    far = 0.1 * periods[1]
    if abs(periods[0] / periods[1] - 1) > 1e-6 or abs(middles[0] - middles[1]) / 2 > far:
        raise ValueError(
            f"{source} says {1 / periods[0]:g} features per second, the first in the middle of "
            f"{middles[0]:g} s, but another folder {1 / periods[1]:g}, in the middle of "
            f"{middles[1]:g} s: sources are joined feature by feature, so extract one again with "
            f"--stride and --snippet that are {periods[1]:g} and {middles[1]:g} s of its --fps"
        )
