"""What was found in videos, as videos: drawn into them, and cut out of them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mmtal.inference.detections import Detections
from mmtal.inference.recordings import Inputs
from mmtal.inference.videos import NamedVideo, name_videos
from mmtal.utils.file_names import file_stem
from mmtal.utils.files import check_writable, make_folder
from mmtal.utils.media_files import is_sound, is_video
from mmtal.utils.wording import counted
from mmtal.visualization.subtitles import LEAST
from mmtal.visualization.video import burn_timeline, check_writer, cut_clips


class FoundVideos:
    """Where to write the videos of what will be found; made before the work, it checks the inputs.

    Args:
        inputs: As of the inferencer, videos alone.
        burn: An .mp4 file for the one video, or a folder.
        clips: A folder.

    Raises:
        ValueError: An input is no video, a video would be overwritten, or PyAV cannot write videos.
        OSError: A file or folder cannot be written.
    """

    def __init__(self, inputs: Inputs, burn: Path | None = None, clips: Path | None = None) -> None:
        check_writer()
        named = name_videos(inputs)
        for item in named:
            path = item.path if isinstance(item, NamedVideo) else item
            if not isinstance(item, NamedVideo) or is_sound(path):
                raise ValueError(
                    f"only videos can be drawn into or cut, but {path} is none: give the videos "
                    "themselves"
                )
        self.sources = {video.name: video.path for video in named}
        self.burn, self.clips = burn, clips
        self.burnt = _targets(self.sources, burn) if burn else {}
        for path in self.burnt.values():
            check_writable(path)
        if clips:
            make_folder(clips)

    def write(self, results: Sequence[Detections], warn: Callable[[str], None]) -> list[str]:
        """Draw and cut what scores high enough; a text on what was written for each way."""
        texts = []
        strange = [result.video_id for result in results if result.video_id not in self.sources]
        if strange:
            raise ValueError(
                f"only videos can be drawn into or cut, but '{strange[0]}' was found in features: "
                "give the videos themselves"
            )
        for result in results if self.burn else ():
            source, target = self.sources[result.video_id], self.burnt[result.video_id]
            shown_from = result.shown_from
            burn_timeline(
                source, target, result.view, result.classes, None, score_thr=shown_from, warn=warn
            )
        if self.burn:
            texts.append(f"burnt: {self.burn}")
        if self.clips:
            number, short = 0, 0
            for result in results:
                clips, extended = _clips(result, self.clips)
                cut_clips(self.sources[result.video_id], clips, warn=warn)
                number, short = number + len(clips), short + extended
            text = f"{counted(number, 'clip')}: {self.clips}"
            if short:
                text += f"; {short} shorter than {LEAST / 1000:g} s are cut that long"
            texts.append(text)
        return texts


def _targets(sources: Mapping[str, Path], burn: Path) -> dict[str, Path]:
    if is_video(burn) and not burn.is_dir():
        if burn.suffix.lower() != ".mp4":
            raise ValueError(f"burn must be an .mp4 file or a folder, but got '{burn}'")
        if len(sources) > 1:
            raise ValueError(
                f"burn must be a folder for {counted(len(sources), 'video')}, but got '{burn}'"
            )
        targets = dict.fromkeys(sources, burn)
    else:
        targets = {name: burn / f"{file_stem(name)}.mp4" for name in sources}
    taken = {source.resolve() for source in sources.values()}
    for name, path in targets.items():
        if path.resolve() in taken:
            raise ValueError(
                f"burn must not write over the videos themselves, but the one of '{name}' would be "
                f"{path}: give another folder or file"
            )
    return targets


def _clips(result: Detections, folder: Path) -> tuple[dict[Path, tuple[float, float]], int]:
    """Start and end of each clip by its file, and how many last longer than what was found."""
    clips: dict[Path, tuple[float, float]] = {}
    least, short = LEAST / 1000, 0
    for found in sorted(result.above()):
        start = max(min(found.start, result.duration - least), 0.0)
        end = max(min(found.end, result.duration), start + least)
        short += found.end - found.start < least
        name = f"{result.video_id} {found.name} {found.start:.2f}-{found.end:.2f}"
        path, number = folder / f"{file_stem(name)}.mp4", 1
        while path in clips:
            number += 1
            path = folder / f"{file_stem(f'{name} ({number})')}.mp4"
        clips[path] = start, end
    return clips, short
