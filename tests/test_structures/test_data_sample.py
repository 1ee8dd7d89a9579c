import pickle

import pytest
import torch
from mmengine.structures import InstanceData

from mmtal.structures import FeatureGrid, TemporalDataSample

GRID = FeatureGrid(feature_stride=4, snippet_frames=16, fps=30)
META = dict(video_id="video", duration=12.5, grid=GRID, num_features=90)


def sample():
    data_sample = TemporalDataSample(metainfo=META)
    data_sample.gt_instances = InstanceData(
        segments=torch.tensor([[1.0, 2.0]]), labels=torch.tensor([3])
    )
    data_sample.pred_instances = InstanceData(
        segments=torch.zeros(0, 2), scores=torch.zeros(0), labels=torch.zeros(0).long()
    )
    return data_sample


def test_metrics_receive_exactly_the_documented_fields():
    fields = sample().to_dict()
    assert fields.keys() == {*META, "gt_instances", "pred_instances"}
    assert fields["gt_instances"].keys() == {"segments", "labels"}
    assert fields["pred_instances"].keys() == {"segments", "scores", "labels"}


def test_metainfo_are_attributes():
    assert {key: getattr(sample(), key) for key in META} == META


@pytest.mark.parametrize("name", ["gt_instances", "pred_instances"])
def test_instances_are_set_checked_and_deleted(name):
    data_sample = sample()
    assert name in data_sample
    with pytest.raises((TypeError, AssertionError)):
        setattr(data_sample, name, torch.zeros(2, 2))
    delattr(data_sample, name)
    assert name not in data_sample


def test_a_sample_goes_to_workers_and_devices_whole():
    for copied in (pickle.loads(pickle.dumps(sample())), sample().to("cpu")):
        assert copied.grid == GRID
        assert torch.equal(copied.gt_instances.segments, sample().gt_instances.segments)
