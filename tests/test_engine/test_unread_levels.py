"""Levels that a head does not read: several processes must not wait for their gradients."""

import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.structures import InstanceData

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import CHANNELS, write_config

from mmtal.engine.runner import QuietRunner
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid, TemporalDataSample

EVENTS = """
model['head'] = dict(_delete_=True, type='SpottingHead', num_classes=3,
    assigner=dict(type='RadiusAssigner', levels={levels}), loss_cls=dict(type='FocalLoss'),
    loss_reg=dict(type='SmoothL1Loss'), score_thr=0, pre_nms_topk=9, nms=None, max_per_video=9)
"""
SEGMENTS = """
model.update(neck=dict(type='FPN', out_channels=16))
model['head'] = dict(_delete_=True, type='SegmentationHead', num_classes=3)
"""
HEADS = {
    "segments of all": "",
    "events of one": EVENTS.format(levels=[0]),
    "events of all": EVENTS.format(levels=[0, 1, 2]),
    "classes of one": SEGMENTS,
}


@pytest.mark.parametrize("text", HEADS.values(), ids=HEADS)
def test_parameters_without_a_gradient_are_looked_for(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODELS.build(Config.fromfile(write_config(tmp_path / "c.py", tmp_path, text)).model)
    sample = TemporalDataSample(metainfo=dict(video_id="a", grid=FeatureGrid(1, 1, 1)))
    sample.gt_instances = InstanceData(
        segments=torch.tensor([[2.0, 5.0], [6.0, 16.0], [20.0, 50.0]]), labels=torch.arange(3)
    )
    mask = torch.ones(1, 64, dtype=torch.bool)
    losses = model(torch.randn(1, CHANNELS, 64), mask, [sample], mode="loss")
    sum(losses.values()).backward()
    unread = any(parameter.grad is None for parameter in model.parameters())
    monkeypatch.setattr(Runner, "wrap_model", lambda self, settings, model: settings or {})
    settings = QuietRunner.__new__(QuietRunner).wrap_model(None, model)
    assert settings.get("find_unused_parameters", False) == unread
    assert unread == (text in (HEADS["events of one"], HEADS["classes of one"]))
