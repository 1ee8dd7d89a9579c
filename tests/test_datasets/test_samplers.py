from types import SimpleNamespace

import numpy as np
import pytest

from mmtal.datasets import LengthGroupedSampler, samplers

LENGTHS = np.random.default_rng(0).integers(100, 3000, 203).tolist()


def make(monkeypatch, *, rank: int = 0, world_size: int = 1, lengths=LENGTHS, group_size: int = 8):
    monkeypatch.setattr(samplers, "get_dist_info", lambda: (rank, world_size))
    dataset = SimpleNamespace(num_features_list=lengths)
    return LengthGroupedSampler(dataset, group_size=group_size, seed=3)


@pytest.mark.parametrize("number", [0, 1, 7, 8, 9, 203])
def test_each_recording_once(monkeypatch, number: int):
    sampler = make(monkeypatch, lengths=LENGTHS[:number])
    assert sorted(sampler) == list(range(number)) and len(sampler) == number


@pytest.mark.parametrize("world_size", [2, 3])
def test_ranks_share_an_epoch(monkeypatch, world_size: int):
    parts = [make(monkeypatch, rank=r, world_size=world_size) for r in range(world_size)]
    orders = [list(part) for part in parts]
    assert {len(order) for order in orders} == {len(parts[0])} == {-(-203 // world_size)}
    assert set().union(*orders) == set(range(203))
    assert sum(map(len, orders)) - 203 < world_size


def test_order_depends_on_seed_and_epoch_alone(monkeypatch):
    sampler, again = make(monkeypatch), make(monkeypatch)
    first = list(sampler)
    assert first == list(again) == list(sampler)
    again.set_epoch(1)
    assert list(again) != first
    again.set_epoch(0)
    assert list(again) == first


def test_batches_need_little_padding(monkeypatch):
    def padded(order: list[int]) -> int:
        batches = [order[i : i + 4] for i in range(0, len(order), 4)]
        return sum(len(batch) * max(LENGTHS[i] for i in batch) for batch in batches)

    assert padded(list(make(monkeypatch))) < 1.1 * sum(LENGTHS)
    assert padded(list(range(203))) > 1.4 * sum(LENGTHS)


def test_the_rest_that_drop_last_drops_is_not_always_the_same(monkeypatch):
    sampler = make(monkeypatch)
    last = set()
    for epoch in range(20):
        sampler.set_epoch(epoch)
        last.add(list(sampler)[-1])
    assert len(last) > 10


def test_needs_lengths():
    with pytest.raises(ValueError, match="num_features_list"):
        LengthGroupedSampler([1, 2])
