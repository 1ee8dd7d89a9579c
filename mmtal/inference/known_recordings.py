"""What a config and its annotation file say of recordings and classes."""

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from mmengine.logging import print_log

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.sensor_tables import clock_rate
from mmtal.inference.recordings import Recording
from mmtal.utils.video_reader import open_video
from mmtal.utils.wording import repeated


class KnownRecordings:
    """Frame rates, durations and classes that the user need not give.

    Args:
        dataset: Settings of the config's test data set; its annotation file is read if it is there.
        feature_stride: Frames (or samples) between two features.
        extracted_fps: Pictures per second behind the training's features, where they say it.
    """

    def __init__(
        self, dataset: Mapping[str, Any], feature_stride: float, extracted_fps: float | None = None
    ) -> None:
        self.dataset = dataset
        self.feature_stride = feature_stride
        self.extracted_fps = extracted_fps

    @cached_property
    def annotations(self) -> AnnotationFile | None:
        """The annotation file; None: it is not there."""
        path = Path(self.dataset.get("data_root", ""), self.dataset.get("ann_file", ""))
        return AnnotationFile(path) if path.is_file() else None

    @property
    def longest(self) -> float | None:
        """Seconds of the longest recording; None: not known."""
        database = {} if self.annotations is None else self.annotations.database
        return max((entry.get("duration") or 0.0 for entry in database.values()), default=None)

    def duration(self, recording: Recording) -> float | None:
        """Seconds; None: not known."""
        duration = self._entry(recording).get("duration")
        return None if duration is None else float(duration)

    def common_fps(self, given: float | None) -> float | None:
        """Frames per second of all recordings: the features' own, the user's or the config's.

        ValueError: the features say another one than the user.
        """
        own = self.extracted_fps
        if own is not None and given is not None and abs(given / own - 1) > 1e-6:
            raise ValueError(
                f"fps must be {own:g}, as the training's features were extracted, but got "
                f"{given:g}: leave it out"
            )
        return own or (self.dataset.get("fps") if given is None else given)

    def fps(self, recording: Recording, given: float | Mapping[str, float] | None) -> float:
        """Frames (or samples) per second: the user's, the config's, the file's or the clock's.

        ValueError: none of them says it, or it is not > 0.
        """
        fps = self.common_fps(given.get(recording.name) if isinstance(given, Mapping) else given)
        if fps is None:
            fps = self._entry(recording).get("fps")
        if fps is None and (clock := clock_rate(recording.paths)):
            fps = clock * self.feature_stride
        if fps is None and recording.is_video:
            fps = open_video(recording.paths[0]).rate
        if fps is None:
            raise ValueError(
                f"recording '{recording.name}': its frames per second are unknown, give fps (the "
                "config has none, and no annotation file of it lists the recording)"
            )
        if not 0 < fps < float("inf"):
            raise ValueError(f"fps must be > 0, but got {fps} for recording '{recording.name}'")
        return float(fps)

    def class_names(
        self, model: Any, given: Sequence[str] | None, *, checkpoint: Path
    ) -> tuple[str, ...]:
        """Names by label: the user's, the checkpoint's, the file's, or made up.

        ValueError: the model has another number of classes.
        """
        num_classes = model.head.num_classes
        source, names = "classes", given
        if names is None:
            source = f"checkpoint {checkpoint}"
            names = model.dataset_meta.get("classes")
        if names is None and self.annotations is not None:
            source = f"annotation file {self.annotations.path}"
            names = self.annotations.class_names(self.dataset.get("classes"))
        if num_classes == 1 and (given is None or names is None):
            return ("action",) if names is None or len(names) != 1 else tuple(names)
        if names is None:
            text = "nothing names the classes: they are called class_0, class_1, ... (give classes)"
            print_log(text, "current", logging.WARNING)
            return tuple(f"class_{label}" for label in range(num_classes))
        if len(names) != num_classes:
            raise ValueError(
                f"{source} must name the model's {num_classes} classes, but names {len(names)}"
            )
        if twice := repeated(map(str, names)):
            raise ValueError(f"{source} must name each class once, but '{twice[0]}' is there twice")
        return tuple(map(str, names))

    def _entry(self, recording: Recording) -> Mapping[str, Any]:
        """What the annotation file says of a file's recording."""
        if not recording.paths or self.annotations is None:
            return {}
        return self.annotations.database.get(recording.name, {})
