"""The project's head and transform, through its config."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmtal.datasets import FeatureArray
from mmtal.registry import DATASETS, MODELS, TRANSFORMS
from mmtal.structures import FeatureGrid, TemporalDataSample
from projects.example_project.example_project import RandomSpeed
from projects.example_project.example_project.centerness_head import centerness

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "projects" / "example_project" / "configs" / "hapt_centerness.py"


@pytest.fixture(scope="module")
def config() -> Config:
    config = Config.fromfile(CONFIG)
    config.model.backbone.update(embed_channels=16, depths=(1, 1, 2), max_seq_len=64)
    config.model.head.assigner.regression_ranges = [(0, 4), (4, 8), (8, 10000)]
    return config


@pytest.fixture
def model(config: Config) -> torch.nn.Module:
    torch.manual_seed(0)
    return MODELS.build(config.model)


def make_batch(*lengths: int, segments: list[list[float]]) -> dict:
    """Recordings with one feature per second and the same instances, all of class 3."""
    samples = []
    for length in lengths:
        grid = FeatureGrid(feature_stride=1, snippet_frames=1, fps=1)
        sample = TemporalDataSample(
            metainfo=dict(video_id="a", duration=float(length), grid=grid, num_features=length)
        )
        sample.gt_instances = InstanceData(
            segments=torch.tensor(segments).reshape(-1, 2),
            labels=torch.full((len(segments),), 3),
        )
        samples.append(sample)
    features = [torch.randn(length, 150) for length in lengths]
    return dict(inputs=features, data_samples=samples)


def losses_of(model: torch.nn.Module, batch: dict) -> dict[str, torch.Tensor]:
    return model(**model.data_preprocessor(batch, training=True), mode="loss")


def test_every_branch_learns(model):
    losses = losses_of(model, make_batch(40, 33, segments=[[2.0, 9.0], [15.0, 30.0]]))
    assert set(losses) == {"loss_cls", "loss_reg", "loss_quality"}
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in model.parameters())
    assert model.head.quality_conv.weight.grad.abs().sum() > 0


def test_recordings_without_instances_do_not_count_for_quality(model):
    losses = losses_of(model, make_batch(40, segments=[]))
    assert losses["loss_quality"] == 0
    assert losses["loss_cls"] > 0


def test_scores_are_multiplied_by_the_quality(model):
    model.eval()
    torch.nn.init.zeros_(model.head.quality_conv.weight)

    def best_score(quality: float) -> torch.Tensor:
        torch.nn.init.constant_(model.head.quality_conv.bias, torch.logit(torch.tensor(quality)))
        with torch.no_grad():
            (sample,) = model.test_step(make_batch(33, segments=[]))
        assert len(sample.pred_instances.segments) > 0
        return sample.pred_instances.scores[0]

    torch.manual_seed(1)
    whole = best_score(1 - 1e-6)
    torch.manual_seed(1)
    torch.testing.assert_close(best_score(0.5), 0.5 * whole, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("distances", "expected"),
    [((4, 4), 1.0), ((1, 4), 0.5), ((4, 1), 0.5), ((0, 4), 0.0), ((0, 0), 0.0)],
)
def test_centerness_falls_towards_both_ends(distances, expected):
    found = centerness(torch.tensor([distances], dtype=torch.float32))
    assert found.item() == pytest.approx(expected)


@pytest.mark.parametrize("snippet_frames", [4, 10], ids=["touching snippets", "overlapping"])
@pytest.mark.parametrize("speed", [0.5, 0.93, 1.0, 1.31, 2.0])
def test_features_stay_at_their_seconds(speed, snippet_frames):
    grid = FeatureGrid(feature_stride=4, snippet_frames=snippet_frames, fps=8)
    steps = np.arange(200)
    segments = np.array([[10.0, 20.0]], dtype=np.float32)
    results = RandomSpeed(speed, speed)(
        dict(
            feats=FeatureArray((grid.to_seconds(steps)[:, None].astype(np.float32),)),
            grid=grid,
            segments=segments.copy(),
            rng=np.random.default_rng(0),
        )
    )
    # each feature holds its own time, so the new grid must say the same
    found = results["feats"].read()[:, 0]
    assert len(found) == round(200 / speed)
    expected = results["grid"].to_seconds(np.arange(len(found)))
    np.testing.assert_allclose(found[2:-2], expected[2:-2], rtol=1e-5)
    np.testing.assert_array_equal(results["segments"], segments)


def test_speed_depends_on_the_generator_of_the_sample():
    def length(seed: int) -> int:
        results = dict(
            feats=FeatureArray((np.zeros((1000, 1), np.float32),)),
            grid=FeatureGrid(feature_stride=1, snippet_frames=1, fps=1),
            rng=np.random.default_rng(seed),
        )
        return len(RandomSpeed(0.8, 1.2)(results)["feats"])

    assert length(1) == length(1) != length(2)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1.2, 0.8)])
def test_impossible_speeds_are_refused(low, high):
    with pytest.raises(ValueError, match="0 < low <= high"):
        TRANSFORMS.build(dict(type="RandomSpeed", low=low, high=high))


def test_the_config_trains_on_the_embedded_data(config, model, monkeypatch):
    monkeypatch.chdir(ROOT)
    dataset_config = config.train_dataloader.dataset
    assert [t.type for t in dataset_config.pipeline][:3] == [
        "LoadFeatures",
        "RandomSpeed",
        "SlidingWindow",
    ]
    dataset_config.pipeline[3].max_len = 64
    dataset = DATASETS.build(dict(dataset_config, indices=2))
    items = [dataset[0], dataset[1]]
    batch = {key: [item[key] for item in items] for key in items[0]}
    assert all(torch.isfinite(loss) for loss in losses_of(model, batch).values())
