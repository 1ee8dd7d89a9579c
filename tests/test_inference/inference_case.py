"""A tiny model with strong opinions, and how to compare what it finds."""

import sys
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import CHANNELS, CLASSES, make_dataset, write_config

from mmtal.apis import Detection, Detections
from mmtal.registry import MODELS

UNCAPPED = {"model.head.max_per_video": 10**6, "model.head.pre_nms_topk": 10**6}

RAW = """
raw = [dict(type='LoadFeatures'), dict(type='SlidingWindow', window_size=4, window_stride=2)]
test_dataloader['dataset'].update(
    pipeline=[*raw, dict(type='Normalize', mean=[0.1] * 8, std=[2.0] * 8), dict(type='PackInputs')],
    fps=8,
)
model['backbone'].update(in_channels=8)
"""

EVENTS = """
model['head'] = dict(
    _delete_=True, type='SpottingHead', num_classes=3,
    assigner=dict(type='RadiusAssigner', radius=2, levels=[0, 1]),
    loss_cls=dict(type='FocalLoss'), loss_reg=dict(type='SmoothL1Loss'),
    score_thr=0.001, pre_nms_topk=2000, max_per_video=200,
    nms=dict(method='gaussian', sigma=0.5, distance=4, min_score=0.001))
"""


def make_case(folder: Path, text: str = "", *, meta: dict | None = None) -> tuple[Path, Path]:
    """Data, config and checkpoint of an untrained model whose scores differ; (config, file)."""
    data = folder / "data"
    if not data.exists():
        make_dataset(data)
    config = write_config(folder / "tiny.py", data, text)
    return config, save_model(config, folder / "model.pth", meta=meta)


def save_model(config: Path, file: Path, *, meta: dict | None = None) -> Path:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(config).model)
    with torch.no_grad():
        model.head.cls_conv.weight *= 8  # not so much that scores become 1, hence equal
        model.head.reg_conv.weight *= 10
        model.head.reg_conv.bias += 1
    if meta is None:
        meta = dict(dataset_meta=dict(classes=CLASSES))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), file)
    return file


def features(length: int, *, seed: int = 0, channels: int = CHANNELS) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(size=(length, channels)).astype(np.float32)


def rows(found: Detections | list[Detection]) -> np.ndarray:
    """(M, 4): label, start, end, score; in an order that does not depend on rounding."""
    table = np.array([(d.label, d.start, d.end, d.score) for d in found]).reshape(-1, 4)
    return table[np.lexsort((table[:, 2].round(2), table[:, 1].round(2), table[:, 0]))]


def assert_same(found: Detections | list[Detection], expected: Detections) -> None:
    """One to one by label, both ends within 1e-3 s, scores within 5e-5."""
    ours, theirs = rows(found), rows(expected)
    assert len(ours) == len(theirs) > 0
    free = np.ones(len(theirs), dtype=bool)
    for row in ours:
        near = np.abs(theirs - row)
        fits = free & (near[:, 0] == 0) & (near[:, 1:3] < 1e-3).all(1) & (near[:, 3] < 5e-5)
        assert fits.any(), f"nothing is like {row}"
        free[fits.argmax()] = False
