"""Videos and sound files by their names."""

from pathlib import Path

from mmtal.utils.file_names import composed

ENDINGS = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2", ".ogv", ".ogm", ".vob", ".m2v", ".mpe", ".mxf",
    ".qt", ".divx", ".dv", ".h264", ".264", ".h265", ".hevc", ".mjpg", ".mjpeg", ".y4m", ".nut",
    ".gif",
)  # fmt: skip
"""Of video files, in small letters."""

SOUND_ENDINGS = (
    ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".aac", ".wma", ".aif",
    ".aiff", ".aifc", ".ac3", ".amr", ".au", ".caf", ".mka", ".mp2", ".w64", ".wv",
)  # fmt: skip
"""Of sound files, likewise."""


def is_video(path: str | Path) -> bool:
    """Whether a file's name ends as videos' do."""
    return Path(path).suffix.lower() in ENDINGS


def is_sound(path: str | Path) -> bool:
    """Whether a file's name ends as those of sound alone do."""
    return Path(path).suffix.lower() in SOUND_ENDINGS


def is_media(path: str | Path) -> bool:
    """Whether a file's name ends as those of videos or of sound do."""
    return is_video(path) or is_sound(path)


def videos_in(folder: Path) -> dict[str, Path]:
    """Videos in a folder and in those below it, by their paths in it without ending.

    Where there are none, sound files. Hidden ones, as macOS leaves beside videos, are left out.
    ValueError: two of them differ in their endings only.
    """
    found: dict[str, Path] = {}
    media = [
        file
        for file in sorted(filter(is_media, folder.rglob("*")))
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and not file.is_dir()
    ]
    for file in list(filter(is_video, media)) or media:
        name = composed(file.relative_to(folder).with_suffix("").as_posix())
        if found.setdefault(name, file) != file:
            raise ValueError(
                f"{found[name]} and {file} are both called '{name}': rename one, or take it away"
            )
    return found
