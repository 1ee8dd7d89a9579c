"""MyComponent in the model of this project's config."""

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmtal.models import TemporalLocalizer
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid, TemporalDataSample

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "hapt_my_project.py"
CHANNELS = 150


@pytest.fixture
def model() -> TemporalLocalizer:
    torch.manual_seed(0)
    return MODELS.build(Config.fromfile(CONFIG).model)


def batch_of(*lengths: int) -> dict[str, Any]:
    """Recordings with one feature per second, in which class 3 happens from 2 s to 9 s."""
    samples = []
    for length in lengths:
        grid = FeatureGrid(feature_stride=1, snippet_frames=1, fps=1)
        sample = TemporalDataSample(
            metainfo=dict(video_id="a", duration=float(length), grid=grid, num_features=length)
        )
        sample.gt_instances = InstanceData(
            segments=torch.tensor([[2.0, 9.0]]), labels=torch.tensor([3])
        )
        samples.append(sample)
    generator = torch.Generator().manual_seed(1)
    features = [torch.randn(length, CHANNELS, generator=generator) for length in lengths]
    return dict(inputs=features, data_samples=samples)


def test_the_model_has_it(model: TemporalLocalizer) -> None:
    assert "MyComponent" in {type(module).__name__ for module in model.modules()}


def test_every_parameter_learns(model: TemporalLocalizer) -> None:
    batch = model.data_preprocessor(batch_of(40, 33), training=True)
    losses = model(**batch, mode="loss")
    assert all(loss > 0 for loss in losses.values())
    sum(losses.values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_a_recording_is_predicted_alike_alone_and_in_a_batch(model: TemporalLocalizer) -> None:
    model.eval()
    batch = batch_of(70, 33)
    with torch.no_grad():
        together = model.test_step(batch)[0].pred_instances
        batch = batch_of(70)
        alone = model.test_step(batch)[0].pred_instances
    assert len(alone) > 0
    torch.testing.assert_close(together.segments, alone.segments)
    torch.testing.assert_close(together.scores, alone.scores)
