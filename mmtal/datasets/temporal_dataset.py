"""The dataset of every benchmark: an annotation JSON and folders of feature files."""

import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dataset import BaseDataset, force_full_init
from mmengine.logging import print_log

from mmtal.datasets.annotation_file import CLIPPED, AnnotationFile, parse_instances
from mmtal.datasets.extraction import places_of, read_extraction
from mmtal.datasets.feature_check import expected_length, read_shapes, scan_values
from mmtal.datasets.feature_files import FileNames
from mmtal.datasets.features import ENDINGS
from mmtal.datasets.label_checks import check_labels, labels_of, one_split_classes, truth_of
from mmtal.datasets.problems import Problems
from mmtal.datasets.segment_checks import end_tolerance, unit_of_times
from mmtal.datasets.transforms.windows import in_windows
from mmtal.registry import DATASETS, TRANSFORMS
from mmtal.structures import FeatureGrid
from mmtal.utils import media_files

BAD_SEGMENTS = ("reversed segment", "empty segment", "segment outside the recording")


@DATASETS.register_module()
class TemporalDataset(BaseDataset):
    """Recordings of one subset of an annotation JSON, with their features.

    Everything that is wrong with the data is found when the dataset is built, and is reported in
    one error. An entry of the data list holds ``video_id``, ``feat_paths``, ``duration`` (s),
    ``fps``, ``num_features`` (in the files), ``segments`` (N, 2) float32 in seconds and ``labels``
    (N,) int64. The pipeline also gets ``grid``, ``feature_key`` and ``rng``, whose numbers depend
    on (seed, epoch, index) alone: workers, ranks and interruptions change nothing.

    Metainfo: ``one_split_classes`` (a line that names them), ``classes`` (names by label),
    ``dataset_name``, ``subset``, ``video_ids``, ``longest_recording`` and ``longest_instance``
    (seconds, or None), ``extractions`` (what ``features.yaml`` of each folder says),
    ``empty_classes`` (labels without an instance here), ``bad_segments`` (counts by kind),
    ``missing`` (recordings left out for want of features; ``missing_truth`` has their
    ``segments``, ``labels`` and ``duration``, since evaluation counts them as recordings without a
    detection).

    Args:
        ann_file: Annotation JSON, relative to ``data_root``.
        features: Folder of the feature files, relative to ``data_root``. Several folders are
            joined over the channels.
        subset: Name of the subset, or names; case does not matter.
        feature_stride: Frames between the starts of neighboring snippets; None: the features were
            resized to one length (ActivityNet), those of each recording cover all of it.
        snippet_frames: Frames behind one feature; None where ``feature_stride`` is.
        fps: Frames per second; None: each recording's own, from the JSON.
        file_prefix: Comes before the recording's name in file names.
        file_ext: Comes after it, and ends in one of ``ENDINGS``, such as ``.npy`` or ``.csv``.
            Tables of sensors are brought to ``fps / feature_stride`` samples per second; so are
            videos, for ``LoadFrames``.
        feature_key: Name of the array in files with named arrays; None: ``feats``, ``features``,
            or the only one.
        classes: Names of the classes, or their number where the file lacks some; None: those of
            the whole file, by ``label_id``. ``"occurring"``: the same, without gaps in the ids;
            ``"alphabetical"``: by name, as OpenTAD has them.
        bad_segments: What to do about reversed, empty and outside segments: ``error``, or
            ``keep`` for published benchmark files (counted, and treated as the reference does).
            With ``error``, segments that end within a feature of the recording's end are clipped.
        point_width: Of data whose instances are events without duration: seconds of the segments
            around them that a model learns. Their middles are evaluated, see ``tolerances`` of
            :class:`~mmtal.evaluation.metrics.TemporalMAP`.
        remove_duplicates: Drop instances that repeat another within 1 ms or are shorter than that.
        allow_missing: Leave out recordings without feature files instead of failing.
        check_values: Read all features once and refuse NaN and infinity.
        check_duration: Refuse recordings whose duration and number of features disagree by more
            than 5 %.
        seed: Of the augmentation.
        repeat: Times that each recording comes in an epoch, with other augmentation each time, so
            that epochs of a few recordings are not one step long.
        data_root: Folder that relative paths start from.
        metainfo: More metainfo, such as ``dataset_name`` (else the name of ``ann_file``).
        pipeline: Transforms, ending with ``PackInputs``.
        test_mode: Whether this is a dataset for testing.
        indices: Only the first so many recordings (or their windows, where the pipeline has
            ``TrainingWindows``), or those of these numbers.
        serialize_data: Keep the data list as bytes, which workers share.
        lazy_init: Read and check only when first used.
    """

    _metainfo: dict[str, Any]

    def __init__(
        self,
        ann_file: str,
        *,
        features: str | Sequence[str],
        subset: str | Sequence[str],
        feature_stride: float | None,
        snippet_frames: float | None,
        fps: float | None = None,
        file_prefix: str = "",
        file_ext: str = ".npy",
        feature_key: str | None = None,
        classes: Sequence[str] | int | str | None = None,
        bad_segments: str = "error",
        point_width: float | None = None,
        remove_duplicates: bool = False,
        allow_missing: bool = False,
        check_values: bool = True,
        check_duration: bool = True,
        seed: int = 0,
        repeat: int = 1,
        data_root: str = "",
        metainfo: Mapping[str, Any] | None = None,
        pipeline: Sequence[dict[str, Any] | Callable[..., Any]] = (),
        test_mode: bool = False,
        indices: int | Sequence[int] | None = None,
        serialize_data: bool = True,
        lazy_init: bool = False,
    ) -> None:
        if bad_segments not in ("error", "keep"):
            raise ValueError(f"bad_segments must be 'error' or 'keep', but got '{bad_segments}'")
        if not file_ext.endswith((*ENDINGS, *media_files.ENDINGS)):
            raise ValueError(
                f"file_ext must end in {', '.join(ENDINGS)}, or as a video does, but got "
                f"'{file_ext}'"
            )
        if point_width is not None and not point_width > 0:
            raise ValueError(f"point_width must be > 0 seconds, but got {point_width}")
        if repeat < 1:
            raise ValueError(f"repeat must be >= 1, but got {repeat}")
        if (feature_stride is None) != (snippet_frames is None):
            raise ValueError(
                "feature_stride and snippet_frames must both be numbers or both None, but got "
                f"{feature_stride} and {snippet_frames}"
            )
        grid = (feature_stride, snippet_frames, fps)
        FeatureGrid(*(1.0 if value is None else value for value in grid))  # checks them
        if "classes" in (metainfo or {}):
            raise ValueError("classes must be given as an argument, but are in metainfo")
        folders = [features] if isinstance(features, str) else list(features)
        if not folders:
            raise ValueError("features must name at least one folder, but got none")
        self.folders = [Path(data_root, folder) for folder in folders]
        self.subset = subset
        self.feature_stride = feature_stride
        self.snippet_frames = snippet_frames
        self.fps = fps
        self.file_names = FileNames(file_prefix, file_ext)
        self.feature_key = feature_key
        self.classes = classes
        self.bad_segments = bad_segments
        self.point_width = point_width
        self.remove_duplicates = remove_duplicates
        self.allow_missing = allow_missing
        self.check_values = check_values
        self.check_duration = check_duration
        self.repeat = repeat
        # in shared memory, so that workers that outlive an epoch see the next one
        self._seed_epoch = torch.zeros(2, dtype=torch.int64).share_memory_()
        self.set_seed(seed)
        super().__init__(
            ann_file=ann_file,
            data_root=data_root,
            data_prefix={},
            pipeline=[TRANSFORMS.build(t) if isinstance(t, dict) else t for t in pipeline],
            test_mode=test_mode,
            indices=indices,
            serialize_data=serialize_data,
            lazy_init=True,
        )
        self._metainfo.update(metainfo or {})
        if not lazy_init:
            self.full_init()

    def set_seed(self, seed: int) -> None:
        """Seed the augmentation; also reaches running workers."""
        if seed < 0:
            raise ValueError(f"seed must be >= 0, but got {seed}")
        self._seed_epoch[0] = seed

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose augmentation follows; also reaches running workers."""
        self._seed_epoch[1] = epoch

    def loaded(self, idx: int) -> dict[str, Any]:
        """What the pipeline begins with for recording ``idx``."""
        return self._begin(self.get_data_info(idx))

    def _begin(self, info: dict[str, Any]) -> dict[str, Any]:
        random = np.random.default_rng([*self._seed_epoch.tolist(), info.get("sample_idx", 0)])
        grid = self._grid(info["fps"], info["duration"], info["num_features"])
        return dict(info, rng=random, grid=grid, feature_key=self.feature_key)

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on recording ``idx``."""
        return self.pipeline(self.loaded(idx))

    def full_init(self) -> None:
        """Read and check the data, unless that has been done."""
        if not self._fully_initialized:
            super().full_init()
            self._describe()

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the annotations and check them against the feature files.

        Raises:
            FileNotFoundError: The annotation file, a folder or feature files are missing.
            ValueError: Anything else is wrong with the data.
        """
        width = self.point_width
        annotations = AnnotationFile(self.ann_file, points=width is not None, width=width or 0.0)
        entries = annotations.recordings(self.subset)
        extractions = self._extractions()
        classes = annotations.class_names(self.classes)
        if not isinstance(self.classes, list | tuple):  # which say that they differ
            check_labels(labels_of(annotations.database), source=self.ann_file)
        problems = Problems(f"{self.ann_file}, subset {self._subset_name()}")
        data_list, missing = self._find_files(entries, problems)
        self.source_channels = read_shapes(data_list, key=self.feature_key, problems=problems)
        labels = {name: label for label, name in enumerate(classes)}
        for info in data_list:
            self._add_ground_truth(info, entries[info["video_id"]], labels, problems)
        clipped = problems.take((CLIPPED,))
        kept = problems.take(BAD_SEGMENTS) if self.bad_segments == "keep" else {}
        unit = unit_of_times(
            (float(i["segments"].max(initial=0)), i["duration"], i["fps"]) for i in data_list
        )
        if unit and not kept:
            problems.add("times in another unit", f"these look like {unit}: --unit {unit}")
        problems.raise_if_any()
        if self.check_values:
            scan_values(data_list, key=self.feature_key, problems=problems)
            problems.raise_if_any()
        for text, found in (
            ("kept as published", kept),
            ("segments", clipped),
            ("left out", {"no features": missing}),
        ):
            if any(found.values()):
                print_log(f"{problems.source}: {text}: {found}", "current", logging.WARNING)
        self._metainfo = {
            "one_split_classes": one_split_classes(labels_of(annotations.database)),
            "classes": tuple(classes),
            "dataset_name": Path(self.ann_file).stem,
            "subset": self._subset_name(),
            "bad_segments": kept,
            "missing": missing,
            **({"extractions": extractions} if extractions else {}),
            **({"missing_truth": truth_of(missing, entries, labels)} if missing else {}),
            **self._metainfo,
        }
        if not self.test_mode:
            steps = self.pipeline.transforms
            data_list = in_windows(data_list, steps, self._begin, source=problems.source)
        return data_list * self.repeat

    @property
    def num_channels(self) -> int:
        """C of what the pipeline delivers (found by running it on the first recording)."""
        sample = self.loaded(0)
        if media_files.is_video(sample["feat_paths"][0]):
            return sum(self.source_channels)
        for transform in self.pipeline.transforms:
            if not getattr(transform, "needs_statistics", False):  # which change no channels
                sample = transform(sample)
        return sample["inputs"].shape[1] if "inputs" in sample else sum(self.source_channels)

    @force_full_init
    def get_subset_(self, indices: int | Sequence[int]) -> None:
        """Keep only the first so many recordings, or those of these numbers."""
        super().get_subset_(indices)
        self._describe()

    @force_full_init
    def get_subset(self, indices: int | Sequence[int]) -> "TemporalDataset":
        """A dataset of the first so many recordings, or of those of these numbers."""
        subset = super().get_subset(indices)
        subset._seed_epoch = self._seed_epoch.clone().share_memory_()
        subset._describe()
        return subset

    def _describe(self) -> None:
        infos = [self.get_data_info(index) for index in range(len(self))]
        present = {int(label) for info in infos for label in info["labels"]}
        self.num_features_list = [info["num_features"] for info in infos]
        known = [info["duration"] for info in infos if math.isfinite(info["duration"])]
        self._metainfo["longest_recording"] = max(known, default=None)
        self._metainfo["longest_instance"] = max(
            (float(np.diff(info["segments"]).max()) for info in infos if len(info["segments"])),
            default=None,
        )
        self._metainfo["video_ids"] = list(dict.fromkeys(info["video_id"] for info in infos))
        self._metainfo["empty_classes"] = sorted(
            set(range(len(self._metainfo["classes"]))) - present
        )

    def _extractions(self) -> list[dict[str, Any]]:
        """How the features of the folders were extracted; empty: not all say it.

        What they say of the frame rate counts.
        """
        found = [read_extraction(folder) for folder in self.folders]
        if self.feature_stride is not None:
            given = (self.feature_stride, self.snippet_frames, self.fps)
            *_, self.fps = places_of(self.folders, *given)
        return [one.to_dict() for one in found if one] if all(found) else []

    def _find_files(
        self, entries: dict[str, Any], problems: Problems
    ) -> tuple[list[dict[str, Any]], list[str]]:
        for folder in self.folders:
            if not folder.is_dir():
                raise FileNotFoundError(
                    f"feature folder '{folder}' does not exist: check data_root and features"
                )
        data_list, missing = [], []
        for video_id, entry in entries.items():
            try:
                paths = [self.file_names.path(folder, video_id) for folder in self.folders]
            except ValueError:
                problems.add("name is no path below the features", f"recording {video_id!r}")
                continue
            absent = [str(path) for path in paths if not os.path.isfile(path)]
            if absent:
                missing.append(video_id)
                if not self.allow_missing:
                    case = f"recording '{video_id}': {', '.join(absent)}"
                    problems.add("missing feature file", case)
            else:
                files = [str(path) for path in paths]
                fps = self.fps or entry.get("fps")
                rate = fps / self.feature_stride if fps and self.feature_stride else None
                data_list.append({"video_id": video_id, "feat_paths": files, "rate": rate})
        if missing and not data_list:
            present = next(self.folders[0].iterdir(), None)
            raise FileNotFoundError(
                f"{problems.source}: no recording is left, none of {len(missing)} has its feature "
                f"files, such as '{paths[0]}' ("
                + (f"there is '{present.name}'" if present else "the folder is empty")
                + "). Check features, file_prefix and file_ext"
            )
        return data_list, missing

    def _add_ground_truth(
        self,
        info: dict[str, Any],
        entry: dict[str, Any],
        labels: dict[str, int],
        problems: Problems,
    ) -> None:
        where = f"recording '{info['video_id']}'"
        fps = entry.get("fps") if self.fps is None else self.fps
        if fps is None and self.feature_stride is None:
            fps = 1.0  # frames do not matter
        if fps is None:
            raise ValueError(
                f"{self.ann_file}: {where} has no 'fps': add it, or give the argument fps (--fps)"
            )
        info["fps"] = float(fps)
        length, duration = info["num_features"], entry.get("duration")
        if duration is None and self.feature_stride is None:
            problems.add("missing duration", where)
        grid = self._grid(fps, duration or 1.0, length)
        if duration is None:
            # the longest recording that has so many features: clips no prediction
            longest = grid.to_seconds(length + grid.snippet_offset)
            info["duration"] = float(longest) if length else math.inf
        else:
            info["duration"] = float(duration)
            expected = expected_length(grid, info["duration"], length)
            if self.check_duration and length and expected is not None:
                problems.add(
                    "duration and feature length disagree",
                    f"{where} lasts {info['duration']:g} s at {fps:g} frames per second, so it "
                    f"should have {expected:.0f} features, but got {length} "
                    f"({', '.join(info['feat_paths'])})",
                )
        info["segments"], info["labels"] = parse_instances(
            entry,
            where=where,
            labels=labels,
            duration=info["duration"],
            tolerance=end_tolerance(fps, self.feature_stride) * (self.bad_segments == "error"),
            remove_duplicates=self.remove_duplicates,
            problems=problems,
        )

    def _grid(self, fps: float, duration: float, length: int) -> FeatureGrid:
        if self.feature_stride is None or self.snippet_frames is None:
            return FeatureGrid.covering(length, duration=duration, fps=fps)
        return FeatureGrid(self.feature_stride, self.snippet_frames, fps)

    def _subset_name(self) -> str:
        return self.subset if isinstance(self.subset, str) else "+".join(self.subset)
