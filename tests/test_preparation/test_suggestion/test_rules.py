"""From figures of a data set to settings."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from mmtal.datasets.feature_files import FileNames
from mmtal.preparation.judgment import Placement
from mmtal.preparation.suggestion import Budget, DataSummary, Settings, choose_settings
from mmtal.preparation.suggestion.rules import BYTES_PER_STEP_AND_CHANNEL
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid

CPU = Budget()


def data(**changed: object) -> DataSummary:
    """40 recordings of 1,000 features, 20 instances of 4 to 80 steps in each."""
    durations = np.exp(np.linspace(np.log(4), np.log(80), 800))
    summary = DataSummary(
        ann_file=Path("annotations.json"),
        features=(Path("features"),),
        names=FileNames(),
        feature_key=None,
        train_subset="training",
        test_subset="validation",
        classes=("jump", "run"),
        classes_given=False,
        source_channels=(64,),
        placement=Placement(FeatureGrid(1, 1, 10), own_fps=True, inferred=True),
        lengths=np.full(40, 1000),
        durations=durations,
        crowding=20,
        overlap=0.0,
        mean=np.zeros(64),
        std=np.ones(64),
    )
    return replace(summary, **changed)


def settings(budget: Budget = CPU, **changed: object) -> Settings:
    return choose_settings(data(**changed), budget)


@pytest.mark.parametrize(
    ("durations", "levels"),
    [
        ([3.0] * 50, 5),  # all on the finest level: never fewer than five
        ([3.0] * 90 + [140.0] * 10, 6),  # a tenth reaches 70 to a side: (64, ...) is needed
        ([3.0] * 999 + [5000.0], 5),  # one outlier makes no level
        ([3.0] * 50 + [3000.0] * 50, 8),  # never more than eight
    ],
)
def test_levels_follow_the_durations(durations: list[float], levels: int) -> None:
    found = settings(durations=np.array(durations))
    assert found.num_levels == levels


def test_ranges_cover_everything_and_shares_add_up() -> None:
    found = settings()
    ranges = found.regression_ranges
    assert ranges[0][0] == 0 and ranges[-1][1] == 10000
    assert all(one[1] == other[0] for one, other in pairwise(ranges))
    assert sum(found.level_shares) == pytest.approx(1)
    assert found.level_shares[-1] >= 0.02


@pytest.mark.parametrize("length", [37, 500, 1000, 7000])
def test_the_training_window_fits_pyramid_and_attention(length: int) -> None:
    found = settings(lengths=np.full(40, length))
    coarsest = 2 ** (found.num_levels - 1)
    assert found.max_seq_len % coarsest == 0
    assert found.window % 2 == 1 and found.window >= 3
    assert found.max_seq_len >= min(length, 512)


def test_a_raw_signal_becomes_windows_and_dense_features_are_thinned() -> None:
    durations = np.linspace(160, 1600, 500)  # in samples
    raw = settings(durations=durations, source_channels=(3,), lengths=np.full(10, 40000))
    size, step = raw.sliding_window
    assert size == 2 * step and 5 <= np.quantile(durations, 0.1) / step < 6
    assert raw.in_channels((3,)) == 3 * size and raw.temporal_stride == 1
    dense = settings(durations=durations, source_channels=(512,), lengths=np.full(10, 40000))
    assert dense.sliding_window is None and dense.temporal_stride > 5


@pytest.mark.parametrize(
    ("std", "normalize", "noise"),
    [
        (np.logspace(-2, 1, 64), True, 0.3),  # sensors beside each other
        (np.r_[np.ones(60), np.zeros(4)], True, 0.3),  # some are constant
        (np.zeros(64), False, 0),  # nothing to scale by
        (np.full(2048, 2.0), False, 0.6),  # too many to write down
    ],
)
def test_channels_come_to_one_scale(std: np.ndarray, normalize: bool, noise: float) -> None:
    found = settings(std=std, mean=np.zeros(len(std)), source_channels=(len(std),))
    assert found.normalize is normalize
    assert found.noise == pytest.approx(noise)


def test_plenty_of_data_need_no_noise() -> None:
    found = settings(durations=np.full(5000, 9.0))
    assert (found.dropout, found.noise) == (0, 0)


def test_crowded_recordings_keep_more_detections() -> None:
    assert settings(crowding=20).max_per_video == 200
    assert settings(crowding=562).max_per_video == 1700


@pytest.mark.parametrize("recordings", [1, 3, 40, 10000])
def test_training_is_long_enough_and_the_average_forgets_its_beginning(recordings: int) -> None:
    found = settings(lengths=np.full(recordings, 1000))
    steps = recordings * found.repeat // found.batch_size
    assert steps >= 20, "an epoch is worth a checkpoint"
    assert found.repeat == 1 or recordings < 20 * found.batch_size
    assert found.batch_size <= recordings
    assert found.epochs >= 15 and found.epochs * steps >= 500
    assert 1 / found.ema_momentum < found.epochs * steps / 5


@pytest.mark.parametrize("text", ["gpu", "0GB", "-3", "", "nan", "24 MB"])
def test_a_budget_is_cpu_or_memory(text: str) -> None:
    with pytest.raises(ValueError, match="'cpu' or a GPU's memory such as 24GB"):
        Budget.parse(text)


def test_budgets() -> None:
    assert Budget.parse("CPU") == Budget()
    assert Budget.parse("24GB") == Budget.parse("24") == Budget(24 * 2**30)


def test_a_larger_gpu_takes_larger_steps() -> None:
    small, large = (settings(Budget.parse(size)) for size in ("2GB", "80GB"))
    assert small.width == large.width == 256
    assert small.batch_size <= large.batch_size
    assert settings(Budget.parse("24GB"), durations=np.full(20000, 9.0)).width == 512


@pytest.mark.parametrize("width", [128, 256])
def test_the_memory_of_a_training_step_is_estimated_well(width: int) -> None:
    """What autograd keeps, counted storage by storage, which no device changes."""
    model = MODELS.build(
        dict(
            type="mmtal.ConvTransformer",
            in_channels=64,
            embed_channels=width,
            max_seq_len=512,
            window=9,
        )
    ).train()
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        outputs = model(torch.randn(1, 64, 512), torch.ones(1, 512, dtype=torch.bool))
    assert len(outputs[0]) == 6
    # neck and head keep about a third of what the whole model does
    assert sum(kept.values()) / 512 / width == pytest.approx(
        BYTES_PER_STEP_AND_CHANNEL * 2 / 3, rel=0.25
    )
