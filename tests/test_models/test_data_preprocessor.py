import pytest
import torch
from mmengine.structures import InstanceData

from mmtal.models import TemporalDataPreprocessor
from mmtal.models.layers import PaddingRule
from mmtal.structures import FeatureGrid, TemporalDataSample

RULE = PaddingRule(64, coarsest_stride=8, divisor=32)


def sample(index):
    grid = FeatureGrid(feature_stride=1, snippet_frames=1, fps=1)
    data_sample = TemporalDataSample(metainfo=dict(video_id=f"v{index}", duration=9.0, grid=grid))
    data_sample.gt_instances = InstanceData(
        segments=torch.zeros(0, 2), labels=torch.zeros(0, dtype=torch.int64)
    )
    return data_sample


def batch(*lengths):
    torch.manual_seed(0)
    inputs = [torch.randn(n, 3) for n in lengths]
    return dict(inputs=inputs, data_samples=[sample(i) for i in range(len(lengths))])


@pytest.mark.parametrize(
    ("lengths", "padded", "why"),
    [
        ([17, 5], 32, "17 features: 3 coarsest points and one more"),
        ([1], 16, "one feature"),
        ([64, 2], 64, "the training length is padded no further"),
        ([70], 80, "longer than in training"),
    ],
)
def test_batches_are_padded_as_far_as_they_need(lengths, padded, why):
    data = batch(*lengths)
    out = TemporalDataPreprocessor(RULE)(data)
    assert out["inputs"].shape == (len(lengths), 3, padded)
    assert out["masks"].dtype == torch.bool
    for row, mask, x in zip(out["inputs"], out["masks"], data["inputs"], strict=True):
        assert mask.tolist() == [True] * len(x) + [False] * (padded - len(x))
        assert torch.equal(row[:, : len(x)], x.t())
        assert (row[:, len(x) :] == 0).all()
    assert [s.video_id for s in out["data_samples"]] == [f"v{i}" for i in range(len(lengths))]


def test_training_sequences_longer_than_the_training_length_are_refused():
    with pytest.raises(ValueError, match="at most max_seq_len=64 features, but got 65: add a Trun"):
        TemporalDataPreprocessor(RULE)(batch(65, 3), training=True)


def test_data_samples_are_optional():
    data = batch(4)
    del data["data_samples"]
    assert TemporalDataPreprocessor(RULE)(data)["data_samples"] is None


def test_a_batch_is_split_into_parts_that_may_be_padded_together():
    data = batch(64, 70, 5)  # 64 may get no padding, 70 needs 80, 5 gets up to 64
    parts = TemporalDataPreprocessor(RULE).split(data)
    assert [indices for indices, _ in parts] == [[1], [0, 2]]
    for indices, part in parts:
        assert [s.video_id for s in part["data_samples"]] == [f"v{i}" for i in indices]
        assert all(part["inputs"][k] is data["inputs"][i] for k, i in enumerate(indices))
