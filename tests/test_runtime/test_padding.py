"""P(T) and Q(T) of spec: lengths that the release pads to, and those that give its result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtal.models.layers import FixedPadding, NoPadding, PaddingRule

THUMOS = PaddingRule(2304, coarsest_stride=32, divisor=576)
EGO4D = PaddingRule(1024, coarsest_stride=64, divisor=512)
ANET = PaddingRule(192, coarsest_stride=32, divisor=96)


@pytest.mark.parametrize(
    ("rule", "length", "official", "padded", "why"),
    [
        (THUMOS, 1, 2304, 64, "one feature: its coarsest point and one more"),
        (THUMOS, 32, 2304, 64, "a whole coarsest point"),
        (THUMOS, 33, 2304, 96, "a part of the next one"),
        (THUMOS, 704, 2304, 736, "padded as in training"),
        (THUMOS, 2273, 2304, 2304, "the release has no point more to give"),
        (THUMOS, 2304, 2304, 2304, "no padding where the release has none"),
        (THUMOS, 2305, 2880, 2368, "beyond the training length: multiples of the divisor"),
        (THUMOS, 3156, 3456, 3200, "beyond the training length"),
        (THUMOS, 3456, 3456, 3456, "a multiple of the divisor: no padding"),
        (EGO4D, 320, 1024, 384, ""),
        (EGO4D, 1402, 1536, 1472, ""),
        (ANET, 192, 192, 192, "all recordings are resized to it"),
    ],
)
def test_lengths(rule, length, official, padded, why):
    assert rule.official_length(length) == official
    assert rule.padded_length(length) == padded


@pytest.mark.parametrize(
    ("rule", "lengths", "groups", "why"),
    [
        (THUMOS, [2304, 3156], [[1], [0]], "2304 has no padding in the release, 3156 needs 3200"),
        (THUMOS, [704, 2304], [[1, 0]], "2304 positions are what the release gives to 704"),
        (EGO4D, [1402, 320], [[0], [1]], "320 may have 1024 positions, not 1472"),
        (THUMOS, [2400, 2700, 3156], [[2], [1, 0]], "2700 and 2400 both get up to 2880"),
        (THUMOS, [5], [[0]], "alone"),
        (THUMOS, [7, 7], [[0, 1]], "equal"),
        (THUMOS, [], [], "nothing"),
    ],
)
def test_groups(rule, lengths, groups, why):
    assert rule.group(lengths) == groups


@given(st.lists(st.integers(1, 5000), max_size=12))
def test_everyone_in_a_group_has_enough_padding_and_not_too_much(lengths):
    groups = THUMOS.group(lengths)
    assert sorted(i for group in groups for i in group) == list(range(len(lengths)))
    for group in groups:
        together = max(THUMOS.padded_length(lengths[i]) for i in group)
        assert together % THUMOS.coarsest_stride == 0
        for i in group:
            assert THUMOS.padded_length(lengths[i]) <= together
            assert together <= THUMOS.official_length(lengths[i])


def test_a_training_length_that_the_pyramid_cannot_halve_is_refused():
    with pytest.raises(ValueError, match=r"multiple of the coarsest .* 32, but got 100: use 128"):
        PaddingRule(100, coarsest_stride=32, divisor=32)


def test_without_padding_sequences_of_one_length_go_together():
    rule = NoPadding(96, coarsest_stride=32, divisor=1)
    assert [rule.padded_length(n) for n in (1, 95, 96, 200)] == [1, 95, 96, 200]
    assert [rule.official_length(n) for n in (1, 96, 200)] == [96, 96, 200], "positions stretch"
    assert rule.training_length([7, 90]) == 96
    assert rule.group([7, 90, 7]) == [[0, 2], [1]]
    assert THUMOS.training_length([7, 100]) == THUMOS.padded_length(100)


def test_fixed_padding_refuses_longer_sequences_with_a_way_out() -> None:
    padding = FixedPadding(128, coarsest_stride=1, divisor=1)
    assert padding.padded_length(5) == padding.training_length([3, 128]) == 128
    assert padding.group([3, 500]) == [[0, 1]], "the long one is tested in windows"
    with pytest.raises(ValueError, match=r"at most 128 features at once, but got 129: resize"):
        padding.padded_length(129)
