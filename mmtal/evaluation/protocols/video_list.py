"""Load lists of recordings that are shipped with the code."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

from mmtal.results.result_files import video_list_sha256


@dataclass(frozen=True)
class VideoList:
    """Ids of recordings, pinned by their hash.

    Attributes:
        where: File of the folder ``video_lists``, one id per line; or the ids themselves.
        sha256: See :func:`mmtal.results.result_files.video_list_sha256`.
    """

    where: str | Sequence[str]
    sha256: str

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids, sorted; ValueError if they are not those that the hash was taken of."""
        ids = self.where
        if isinstance(ids, str):
            folder = resources.files("mmtal.evaluation.protocols") / "video_lists"
            ids = tuple((folder / ids).read_text(encoding="utf-8").split())
        found = video_list_sha256(ids)
        if found != self.sha256:
            raise ValueError(
                f"the list of recordings {self.where} has the SHA-256 {found}, but its protocol "
                f"expects {self.sha256}: restore the list"
            )
        return tuple(sorted(ids))
