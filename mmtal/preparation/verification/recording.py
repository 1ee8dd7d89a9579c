"""One recording while it is verified."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmtal.datasets.point_events import around
from mmtal.preparation.judgment import Placement
from mmtal.preparation.verification.feature_file import FileScan
from mmtal.preparation.verification.settings import DataSetting
from mmtal.structures import FeatureGrid


@dataclass(frozen=True)
class Instance:
    """A usable annotation of a recording.

    Attributes:
        index: In the file's list.
        start: Seconds.
        end: Seconds.
        label: Name of the class.
        point: Whether it is an event without duration, at ``start`` and ``end`` alike.
    """

    index: int
    start: float
    end: float
    label: str
    point: bool = False

    def __str__(self) -> str:
        if self.point:
            return f"event {self.index} '{self.label}' at {self.start:g} s"
        return f"instance {self.index} '{self.label}' [{self.start:g}, {self.end:g}] s"


@dataclass
class Recording:
    """What the annotations say of a recording, and what its files hold.

    Attributes:
        setting: That it belongs to.
        video_id: Name.
        subset: As in the file.
        duration: Seconds; None: missing in the file.
        fps: Frames per second; None: missing.
        instances: In the order of the file, those in the format.
        rest: Those of the other kind, segments or events, which are left out.
        paths: Its feature files, one per folder.
        scans: What is in them; as long as ``paths`` if all could be read.
        length: Features; 0: not known.
        placement: Where features lie in time, where the setting does not tell.
        bad: Numbers of the instances that are reversed, empty or outside.
    """

    setting: DataSetting
    video_id: str
    subset: str
    duration: float | None
    fps: float | None
    instances: list[Instance]
    rest: list[Instance] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    scans: list[FileScan] = field(default_factory=list)
    length: int = 0
    placement: Placement | None = None
    bad: set[int] = field(default_factory=set)

    @property
    def grid(self) -> FeatureGrid | None:
        """Grid of the files; None: not all of it is known."""
        setting = self.setting
        if self.placement is not None:
            return self.placement.of({"fps": self.fps, "duration": self.duration}, self.length)
        if setting.feature_stride is None and setting.role and self.duration:  # resized
            return FeatureGrid.covering(self.length, duration=self.duration, fps=self.fps or 1.0)
        if setting.feature_stride is None or setting.snippet_frames is None or self.fps is None:
            return None
        return FeatureGrid(setting.feature_stride, setting.snippet_frames, self.fps)

    @property
    def rate(self) -> float | None:
        """Samples per second that tables of sensors are brought to; None: their own."""
        return None if self.fps is None else self.fps / (self.setting.feature_stride or 1)

    @property
    def extent(self) -> float:
        """Duration in seconds; where it is missing, as far as the features reach, or infinity."""
        if self.duration is not None:
            return self.duration
        grid = self.grid
        if grid is None or not self.length:
            return math.inf
        return float(grid.to_seconds(self.length + grid.snippet_offset))

    @property
    def split(self) -> str:
        """Name of the subset without regard to case."""
        return self.subset.lower()

    @property
    def channels(self) -> tuple[int, ...]:
        return tuple(scan.channels for scan in self.scans)

    @property
    def learned(self) -> np.ndarray:
        """Segments (N, 2) s that a model learns; of events none where their width is not known."""
        width = self.setting.point_width
        found = [
            around(i.start, width or 0.0, self.extent) if i.point else (i.start, i.end)
            for i in self.good
            if width or not i.point
        ]
        return np.array(found, np.float32).reshape(-1, 2)

    @property
    def good(self) -> list[Instance]:
        """Instances that are neither reversed nor empty nor outside."""
        return [instance for instance in self.instances if instance.index not in self.bad]
