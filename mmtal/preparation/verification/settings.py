"""Settings of a verification: location of the data, and what a model expects of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mmtal.datasets import FrameTransform
from mmtal.registry import BACKBONES, DATASETS, TASK_UTILS, TRANSFORMS, is_kind_of
from mmtal.structures import Points
from mmtal.structures.contracts import (
    Backbone,
    CoverageAssigner,
    CropTransform,
    Transform,
    check_contract,
)

LOADERS = ("train", "val", "test")


@dataclass(frozen=True)
class DataSetting:
    """One annotation file with its features, as one data loader sees it.

    Arguments that are not described are those of :class:`TemporalDataset`.

    Attributes:
        ann_file: Annotation JSON.
        folders: Feature folders; none: features are not checked.
        subsets: Subsets to verify; None: all.
        file_prefix: None: the one with which most recordings have a file.
        file_ext: None: likewise.
        feature_stride: None: unknown.
        snippet_frames: None: unknown.
        role: Loader of a config that it is from, ``train``, ``val`` or ``test``.
        transforms: Those of the pipeline that change the grid, before ``truncate``.
        steps: All between loading and ``truncate`` or packing that are known.
        truncate: How training recordings are cut.
        unknown_transforms: Types in the pipeline that do not say whether they do.
    """

    ann_file: Path
    folders: tuple[Path, ...] = ()
    subsets: tuple[str, ...] | None = None
    file_prefix: str | None = None
    file_ext: str | None = None
    feature_key: str | None = None
    feature_stride: float | None = None
    snippet_frames: float | None = None
    fps: float | None = None
    classes: tuple[str, ...] | int | str | None = None
    point_width: float | None = None
    allow_missing: bool = False
    check_duration: bool = True
    role: str = ""
    transforms: tuple[Transform, ...] = ()
    steps: tuple[Transform, ...] = ()
    truncate: CropTransform | None = None
    unknown_transforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelSetting:
    """What a model expects; None where that is not known.

    Attributes:
        in_channels: Channels of what the pipeline delivers.
        num_classes: Of the head; 1: it is class-agnostic.
        max_seq_len: Longest sequence in training.
        level_strides: Grid steps between the points of each level.
        points: Makes the points of the levels.
        assigner: Tells which points of which level own an instance.
        no_coverage: Class of an assigner that does not tell it.
    """

    in_channels: int | None = None
    num_classes: int | None = None
    max_seq_len: int | None = None
    level_strides: tuple[int, ...] = ()
    points: Callable[..., Points] | None = None
    assigner: CoverageAssigner | None = None
    no_coverage: str = ""


def settings_of_config(config: Mapping[str, Any]) -> tuple[list[DataSetting], ModelSetting]:
    """The data sets of all loaders of a config, and its model.

    ValueError: no loader has a ``TemporalDataset``.
    """
    settings = []
    for role in LOADERS:
        loader = config.get(f"{role}_dataloader") or {}
        for dataset in _datasets(loader.get("dataset") or {}):
            settings.append(_data_setting(dataset, role))
    if not settings:
        raise ValueError(
            "the config must have a data loader with a dataset of type 'TemporalDataset', but has "
            "none: give a config that can be trained"
        )
    return settings, _model_setting(config.get("model") or {}, settings)


def _datasets(dataset: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The innermost data sets: wrappers repeat or join others."""
    inner = dataset.get("dataset") or dataset.get("datasets")
    if inner:
        for part in [inner] if isinstance(inner, Mapping) else inner:
            yield from _datasets(part)
    elif dataset and is_kind_of(dataset, "TemporalDataset", DATASETS):
        yield dataset


def _data_setting(dataset: Mapping[str, Any], role: str) -> DataSetting:
    root = Path(dataset.get("data_root") or "")
    steps, truncate, unknown = _pipeline(dataset.get("pipeline") or ())
    given = {
        name: dataset[name]
        for name in (
            "feature_key",
            "feature_stride",
            "snippet_frames",
            "fps",
            "point_width",
            "allow_missing",
            "check_duration",
        )
        if name in dataset
    }
    classes = dataset.get("classes")
    return DataSetting(
        ann_file=root / dataset["ann_file"],
        folders=tuple(root / folder for folder in as_list(dataset["features"])),
        subsets=tuple(as_list(dataset["subset"])),
        file_prefix=dataset.get("file_prefix", ""),
        file_ext=dataset.get("file_ext", ".npy"),
        classes=classes if classes is None or isinstance(classes, int | str) else tuple(classes),
        role=role,
        transforms=tuple(step for step in steps if step.changes_grid),
        steps=tuple(steps),
        truncate=truncate,
        unknown_transforms=tuple(unknown),
        **given,
    )


def _pipeline(pipeline: Sequence[Any]) -> tuple[list[Transform], CropTransform | None, list[str]]:
    steps: list[Transform] = []
    unknown: list[str] = []
    truncate = None
    for step in pipeline[1:-1]:  # between loading and packing
        transform = TRANSFORMS.build(step) if isinstance(step, Mapping) else step
        if isinstance(transform, FrameTransform):
            continue
        if not isinstance(transform, Transform):
            unknown.append(type(transform).__name__)
        elif transform.changes_grid and isinstance(transform, CropTransform):
            truncate = transform
        elif truncate is None:
            steps.append(transform)
    return steps, truncate, unknown


def _model_setting(model: Mapping[str, Any], settings: Sequence[DataSetting]) -> ModelSetting:
    head, max_lens = model.get("head") or {}, [s.truncate.max_len for s in settings if s.truncate]
    if not model.get("backbone"):
        return ModelSetting(
            num_classes=head.get("num_classes"), max_seq_len=max(max_lens, default=None)
        )
    with torch.device("meta"):  # only its shape is wanted
        backbone = BACKBONES.build(model["backbone"])
    check_contract(backbone, Backbone, name="model.backbone")
    points = TASK_UTILS.build(
        head.get("point_generator") or dict(type="PointGenerator"),
        default_args=dict(level_strides=backbone.level_strides),
    )
    assigner = TASK_UTILS.build(head["assigner"]) if "assigner" in head else None
    tells = isinstance(assigner, CoverageAssigner)
    return ModelSetting(
        in_channels=backbone.in_channels,
        num_classes=head.get("num_classes"),
        max_seq_len=max(max_lens) if max_lens else backbone.padding.max_seq_len,
        level_strides=tuple(backbone.level_strides),
        points=points,
        assigner=assigner if tells else None,
        no_coverage="" if tells or assigner is None else type(assigner).__name__,
    )


def as_list(value: Any) -> list[Any]:
    """One or several, as a list."""
    return [value] if isinstance(value, (str, int, Path)) else list(value)
