"""The normal form that every annotation format is read into, and all that is wrong with it."""

from collections import Counter
from dataclasses import dataclass, field

from mmtal.preparation.importers.values import is_name

SHOWN = 10
"""Unreadable rows that an error message shows."""


@dataclass
class Instance:
    """One instance, in seconds; ``where`` is the place it was read from, for messages."""

    start: float
    end: float
    label: str
    label_id: int | None
    where: str


@dataclass
class Recording:
    """One recording; None is what the source does not say. Duration in seconds."""

    name: str
    subset: str | None = None
    duration: float | None = None
    fps: float | None = None
    group: str | None = None
    instances: list[Instance] = field(default_factory=list)


class Collected:
    """What has been read from all sources: recordings, what was left out, what is wrong.

    Readers go on after an unreadable row, so that one error can name all of them.
    """

    def __init__(self) -> None:
        self.recordings: dict[str, Recording] = {}
        self.dropped: Counter[str] = Counter()
        self.notes: list[str] = []
        self._errors: list[str] = []

    def recording(
        self,
        name: str,
        *,
        where: str,
        subset: str | None = None,
        duration: float | None = None,
        fps: float | None = None,
        group: str | None = None,
        once: bool = False,
    ) -> Recording:
        """The recording of this name, made if it is new; contradictions are errors.

        With ``once``, so is a name that is there already.
        """
        name = name.strip()
        if subset is not None and not is_name(subset):
            self.error(where, f"the subset must be a name, but got {subset!r:.60}")
            subset = None
        found = self.recordings.get(name)
        if once and found is not None:
            self.error(where, f"recording '{name}' has been annotated before")
            return found
        if found is None:
            if not name:
                self.error(where, "the recording has no name")
            found = self.recordings[name] = Recording(name, subset, duration, fps, group)
            return found
        given = dict(subset=subset, duration=duration, fps=fps, group=group)
        for key, value in given.items():
            known = getattr(found, key)
            if known is None:
                setattr(found, key, value)
            elif value is not None and value != known:
                self.error(
                    where, f"recording '{name}' has the {key} {known!r} before, {value!r} here"
                )
        return found

    def add(
        self,
        recording: Recording,
        start: float,
        end: float,
        label: str,
        *,
        where: str,
        label_id: int | None = None,
    ) -> None:
        """Add an instance; times in seconds."""
        label = label.strip()
        if label:
            recording.instances.append(Instance(start, end, label, label_id, where))
        else:
            self.error(where, "the label is empty")

    def drop(self, reason: str, count: int = 1) -> None:
        """Count rows that are left out on purpose."""
        if count:
            self.dropped[reason] += count

    def note(self, text: str) -> None:
        """Something that the user should know, reported once."""
        if text not in self.notes:
            self.notes.append(text)

    def error(self, where: str, text: str) -> None:
        """A row that cannot be read."""
        self._errors.append(f"{where}: {text}")

    def raise_errors(self) -> None:
        """Raise one error with the first unreadable rows and their number.

        Raises:
            ValueError: There are any.
        """
        if self._errors:
            lines = [f"{len(self._errors)} row(s) cannot be read, nothing is written:"]
            lines += [f"  - {text}" for text in self._errors[:SHOWN]]
            if len(self._errors) > SHOWN:
                lines.append(f"  - and {len(self._errors) - SHOWN} more")
            raise ValueError("\n".join(lines))
