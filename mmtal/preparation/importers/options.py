"""Options of an import."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmtal.preparation.importers.tiers import OURS

UNIT_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "seconds"),
    **dict.fromkeys(("f", "frame", "frames"), "frames"),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), "milliseconds"),
    **dict.fromkeys(("us", "microsecond", "microseconds"), "microseconds"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hours"),
}


@dataclass(frozen=True)
class Source:
    """A file or folder to import; ``subset`` is given by the user, or None.

    ``in_folder`` says that the file is one of those of a folder that was given.
    """

    path: Path
    subset: str | None = None
    in_folder: bool = False

    @classmethod
    def parse(cls, text: str) -> "Source":
        """From ``SUBSET=PATH`` or ``PATH``."""
        match = re.fullmatch(r"(\w+)=(.+)", text)
        if match and not Path(text).exists():
            return cls(Path(match[2]), match[1])
        return cls(Path(text))


@dataclass(frozen=True)
class ImportOptions:
    """Choices that the formats share; each format uses those that concern it.

    Attributes:
        fps: Frames per second, where the files do not say it.
        unit: Of times that are plain numbers, such as ``ms``: a key of ``UNIT_WORDS``, kept as its
            value; None: as the file says.
        labels: Which labels, where a file holds several kinds: verb, noun or action
            (EPIC-Kitchens), tiers (ELAN), attribute (VIA), control tag (Label Studio).
        columns: Name of the column for each role of a table.
        classes: Class names by label id.
        background: Labels that are no action; None: ``background``, where each frame has a label.
        group: Column, or pattern with one group, that says which recordings belong together.
        subjects: Whose instances to take, where the files say it; empty: everybody's.
        per_subject: Whether what each subject does is a recording of its own.
        class_parts: What is part of the class besides the label: ``subject``, ``modifiers``.
        inclusive: Whether ends in frames are the last ones that belong to the instance.
        starts: When recordings began, by name: what absolute times of a table are counted from.
        feature_stride: Frames between the starts of neighboring features.
        snippet_frames: Frames behind one feature.
        aside: Files (resolved) that hold something else than annotations, such as durations: not to
            be read where they lie in a source's folder.
    """

    fps: float | None = None
    unit: str | None = None
    labels: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[int, str] | None = None
    background: tuple[str, ...] | None = None
    group: str | None = None
    subjects: tuple[str, ...] = ()
    per_subject: bool = False
    class_parts: tuple[str, ...] = ()
    inclusive: bool = False
    starts: Mapping[str, str] = field(default_factory=dict)
    feature_stride: float | None = None
    snippet_frames: float | None = None
    aside: Collection[Path] = ()

    def __post_init__(self) -> None:
        for name in ("fps", "feature_stride", "snippet_frames"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be > 0, but got {value}")
        unit = UNIT_WORDS.get(self.unit.lower()) if self.unit else None
        if self.unit and unit is None:
            raise ValueError(f"unit must be s, ms, us, min, h or frames, but got '{self.unit}'")
        object.__setattr__(self, "unit", unit)

    @property
    def no_action(self) -> set[str]:
        """Labels of frames that are no action, in small letters."""
        labels = ("background",) if self.background is None else self.background
        return {name.lower() for name in labels}

    @property
    def group_column(self) -> str | None:
        """The column that holds the group, if it is one."""
        return None if self.group is None or "(" in self.group else self.group

    def choose(self, present: list[str], *, what: str, where: str) -> list[str]:
        """Those of several kinds of labels that are wanted.

        A single kind needs no choice, nor do those that mmtal has written.

        A kind is called ``what``, such as ``tier``, in the file ``where``. ValueError: there are
        several and none is chosen, or a chosen one is missing.
        """
        if not self.labels:
            if len(present) > 1 and not all(map(OURS.fullmatch, present)):
                raise ValueError(
                    f"{where}: labels are in {len(present)} {what}s; choose with --labels from "
                    + ", ".join(f"'{name}'" for name in present)
                )
            return present
        missing = [name for name in self.labels if name not in present]
        if missing:
            raise ValueError(
                f"{where}: no {what} '{missing[0]}'; there is "
                + (", ".join(f"'{name}'" for name in present) or "none")
            )
        return list(self.labels)
