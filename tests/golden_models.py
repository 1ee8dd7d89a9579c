"""Rebuild the models, weights and videos behind the golden figures."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmtal.apis import load_official_state_dict
from mmtal.checkpoints.names import OFFICIAL
from mmtal.models.layers import AffineDropPath
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid, TemporalDataSample

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "data" / "golden"
CONFIGS = [
    "thumos_i3d",
    "anet_i3d",
    "anet_tsp",
    "epic_slowfast_verb",
    "epic_slowfast_noun",
    "ego4d_slowfast",
    "ego4d_slowfast_omnivore_egovlp",
]


def official_to_mmtal(name: str) -> str | None:
    """Our name of one parameter of the release; None where we have no such parameter.

    The release's level scales have none: here they are the elements of one vector.
    """
    found = OFFICIAL.to_ours(name)
    return found[0] if found and not found[0].startswith("head.level_scales.") else None


def golden_weight(name: str, shape: list[int], seed: int) -> Tensor:
    """The weight that both sides derive from a parameter's official name."""
    random = np.random.RandomState((zlib.crc32(name.encode()) + seed) % 2**32)
    noise = random.standard_normal(shape)
    if name.endswith("bias"):
        value = 0.05 * noise
    elif name.endswith("scale") or "norm" in name or ".ln" in name:
        value = 1 + 0.1 * noise
    elif name.endswith("rel_pe"):
        value = 0.1 * noise
    else:
        value = noise / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(np.asarray(value, dtype=np.float32))


@dataclass
class Golden:
    """One golden model: figures, and everything needed to compute them again."""

    config_name: str

    @cached_property
    def meta(self) -> dict:
        return json.loads((GOLDEN / f"{self.config_name}.json").read_text())

    @cached_property
    def figures(self) -> dict[str, np.ndarray]:
        with np.load(GOLDEN / f"{self.config_name}.npz") as file:
            return dict(file)

    @cached_property
    def config(self) -> Config:
        return Config.fromfile(ROOT / "configs" / "actionformer" / f"{self.config_name}.py")

    def official_weights(self) -> dict[str, Tensor]:
        seed = self.meta["seed"]
        return {n: golden_weight(n, s, seed) for n, s in self.meta["params"].items()}

    def build(self) -> nn.Module:
        model = MODELS.build(self.config.model)
        model.load_state_dict(load_official_state_dict(self.official_weights(), self.config))
        for module in model.modules():  # as the figures were made: drop path 0, dropout 0
            if isinstance(module, AffineDropPath):
                module.drop_prob = 0.0
            elif isinstance(module, nn.Dropout):
                module.p = 0.0
        return model

    def video(self, index: int, length: int, *, in_grid_units: bool) -> dict:
        """A collated batch of one: ``inputs`` and ``data_samples``.

        Args:
            in_grid_units: Use a grid on which a second is a grid unit, so that the ground truth
                reaches the assigner without rounding; the predictions then are in grid units.
        """
        dataset, num_classes = self.meta["resolved"]["dataset"], self.config.model.head.num_classes
        channels = dataset["input_dim"]
        channels = sum(channels) if isinstance(channels, list) else channels
        random = np.random.RandomState(self.meta["seed"] * 1000 + index)
        features = random.standard_normal((length, channels)).astype(np.float32)
        start = random.uniform(0, 0.85 * length, 12)
        width = np.exp(random.uniform(np.log(1.5), np.log(0.8 * length), 12))
        segments = np.stack([start, np.minimum(start + width, length)], 1).astype(np.float32)
        labels = random.randint(0, num_classes, 12)
        segments[1], labels[1] = segments[0], (labels[0] + 1) % num_classes
        segments[2], labels[2] = segments[0], labels[0]

        stride = dataset["feat_stride"] * dataset["downsample_rate"]
        frames = dataset["num_frames"]
        real = FeatureGrid(feature_stride=stride, snippet_frames=frames, fps=30)
        plain = FeatureGrid(feature_stride=1, snippet_frames=0, fps=1)
        grid = plain if in_grid_units else real
        segments_t = torch.from_numpy(segments)
        sample = TemporalDataSample(
            metainfo=dict(
                video_id=f"video_{index}",
                duration=(length * stride + frames) / 30,
                grid=grid,
                num_features=length,
            )
        )
        sample.gt_instances = InstanceData(
            segments=segments_t if in_grid_units else real.to_seconds(segments_t),
            labels=torch.from_numpy(labels),
        )
        return dict(inputs=[torch.from_numpy(features)], data_samples=[sample])

    def training_batch(self, *, in_grid_units: bool) -> dict:
        """The two videos of the golden training pass."""
        longest = self.meta["resolved"]["dataset"]["max_seq_len"]
        is_resized = self.meta["resolved"]["dataset"]["force_upsampling"]
        lengths = (longest if is_resized else int(0.8 * longest), longest)
        videos = [self.video(10 + i, n, in_grid_units=in_grid_units) for i, n in enumerate(lengths)]
        return join(*videos)


def join(*batches: dict) -> dict:
    """Several collated batches as one."""
    return {key: [x for batch in batches for x in batch[key]] for key in batches[0]}


def unmatched_share(predictions: InstanceData, expected: Sequence[np.ndarray]) -> float:
    """Share of detections without a partner: same label, ends within 1e-3 s, score within 5e-5.

    Args:
        predictions: ``segments`` (M, 2) in seconds, ``scores``, ``labels``.
        expected: Segments, scores and labels of as many detections, in any order.
    """
    segments, scores, labels = (
        getattr(predictions, key).numpy() for key in ("segments", "scores", "labels")
    )
    assert len(scores) == len(expected[1])
    free = np.ones(len(scores), dtype=bool)
    unmatched = 0
    for segment, score, label in zip(*expected, strict=True):
        fits = free & (labels == label) & (np.abs(scores - score) <= 5e-5)
        fits &= (np.abs(segments - segment) <= 1e-3).all(1)
        if fits.any():
            free[np.argmax(fits)] = False
        else:
            unmatched += 1
    return unmatched / len(scores)
