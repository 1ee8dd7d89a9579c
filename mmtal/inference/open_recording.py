"""Open one recording as a config's model sees it when it is tested."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.feature_statistics import (
    Statistics,
    feature_statistics,
    give_statistics,
    waiting,
)
from mmtal.registry import DATASETS
from mmtal.structures import RecordingView, TemporalDataSample


@dataclass(frozen=True)
class OpenedRecording:
    """A recording after the pipeline for testing.

    Attributes:
        features: float32 (T, C).
        sample: What is known of it; ``sample.grid`` says where the features lie in time.
        view: Its ground truth, for pictures.
        dataset: The data set that it is from.
    """

    features: torch.Tensor
    sample: TemporalDataSample
    view: RecordingView
    dataset: Any

    @property
    def classes(self) -> list[str]:
        return list(self.dataset.metainfo["classes"])


def open_recording(
    config: Config, video_id: str, *, statistics: Statistics | None = None
) -> OpenedRecording:
    """Load a recording of any subset through the pipeline of the config's ``test_dataloader``.

    ``statistics`` are of the training features, as a checkpoint holds them; None: measured if they
    are needed. FileNotFoundError: the annotations or the recording's features are missing.
    ValueError: there is no such recording; the message names close ones.
    """
    settings = dict(config.test_dataloader.dataset)
    if "ann_file" not in settings:
        raise ValueError(
            f"test_dataloader.dataset must have an ann_file, but its type is "
            f"'{settings.get('type')}'"
        )
    path = Path(settings.get("data_root", ""), settings["ann_file"])
    database = AnnotationFile(path).database
    find_name(video_id, database, str(path))
    settings.update(
        subset=database[video_id]["subset"], allow_missing=True, check_values=False,
        test_mode=True, serialize_data=False,
    )  # fmt: skip
    dataset = DATASETS.build(settings)
    transforms = dataset.pipeline.transforms
    if waiting(transforms):
        if statistics is None:
            training = DATASETS.build(config.train_dataloader.dataset)
            statistics = feature_statistics(training, transforms)
        give_statistics(transforms, statistics, source="the checkpoint")
    names = dataset.metainfo["video_ids"]
    if video_id not in names:
        folders = ", ".join(str(folder) for folder in dataset.folders)
        raise FileNotFoundError(
            f"recording '{video_id}' of {path} has no feature file in {folders}: check features, "
            "file_prefix and file_ext"
        )
    packed = dataset[names.index(video_id)]
    sample = packed["data_samples"]
    truth = sample.gt_instances
    view = RecordingView(
        video_id, float(sample.duration), truth.segments.double().numpy(), truth.labels.numpy()
    )
    return OpenedRecording(packed["inputs"], sample, view, dataset)


def find_name(name: str, names: Iterable[str], source: str) -> int:
    """Where a recording stands in a list.

    ValueError: it is not there; the message names close ones.
    """
    known = list(names)
    if name in known:
        return known.index(name)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = ", ".join(f"'{other}'" for other in close or known[:3])
    raise ValueError(
        f"recording '{name}' is not among the {len(known)} of {source}"
        + (f"; {'did you mean' if close else 'there are'} {hint}" if hint else "")
    )
