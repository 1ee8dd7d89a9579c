"""Rebuild the single-stage methods of OpenTAD behind golden figures, and compare all of them.

What the keys are is in data/golden/README.md. Tolerances are five to ten times what OpenTAD's own
code differs by between one and two threads, and between float32 and float64.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from golden_models import golden_weight, unmatched_share
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from torch import Tensor, nn

import mmtal.engine  # noqa: F401  (registers constructors of optimizers)
from mmtal.checkpoints.bridge import from_mmtal, to_mmtal
from mmtal.checkpoints.files import convert
from mmtal.checkpoints.names import OPENTAD
from mmtal.models.layers import AffineDropPath
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid, TemporalDataSample

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Row:
    """A figure, how far it is from ours, and how far it may be."""

    key: str
    difference: float
    tolerance: float


@dataclass
class MethodGolden:
    """One golden model.

    Attributes:
        project: Its folder.
        file: Stem of its files in ``tests/data``.
        config_name: Of ``configs``.
        backbone: What its backbone has otherwise than that config.
    """

    project: str
    file: str
    config_name: str
    backbone: dict = field(default_factory=dict)

    def path(self, ending: str) -> Path:
        return ROOT / "projects" / self.project / "tests" / "data" / f"{self.file}.{ending}"

    @cached_property
    def meta(self) -> dict:
        return json.loads(self.path("json").read_text())

    @cached_property
    def figures(self) -> dict[str, np.ndarray]:
        with np.load(self.path("npz")) as file:
            return dict(file)

    @cached_property
    def config(self) -> Config:
        folder = ROOT / "projects" / self.project / "configs"
        config = Config.fromfile(folder / f"{self.config_name}.py")
        config.model.backbone.update(self.backbone)
        return config

    def weights(self) -> dict[str, Tensor]:
        """What OpenTAD would save: its loss normalizer starts as an integer."""
        made, initial = self.filled(), self.config.model.head.loss_normalizer
        for name in self.meta.get("frozen_params", ()):  # constant: each copies one neighbor
            copies, _, size = self.meta["params"][name]
            made[name] = torch.eye(size).repeat(copies // size, 1)[:, None]
        return {**made, "rpn_head.loss_normalizer": torch.tensor(initial)}

    def filled(self) -> dict[str, Tensor]:
        """Parameters by OpenTAD's names, as the common recipe says."""
        seed = self.meta["seed"]
        return {n: golden_weight(n, s, seed) for n, s in self.meta["params"].items()}

    def build(self) -> nn.Module:
        conversion = convert(self.weights(), self.config, source="opentad", target="mmtal")
        conversion.raise_if_unmatched()
        model = MODELS.build(self.config.model)
        model.load_state_dict(conversion.state_dict)
        for module in model.modules():  # as the figures were made
            if isinstance(module, AffineDropPath):
                module.drop_prob = 0.0
            elif isinstance(module, nn.Dropout):
                module.p = 0.0
            elif isinstance(module, nn.MultiheadAttention):
                module.dropout = 0.0
        return model

    def video(self, index: int, length: int, padded: int, meta: dict | None = None) -> dict:
        """A batch of one. ``meta``: of a test video; None: ground truth on the feature grid."""
        channels, classes = self.meta["in_channels"], self.meta["num_classes"]
        random = np.random.RandomState(self.meta["seed"] * 1000 + index)
        inputs = torch.zeros(1, channels, padded)
        inputs[0, :, :length] = torch.from_numpy(
            random.standard_normal((length, channels)).astype(np.float32).T
        )
        start = random.uniform(0, 0.85 * length, 12)
        width = np.exp(random.uniform(np.log(1.5), np.log(0.8 * length), 12))
        segments = np.stack([start, np.minimum(start + width, length)], 1).astype(np.float32)
        labels = random.randint(0, classes, 12)
        segments[1], labels[1] = segments[0], (labels[0] + 1) % classes
        segments[2], labels[2] = segments[0], labels[0]
        sample = TemporalDataSample(
            metainfo=dict(
                video_id=f"video_{index}",
                duration=meta["duration"] if meta else float(length),
                grid=grid_of(meta) if meta else FeatureGrid(1, 0, 1),
                num_features=length,
            )
        )
        sample.gt_instances = InstanceData(
            segments=torch.from_numpy(segments), labels=torch.from_numpy(labels)
        )
        masks = torch.arange(padded)[None] < length
        return dict(inputs=inputs, masks=masks, data_samples=[sample])

    def theirs(self, ours: str) -> str:
        found = OPENTAD.for_model(self.empty).to_theirs(ours)
        assert found is not None, ours
        return found[0]

    @cached_property
    def empty(self) -> nn.Module:
        with torch.device("meta"):
            return MODELS.build(self.config.model)

    def by_their_names(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        """Parameters, or what belongs to them, by OpenTAD's names."""
        split = dict(values)
        scales = split.pop("head.level_scales")
        split |= {f"head.level_scales.{i}": scale for i, scale in enumerate(scales)}
        return {self.theirs(name): value for name, value in split.items()}


def grid_of(meta: dict) -> FeatureGrid:
    """Of a test video: its features divide the duration, or lie at their own rate."""
    if "resize_length" in meta:
        return FeatureGrid(meta["duration"] / meta["resize_length"], 0, fps=1)
    return FeatureGrid(meta["snippet_stride"], 2 * meta["offset_frames"], fps=meta["fps"])


def evaluation_rows(golden: MethodGolden, model: nn.Module) -> Iterator[Row]:
    """All figures of the test videos."""
    model.eval()
    for index, (length, padded) in enumerate(golden.meta["eval_cases"]):
        name = f"eval{index}"
        figures = {
            key.removeprefix(f"{name}."): value
            for key, value in golden.figures.items()
            if key.startswith(f"{name}.")
        }
        video = golden.video(index, length, padded, golden.meta[f"{name}_meta"])
        with torch.no_grad():
            raw, masks = model.raw_predictions(video["inputs"], video["masks"])
            found = model.detect(raw, masks, video["data_samples"])[0]
            voting = model.head.nms.get("voting_thr")
            if voting is not None:
                model.head.nms = dict(model.head.nms, voting_thr=None)
                plain = model.detect(raw, masks, video["data_samples"])[0]
                model.head.nms = dict(model.head.nms, voting_thr=voting)
        valid = [int(mask.sum()) for mask in masks]
        yield Row(f"{name}.valid_per_level", differ(valid, figures.pop("valid_per_level")), 0)
        yield Row(f"{name}.points", differ(sum(valid), figures.pop("points")), 0)
        for key, part in zip(("cls", "reg"), raw, strict=True):
            levels = [x[0, :, mask[0]].t() for x, mask in zip(part, masks, strict=True)]
            values = torch.cat(levels).flatten().double().numpy()
            full = "cls_logits" if key == "cls" else "offsets"
            step = int(figures.pop("cls_step" if key == "cls" else "offsets_step"))
            expected = figures.pop(f"{full}_sub")
            largest = float(np.abs(expected).max())
            yield Row(
                f"{name}.{full}_sub", differ(values[::step], expected), max(2e-4, 1e-4 * largest)
            )
            sums = [float(x.double().sum()) for x in levels]
            size = max(x.numel() for x in levels) * float(np.abs(values).mean())
            yield Row(
                f"{name}.{key}_sum_per_level",
                differ(sums, figures.pop(f"{key}_sum_per_level")),
                1e-5 * size,
            )
        kinds = {"": found} if voting is None else {"novote.": plain, "": found}
        for kind, instances in kinds.items():
            expected_ = [figures.pop(f"{kind}{key}") for key in ("segments", "scores", "labels")]
            share = unmatched_but_nan(instances, expected_)
            yield Row(f"{name}.{kind}detections, share unmatched", share, tie_share(len(found)))
        assert not figures, f"not compared: {sorted(figures)}"


def tie_share(number: int) -> float:
    """Of detections that may lack a partner, since soft-NMS chooses among scores that tie."""
    return max(1e-3, 2 / number)


def unmatched_but_nan(found: InstanceData, expected: list[np.ndarray]) -> float:
    """Share of detections without a partner; OpenTAD's voting gives NaN to empty segments.

    An empty segment meets nothing, not even itself, so that voting leaves ours as it is.
    """
    segments, scores = expected[0].copy(), expected[1]
    is_empty = (found.segments[:, 0] == found.segments[:, 1]).numpy()
    for row in np.flatnonzero(np.isnan(segments).any(1)):
        distance = np.where(is_empty, np.abs(found.scores.numpy() - scores[row]), np.inf)
        segments[row] = found.segments[int(distance.argmin())]
    return unmatched_share(found, [segments, *expected[1:]])


def training_rows(golden: MethodGolden, model: nn.Module) -> Iterator[Row]:
    """All figures of the training pass."""
    model.train()
    lengths, padded = golden.meta["train_lengths"], golden.meta["train_padded"]
    videos = [golden.video(10 + i, length, padded) for i, length in enumerate(lengths)]
    losses = model(
        torch.cat([video["inputs"] for video in videos]),
        torch.cat([video["masks"] for video in videos]),
        [video["data_samples"][0] for video in videos],
        mode="loss",
    )
    total = losses["loss_cls"] + losses["loss_reg"]
    total.backward()
    figures = {k: float(v) for k, v in golden.figures.items() if k.startswith("train.")}
    for key, value, tolerance in (
        ("train.cls_loss", losses["loss_cls"], 2e-5),
        ("train.reg_loss", losses["loss_reg"], 2e-5),
        ("train.cost", total, 2e-5),
        ("train.loss_normalizer_after", model.head.loss_normalizer, 1e-6),
    ):
        expected = figures.pop(key)
        yield Row(key, abs(value.item() - expected) / expected, tolerance)
    assert not figures, f"not compared: {sorted(figures)}"
    yield gradient_row(golden, model)


def gradient_row(golden: MethodGolden, model: nn.Module) -> Row:
    """Gradient norms, the largest of 99 % of them: a ReLU that flips moves single ones."""
    norms = golden.meta["grad_norms"]
    grads = {n: p.grad for n, p in model.named_parameters() if p.requires_grad}
    found = golden.by_their_names(grads)
    assert found.keys() == norms.keys()
    largest = max(norms.values())
    excess = sorted(
        max(0.0, abs(grad.double().norm().item() - norms[name]) - 1e-6 * largest)
        / (norms[name] or 1.0)
        for name, grad in found.items()
    )
    return Row("grad_norms", excess[int(0.99 * (len(excess) - 1))], 2e-3)


def check_rows(rows: Iterator[Row]) -> None:
    """Each within its tolerance."""
    for row in rows:
        assert row.difference <= row.tolerance, row


def check_names_there_and_back(golden: MethodGolden) -> None:
    """Every published name has one of ours, and comes back with the same weights."""
    weights, model = golden.weights(), MODELS.build(golden.config.model)
    ours = to_mmtal(weights, model, OPENTAD)
    ours.raise_if_unmatched()
    back = from_mmtal(ours.state_dict, model, OPENTAD)
    back.raise_if_unmatched()
    assert back.state_dict.keys() == weights.keys()
    assert all(torch.equal(back.state_dict[key], weights[key]) for key in weights)


def published_groups(golden: MethodGolden) -> set[tuple[float, frozenset[str]]]:
    """The figures' groups of the optimizer, as :func:`optimizer_groups` gives ours."""
    groups = golden.meta["optimizer_groups"]
    frozen = set(golden.meta.get("frozen_params", ()))
    return {(group["weight_decay"], frozenset(group["names"]) - frozen) for group in groups}


def optimizer_groups(golden: MethodGolden) -> set[tuple[float, frozenset[str]]]:
    """Weight decay and OpenTAD's names of the parameters of each group of ours."""
    init_default_scope("mmtal")
    model = MODELS.build(golden.config.model)
    wrapper = build_optim_wrapper(model, golden.config.optim_wrapper.copy())
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = set()
    for group in wrapper.optimizer.param_groups:
        params = {names[id(parameter)]: parameter for parameter in group["params"]}
        if "head.level_scales" not in params:  # by_their_names splits it
            params["head.level_scales"] = torch.empty(0)
        groups.add((group["weight_decay"], frozenset(golden.by_their_names(params))))
    return groups


def differ(found: object, expected: object) -> float:
    """Largest absolute difference of arrays of one shape."""
    a, b = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert a.shape == b.shape, (a.shape, b.shape)
    return float(np.abs(a - b).max())
