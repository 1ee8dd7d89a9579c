"""Inferencer: find actions in recordings without annotations."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.structures import InstanceData

from mmtal.config_files import demo_checkpoint
from mmtal.inference.detections import Detections, write_detections
from mmtal.inference.known_recordings import KnownRecordings
from mmtal.inference.models import find_device, init_model
from mmtal.inference.pipeline import InferencePipeline
from mmtal.inference.recordings import Inputs, Recording, find_recordings
from mmtal.inference.streaming import DetectionStream
from mmtal.inference.videos import VideoInputs, Weights
from mmtal.inference.windowing import WindowWalker, drop_long, join, reach_of
from mmtal.models.localizers.limits import (
    TRAINING_LENGTH,
    length_factor,
    limits_times,
    limits_warning,
)
from mmtal.registry import INFERENCERS
from mmtal.runtime import TemporalActionInferencer as ExportedInferencer
from mmtal.runtime.detections import FALLBACK_SCORE_THR
from mmtal.runtime.windowing import Reach
from mmtal.structures import TemporalDataSample
from mmtal.utils.file_names import file_stem
from mmtal.utils.processor import multiplies_bfloat16
from mmtal.utils.progress import progress
from mmtal.visualization.layout import save_figure

ONE_PASS = 16384
"""Features up to which a recording is predicted in one pass, unless ``window`` says otherwise."""


@INFERENCERS.register_module()
class TemporalActionInferencer:
    """Says what happens when in recordings.

    Recordings pass through the config's test pipeline, so raw signals are made into features as
    in training. What is found is what ``mmtal test`` finds.

    Example:
        ``[found] = TemporalActionInferencer("demo")(demo_recording())``

    Args:
        config: A config, its path, or its name as ``thumos_i3d``.
        checkpoint: Checkpoint file; only tensors and plain values are read from it. None, for the
            config ``demo`` alone: the one that mmtal ships.
        device: Such as ``cuda:0``; None: a GPU if there is one.
        classes: Names by label; None: those in the checkpoint, else in the config's annotation
            file, else ``class_0``, ``class_1``, ...
        window: Longer recordings are predicted in windows of so many seconds, with the same
            result in bounded memory; None: 16,384 features.
        max_duration: Detections that last longer (s) are dropped before NMS; None: none.
        options: Values of the config to override, by dotted name.
        precision: ``float32``, ``bfloat16`` (about twice as fast where the hardware is built for
            it, see :class:`mmtal.models.localizers.TemporalLocalizer`), ``auto`` for bfloat16 where
            it is, or None for what the config says.
        weights: Files of the weights of the backbones that make features of videos; None: those
            that come with them.
        backend: ``torch``; or ``onnx``: ``config`` is a file that ``mmtal export`` wrote, and
            :class:`mmtal.runtime.TemporalActionInferencer` takes over, with its arguments.

    Attributes:
        classes (tuple[str, ...]): Names by label.
        threshold (float | None): Score from which on tables and pictures show a detection, as the
            checkpoint says.
        model (torch.nn.Module): The localizer, in evaluation mode.

    Raises:
        FileNotFoundError: There is no such config or checkpoint.
        ValueError: The checkpoint is unsafe, damaged or one of another model, or a value is wrong.
    """

    def __new__(cls, *args: Any, backend: str = "torch", **settings: Any) -> Any:
        if backend == "onnx":
            return ExportedInferencer(*args, **settings)
        return super().__new__(cls)

    def __init__(
        self,
        config: str | Path | Config,
        checkpoint: str | Path | None = None,
        device: str | torch.device | None = None,
        *,
        classes: Sequence[str] | None = None,
        window: float | None = None,
        max_duration: float | None = None,
        options: Mapping[str, Any] | None = None,
        precision: str | None = None,
        weights: Weights = None,
        backend: str = "torch",
    ) -> None:
        if backend != "torch":
            raise ValueError(f"backend must be 'torch' or 'onnx', but got {backend!r}")
        for name, value in (("window", window), ("max_duration", max_duration)):
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be > 0 seconds or None, but got {value}")
        if checkpoint is None:
            if config != "demo":
                raise ValueError(
                    "checkpoint must be a file, but got None: mmtal ships one for the config "
                    f"'demo' alone, not for '{config}'"
                )
            checkpoint = demo_checkpoint()
        options = dict(options or {})
        if precision == "auto":
            fast = find_device(device).type == "cuda" or multiplies_bfloat16()
            precision = "bfloat16" if fast else "float32"
        if precision is not None:
            options["model.precision"] = precision
        self.model: Any = cast(Any, init_model(config, checkpoint, device, options=options))
        self.model.cast_weights()
        self.config = cast(Config, self.model.cfg)
        self.checkpoint = Path(checkpoint)
        self.window = window
        self.max_duration = max_duration
        self.dataset = self.config.test_dataloader.dataset
        point = self.model.operating_point
        self.threshold = None if point is None else float(point["score_thr"])
        self._reached: dict[str, dict[str, float]] = {}
        self.rates: dict[str, float] = {}
        """Frames per second of the recordings of the last call."""
        extractions = self.model.dataset_meta.get("extractions") or ()
        self.pipeline = InferencePipeline(
            self.dataset,
            num_channels=self.model.backbone.in_channels,
            statistics=self.model.feature_statistics,
        )
        self.videos = VideoInputs(
            extractions,
            next(self.model.parameters()).device,
            weights,
            as_they_are=self.pipeline.load_frames is not None,
        )
        own_fps = next((extraction.fps for extraction in self.videos.extractions), None)
        self.known = KnownRecordings(self.dataset, self.pipeline.feature_stride, own_fps)
        self.classes = self.known.class_names(self.model, classes, checkpoint=self.checkpoint)
        if self.model.made_for is None:  # a checkpoint that does not say what it was trained on
            self.model.made_for = self.known.longest or TRAINING_LENGTH

    def __call__(
        self,
        inputs: Inputs,
        *,
        fps: float | Mapping[str, float] | None = None,
        batch_size: int = 1,
        score_thr: float | None = None,
        out_file: str | Path | None = None,
        show_dir: str | Path | None = None,
    ) -> list[Detections]:
        """Find the actions of one recording or many.

        All inputs are checked before the first is predicted; files are written after the last.

        Args:
            inputs: An array or tensor (T, C), a feature file or table, a video (where the model was
                trained on features of ``mmtal data extract``), a folder of them, a list of any of
                these, or a dict of them by the recordings' names. A tuple holds the sources of one
                recording, or the folders of the sources.
            fps: Frames (or samples) per second, for all or by recording; None: as the config
                says, else as its annotation file says of the recording.
            batch_size: Recordings at once; does not change the result.
            score_thr: Detections that score lower are left out everywhere; None: all are kept, and
                tables and pictures show those from the checkpoint's threshold on.
            out_file: Write the detections here, as ActivityNet results JSON.
            show_dir: Draw each recording into this folder.

        Returns:
            One result for each recording, in order; files of a folder by name.

        Raises:
            FileNotFoundError: A file does not exist, or a folder holds no features.
            ValueError: A recording cannot be used: named, with what was expected.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be >= 1, but got {batch_size}")
        if score_thr is not None and not score_thr >= 0:  # NaN, too
            raise ValueError(f"score_thr must be >= 0, but got {score_thr}")
        if out_file is not None and Path(out_file).is_dir():
            raise ValueError(f"out_file must be a file to write, but {out_file} is a folder")
        if show_dir is not None and Path(show_dir).is_file():
            raise ValueError(f"show_dir must be a folder, but {show_dir} is a file")
        recordings = find_recordings(
            self.videos(inputs),
            file_prefix=self.dataset.get("file_prefix", ""),
            file_ext=self.dataset.get("file_ext", ".npy"),
            key=self.dataset.get("feature_key"),
            rate=lambda r: self.known.fps(r, fps) / self.pipeline.feature_stride,
        )
        self.videos.check(recordings)
        rates = [self.known.fps(recording, fps) for recording in recordings]
        self.rates = {r.name: rate for r, rate in zip(recordings, rates, strict=True)}
        for recording in recordings:
            self.pipeline.check(recording)
        for recording in progress(recordings, len(recordings), text="checking features"):
            recording.check_values()
        self._reached.clear()
        found = self._predict_all(list(zip(recordings, rates, strict=True)), batch_size)
        results = [
            result if score_thr is None else result.above(score_thr)
            for result in progress(found, len(recordings), text="predicting recordings")
        ]
        shown_from = results[0].shown_from if score_thr is None else score_thr
        text = limits_warning(self._reached, score_thr=shown_from, total=len(results))
        if text:
            print_log(text, "current", logging.WARNING)
        if out_file is not None:
            stamp = dict(
                checkpoint=self.checkpoint.name,
                num_videos=len(results),
                operating_point=self.model.operating_point,
            )
            write_detections(out_file, results, stamp)
        if show_dir is not None:
            for result in results:
                picture = Path(show_dir) / f"{file_stem(result.video_id)}.png"
                video = self.videos.sources.get(result.video_id)
                save_figure(result.draw(video=video), picture)
        return results

    def stream(
        self,
        *,
        fps: float | None = None,
        step: float | None = None,
        max_duration: float | None = None,
        max_delay: float | None = None,
    ) -> DetectionStream:
        """A stream of one live signal.

        Args:
            fps: Frames (or samples) per second; None: as the config says.
            step: Predict whenever so many seconds are new; None: an eighth of what the model sees.
            max_duration: Detections that last longer (s) are dropped; None: the inferencer's own,
                else one and a half times the longest instance in training.
            max_delay: Most seconds after its end at which a detection is given out; the model
                then sees less of the future, see :class:`DetectionStream`. None: no bound.
        """
        self.pipeline.require_features("given a stream")
        rate = self.known.common_fps(fps)
        if rate is None:
            raise ValueError("fps must be given, since the config has none")
        return DetectionStream(
            self.model,
            reach=self.reach,
            pipeline=self.pipeline,
            classes=self.classes,
            fps=float(rate),
            step=step,
            max_duration=self._longest_shown(max_duration),
            max_delay=max_delay,
            score_thr=FALLBACK_SCORE_THR if self.threshold is None else self.threshold,
        )

    def _longest_shown(self, given: float | None) -> float | None:
        """Seconds of the longest detection of a stream; None: not known."""
        if given is None:
            given = self.max_duration
        longest = self.model.dataset_meta.get("longest_instance")
        return 1.5 * longest if given is None and longest else given

    @cached_property
    def reach(self) -> Reach:
        """Receptive field of the model.

        ValueError: windows would change the result: global attention, absolute positions.
        """
        return reach_of(self.config.model)

    def _predict_all(
        self, recordings: list[tuple[Recording, float]], batch_size: int
    ) -> Iterator[Detections]:
        batch: list[dict[str, Any]] = []
        for recording, fps in recordings:
            duration = self.known.duration(recording) or self.videos.durations.get(recording.name)
            data = self.pipeline.open(recording, fps=fps, duration=duration)
            size = self._window_size(data)
            if size is None:
                batch.append(self.pipeline.finish(data))
                if len(batch) == batch_size:
                    yield from self._predict_batch(batch)
                    batch = []
            else:
                yield from self._predict_batch(batch)
                batch = []
                yield self._predict_in_windows(recording, data, size, fps)
        yield from self._predict_batch(batch)

    def _predict_batch(self, batch: list[dict[str, Any]]) -> list[Detections]:
        if not batch:
            return []
        data = {key: [item[key] for item in batch] for key in batch[0]}
        with torch.no_grad():
            samples = self.model.test_step(data)
        return [self._result(sample, sample.pred_instances) for sample in samples]

    def _window_size(self, data: dict[str, Any]) -> int | None:
        """Features of a window of this recording; None: test it as one."""
        if self.pipeline.load_frames is not None and self.model.test_window is None:
            if self.window is not None or self.max_duration is not None:
                raise ValueError(
                    "window and max_duration must be None, since the config's model takes pictures"
                )
            return None
        if self.model.test_window is not None:  # it cuts long recordings itself
            if self.window is not None or self.max_duration is not None:
                raise ValueError(
                    "window and max_duration must be None, since the config's model predicts in "
                    f"windows of its own (model.test_window={self.model.test_window})"
                )
            return None
        length, grid = len(data["feats"]), data["grid"]
        size = ONE_PASS
        if self.window is not None:
            size = int(min(self.window * grid.fps / grid.feature_stride, length))
        if length <= size:
            return length if self.max_duration is not None else None
        try:
            reach = self.reach
        except ValueError as error:
            if self.window is not None:
                raise
            # the same sentence for all recordings, which a terminal shows once, with their number
            text = f"a recording of more than {ONE_PASS} features: {error}: that is done now"
            print_log(text, "current", logging.WARNING)
            return length if self.max_duration is not None else None
        if self.window is None:
            return max(size, 4 * reach.shortest_window)
        if size < reach.shortest_window:
            least = reach.shortest_window * grid.feature_stride / grid.fps
            raise ValueError(
                f"window must be at least {np.ceil(least):.0f} s, since what the model says of one "
                f"moment depends on that much, but got {self.window:g}"
            )
        return size

    def _predict_in_windows(
        self, recording: Recording, data: dict[str, Any], size: int, fps: float
    ) -> Detections:
        length, grid = len(data["feats"]), data["grid"]
        reach = None if size >= length else self.reach
        longest = self.max_duration
        if longest is not None:
            longest *= grid.fps / grid.feature_stride
        walker = WindowWalker(self.model, reach=reach, name=recording.name)
        pool: list[InstanceData] = []
        spans = walker.spans(length, size)
        metainfo = dict(video_id=recording.name, duration=data["duration"], grid=grid)
        sample = TemporalDataSample(metainfo=metainfo)
        with limits_times(walker.head, length_factor(self.model, sample)):
            for start, end in progress(spans, len(spans), text=f"{recording.name}: windows"):
                part = dict(data, feats=data["feats"][start:end], grid=grid.window(start))
                values = self.pipeline.finish(part)["inputs"]
                found = drop_long(walker.step(values, is_last=end == length), longest)
                pool = [walker.head.best_candidates(join([*pool, found]))]
                if self.pipeline.is_lazy and recording.is_mapped:  # frees the pages that were read
                    data = self.pipeline.open(recording, fps=fps, duration=data["duration"])
            pool[0].segments = pool[0].segments.float()
            return self._result(sample, walker.head.finish(pool[0], sample))

    def _result(self, sample: TemporalDataSample, found: InstanceData) -> Detections:
        if "limits_reached" in sample:
            self._reached[sample.video_id] = sample.limits_reached
        return Detections(
            video_id=sample.video_id,
            duration=float(sample.duration),
            segments=found.segments.float().cpu().numpy(),
            scores=found.scores.float().cpu().numpy(),
            labels=found.labels.long().cpu().numpy(),
            classes=self.classes,
            threshold=self.threshold,
        )
