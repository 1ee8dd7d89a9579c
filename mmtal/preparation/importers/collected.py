"""The normal form that every annotation format is read into, and all that is wrong with it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mmtal.datasets.annotation_file import MOST_CLASSES
from mmtal.preparation.importers.values import is_name
from mmtal.utils.file_names import composed, stays_below
from mmtal.utils.reading import is_number
from mmtal.utils.wording import counted

DETAILS = ("subject", "modifiers", "comment", "score")
"""What an instance may have besides times and label: texts, and a number in [0, 1]."""

SHOWN = 10
"""Unreadable rows that an error message shows."""


def normal_name(name: str) -> str:
    """The name of a recording in Unicode's composed form (NFC), without spaces around it."""
    return composed(name.strip())


@dataclass
class Instance:
    """One instance.

    Attributes:
        start, end: In seconds.
        label: Name of the class.
        label_id: Its number; None: the source has none.
        where: The place it was read from, for messages.
        point: Whether it is an event without duration, at ``start`` and ``end`` alike.
        details: Of ``DETAILS``, those that are known.
    """

    start: float
    end: float
    label: str
    label_id: int | None
    where: str
    point: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Recording:
    """One recording; None is what the source does not say.

    Attributes:
        name: Its name, as its features are called.
        subset: Name of its subset.
        duration: In seconds.
        fps: Frames per second.
        group: Recordings of one group stay together in a split.
        media: Its video or sound files one after the other, and their seconds, if known.
        instances: In the order of the source.
    """

    name: str
    subset: str | None = None
    duration: float | None = None
    fps: float | None = None
    group: str | None = None
    media: dict[str, float | None] | None = None
    instances: list[Instance] = field(default_factory=list)


class Collected:
    """What has been read from all sources: recordings, what was left out, what is wrong.

    Readers go on after an unreadable row, so that one error can name all of them.
    """

    def __init__(self) -> None:
        self.recordings: dict[str, Recording] = {}
        self.dropped: Counter[str] = Counter()
        self.notes: list[str] = []
        self.unpaired: list[tuple[str, str]] = []
        self._errors: dict[str, list[str]] = {}

    def recording(
        self,
        name: str,
        *,
        where: str,
        subset: str | None = None,
        duration: float | None = None,
        fps: float | None = None,
        group: str | None = None,
        media: dict[str, float | None] | None = None,
        once: bool = False,
    ) -> Recording:
        """The recording of this name, made if it is new; contradictions are errors.

        With ``once``, so is a name that is there already. Names are in Unicode's composed form
        (NFC), whatever the file system that they come from.
        """
        name = normal_name(name)
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
            elif not stays_below(name):
                self.error(where, f"recording '{name}' must not lead out of a folder: rename it")
            found = Recording(name, subset, duration, fps, group, media)
            self.recordings[name] = found
            return found
        given = dict(subset=subset, duration=duration, fps=fps, group=group, media=media)
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
        label: Any,
        *,
        where: str,
        label_id: Any = None,
        point: bool = False,
        **details: Any,
    ) -> None:
        """Add an instance, times in seconds, if its label, label id and details can be such."""
        details = {k: v.strip() if isinstance(v, str) else v for k, v in details.items()}
        wrong = next((k for k, v in details.items() if not _is_detail(k, v)), None)
        if wrong:
            kind = "a number" if wrong == "score" else "a text"
            self.error(where, f"'{wrong}' must be {kind}, but got {details[wrong]!r:.60}")
        elif not is_name(label):
            text = (
                "the label is empty"
                if label == ""
                else f"'label' must be a name, but got {label!r:.60}"
            )
            self.error(where, text)
        elif label_id is not None and not (type(label_id) is int and 0 <= label_id < MOST_CLASSES):
            most = f"{MOST_CLASSES:,}"
            text = f"'label_id' must be a whole number >= 0 and < {most}, but got {label_id!r:.60}"
            self.error(where, text)
        else:
            known = {k: v for k, v in details.items() if v not in (None, "")}
            instance = Instance(start, end, label.strip(), label_id, where, point, known)
            recording.instances.append(instance)

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
        self._errors.setdefault(text, []).append(where)

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Note that what this block reads cannot be read, and go on behind it."""
        try:
            yield
        except KeyError as error:
            self.error(where, f"lacks {error}")
        except (ValueError, TypeError) as error:
            self.error(where, str(error))

    def raise_errors(self, verdict: str = "nothing is written") -> None:
        """Raise one error with the first unreadable rows, their number, and what it means.

        ValueError: there are any.
        """
        if self._errors:
            number = sum(map(len, self._errors.values()))
            lines = [f"{counted(number, 'row')} cannot be read, {verdict}:"]
            for text, where in list(self._errors.items())[:SHOWN]:
                more = f" (and {len(where) - 1:,} more like it)" if len(where) > 1 else ""
                lines.append(f"  - {where[0]}: {text}{more}")
                number -= len(where)
            if number:
                lines.append(f"  - and {number:,} more")
            raise ValueError("\n".join(lines))


def _is_detail(name: str, value: Any) -> bool:
    return value is None or (is_number(value) if name == "score" else isinstance(value, str))
