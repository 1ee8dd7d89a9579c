"""Small video backbones that are trained from nothing: one sees what moves, and where.

A config that wants it says ``custom_imports=dict(imports=["motion"])``.
"""

from pathlib import Path

import torch
from moving import CLASSES
from tiny import ROOT
from torch import nn

from mmtal.models import SnippetBackbone, VideoMAE
from mmtal.registry import BACKBONES


@BACKBONES.register_module("motion")
class Motion(SnippetBackbone):
    """C = 16; of a snippet's two pictures in gray."""

    size, fps, feature_stride, snippet_frames = (48, 64), 10.0, 2.0, 2
    out_channels, num_layers = 16, 2

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 16, 5, stride=2, padding=2)
        self.second = nn.Conv2d(16, 16, 3, stride=2, padding=1)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        gray = frames.float().mean(-1) / 64 - 1  # (N, 2, H, W)
        x = torch.stack((gray[:, 0], gray[:, 1] - gray[:, 0]), 1)
        return self.second(self.first(x).relu()).relu().amax((2, 3))

    def layer_of(self, name: str) -> int:
        return int(name.startswith("second."))


@BACKBONES.register_module("tiny_videomae")
class TinyVideoMAE(VideoMAE):
    channels, depth, num_heads, hidden = 16, 2, 2, 32


def write_motion_config(path: Path, data: Path, text: str = "") -> Path:
    """Write a config that trains it, on the videos of :func:`moving.make_videos`, end to end."""
    bases = [ROOT / "configs" / "_base_" / f"{name}.py" for name in ("small", "datasets/loaders")]
    path.write_text(
        f"""
_base_ = {[str(base) for base in bases]}
custom_imports = dict(imports=['motion'])
max_seq_len = 64
data = dict(
    data_root={str(data)!r},
    ann_file='annotations.json',
    features='videos',
    file_ext='.mp4',
    feature_stride=2,
    snippet_frames=0,
    fps=10,
)
load = dict(type='LoadFrames', size=(48, 64), per_step=2)
train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        **data,
        subset='training',
        pipeline=[
            load,
            dict(type='Truncate', max_len=max_seq_len, min_overlap=0.5),
            dict(type='PackInputs'),
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(**data, subset='validation', pipeline=[load, dict(type='PackInputs')]),
)
val_evaluator = test_evaluator = dict(tiou_thresholds=[0.3, 0.5, 0.7])
model = dict(
    backbone=dict(
        _delete_=True,
        type='VideoBackbone',
        video='motion',
        features=dict(
            type='ConvTransformer', embed_channels=32, depths=(1, 1, 3), num_heads=2, window=9,
            max_seq_len=max_seq_len,
        ),
    ),
    head=dict(
        num_classes={len(CLASSES)},
        loss_normalizer=20,
        assigner=dict(regression_ranges=[(0, 4), (4, 8), (8, 16), (16, 10000)]),
    ),
    test_window=(max_seq_len, max_seq_len // 2),
)
optim_wrapper = dict(optimizer=dict(lr=4e-3), paramwise_cfg=dict(video=dict(lr=1e-2)))
train_cfg = dict(max_epochs=20, val_interval=20)
visualizer = dict(vis_backends=[dict(type='LocalVisBackend')])
{text}
"""
    )
    return path
