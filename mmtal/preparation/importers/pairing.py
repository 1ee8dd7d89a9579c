"""Pair the START and STOP of states."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from mmtal.preparation.importers.collected import Collected


@dataclass(frozen=True)
class Event:
    """A row of a log of events.

    Attributes:
        time: In seconds.
        kind: ``START``, ``STOP`` or ``POINT``; ``STATE``: a start where none is open, else a stop.
        label: Of the behavior.
        where: Its place, for messages.
        details: Such as the subject; a start and a stop that belong together share them, but for
            the comment.
    """

    time: float
    kind: str
    label: str
    where: str
    details: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        """What a start and its stop have in common."""
        return self.label, *(self.details.get(name, "") for name in ("subject", "modifiers"))

    def __str__(self) -> str:
        of = f" of '{self.details['subject']}'" if self.details.get("subject") else ""
        return f"'{self.label}'{of} at {self.time:g} s"


def paired(events: Iterable[Event], collected: Collected) -> Iterator[tuple[Event, float]]:
    """The first event and the end of each state and point of one recording, in order of time.

    Starts without a stop, and stops without a start, are put down as unpaired.
    """
    open_: dict[Hashable, Event] = {}
    found: list[tuple[Event, float]] = []
    for event in sorted(events, key=lambda event: event.time):
        if event.kind == "POINT":
            found.append((event, event.time))
        elif event.key not in open_:
            if event.kind == "STOP":
                collected.unpaired.append((event.where, f"{event} stops, but has not started"))
            else:
                open_[event.key] = event
        elif event.kind == "START":
            _unstopped(open_[event.key], collected)
            open_[event.key] = event
        else:
            found.append((open_.pop(event.key), event.time))
    for event in open_.values():
        _unstopped(event, collected)
    yield from sorted(found, key=lambda item: item[0].time)


def _unstopped(event: Event, collected: Collected) -> None:
    collected.unpaired.append((event.where, f"{event} starts, but never stops"))
