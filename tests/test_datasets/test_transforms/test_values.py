"""Transforms that change values, and packing."""

import numpy as np
import pytest
import torch

from mmtal.datasets import (
    ChannelDropout,
    FeatureArray,
    FeatureNoise,
    Normalize,
    PackInputs,
    RotateSensor,
    SlidingWindow,
)
from mmtal.structures import FeatureGrid


def test_normalize_per_recording(make_results):
    results = make_results(50, [])
    values = results["feats"].read()
    values[:, 1] = 7  # a constant channel
    results["feats"] = FeatureArray((values,))
    out = Normalize()(results)["feats"].read()
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(out.std(axis=0), [1, 0, 1], atol=1e-6)


def test_normalize_one_feature(make_results):
    np.testing.assert_array_equal(Normalize()(make_results(1, []))["feats"].read(), [[0, 0, 0]])


def test_normalize_with_given_values(make_results):
    out = Normalize(mean=[0, 1, 2], std=[1, 2, 4])(make_results(2, []))["feats"].read()
    np.testing.assert_array_equal(out, [[0, 0, 0], [3, 1.5, 0.75]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mean": [0.0]}, "together"),
        ({"mean": [0.0], "std": [1.0, 1.0]}, "as long, but got 1 and 2"),
        ({"mean": [0.0], "std": [0.0]}, "std must be > 0"),
    ],
)
def test_normalize_refuses(arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Normalize(**arguments)


def test_normalize_names_the_recording_of_another_width(make_results):
    with pytest.raises(ValueError, match=r"3 channels of recording 'a', but got 2"):
        Normalize(mean=[0, 0], std=[1, 1])(make_results(2, []))


@pytest.mark.parametrize(
    "transform", [FeatureNoise(0.5), ChannelDropout(0.5), RotateSensor(axis=2, max_angle=180)]
)
def test_random_transforms_depend_on_rng_alone(make_results, transform):
    first, same, other = (
        transform(make_results(40, [], seed=seed))["feats"].read() for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_feature_noise_has_the_given_deviation(make_results):
    results = make_results(5000, [])
    noise = FeatureNoise(0.5)({**results})["feats"].read() - results["feats"].read()
    assert noise.std() == pytest.approx(0.5, rel=0.02)


def test_channel_dropout_drops_whole_channels_and_scales_the_rest(make_results):
    results = make_results(4, [], seed=1)
    before = results["feats"].read()
    after = ChannelDropout(0.5)(results)["feats"].read()
    for channel in range(before.shape[1]):
        assert (
            np.array_equal(after[:, channel], 2 * before[:, channel]) or not after[:, channel].any()
        )


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_rotate_sensor_turns_all_samples_of_all_sensors_alike_about_its_axis(make_results, axis):
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((6, 2, 3, 4)).astype(np.float32)  # 2 sensors, 4 samples a window
    results = {**make_results(6, []), "feats": FeatureArray((signal.reshape(6, 24),))}
    out = RotateSensor(axis=axis, max_angle=90, window_size=4)(results)["feats"].read()
    before, after = (np.moveaxis(v.reshape(6, 2, 3, 4), 2, -1) for v in (signal, out))  # (..., 3)
    turn, *_ = np.linalg.lstsq(before.reshape(-1, 3), after.reshape(-1, 3), rcond=None)
    np.testing.assert_allclose(before @ turn, after, atol=1e-5)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-5)
    assert np.linalg.det(turn) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(turn[axis], np.eye(3)[axis], atol=1e-5)
    assert abs(turn.trace() - 3) > 1e-3, "nothing was turned"


def test_rotate_sensor_draws_angles_up_to_the_greatest(make_results):
    values = np.array([[0.0, 1.0, 0.0]], np.float32)
    rng = np.random.default_rng(0)
    turned = [
        RotateSensor(axis=0, max_angle=30)(
            {**make_results(1, []), "feats": FeatureArray((values,)), "rng": rng}
        )["feats"].read()
        for _ in range(400)
    ]
    angles = np.rad2deg([np.arctan2(v[0, 2], v[0, 1]) for v in turned])
    assert -30 <= angles.min() < -28 and 28 < angles.max() <= 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"axis": 3, "max_angle": 90}, "axis must be 0, 1 or 2, but got 3"),
        ({"axis": 0, "max_angle": 0}, r"max_angle must be in \(0, 180\] degrees, but got 0"),
        ({"axis": 0, "max_angle": 9, "window_size": 0}, "window_size must be >= 1 sample"),
    ],
)
def test_rotate_sensor_refuses(arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        RotateSensor(**arguments)


def test_rotate_sensor_names_the_recording_of_another_layout(make_results):
    with pytest.raises(ValueError, match=r"'a' has 3 channels.*3 axes x window_size=50"):
        RotateSensor(axis=0, max_angle=90, window_size=50)(make_results(2, []))


def test_sliding_window_sets_the_grid(make_results):
    """SBHAR: windows of 50 samples every 25, at 50 Hz."""
    results = make_results(101, [], grid=FeatureGrid(1, 1, fps=50))
    results = SlidingWindow(50, window_stride=25)(results)
    assert results["grid"] == FeatureGrid(feature_stride=25, snippet_frames=50, fps=50)
    assert len(results["feats"]) == 3 and results["feats"].num_channels == 150


def test_sliding_window_needs_one_window(make_results):
    assert len(SlidingWindow(4, window_stride=9)(make_results(4, []))["feats"]) == 1
    with pytest.raises(ValueError, match=r"recording 'a' has 3 samples.*window of 4"):
        SlidingWindow(4, window_stride=2)(make_results(3, []))


@pytest.mark.parametrize("segments", [[], [[1.0, 2.0], [5.0, 900.0]]])
def test_pack_inputs(make_results, segments: list):
    packed = PackInputs()(make_results(7, segments))
    sample = packed["data_samples"]
    assert packed["inputs"].dtype == torch.float32 and packed["inputs"].shape == (7, 3)
    assert (sample.video_id, sample.duration, sample.num_features) == ("a", 7.0, 7)
    assert sample.grid == FeatureGrid(1, 1, 1)
    assert sample.gt_instances.segments.shape == (len(segments), 2)
    assert sample.gt_instances.segments.tolist() == segments  # also beyond the recording
    assert sample.gt_instances.labels.dtype == torch.int64


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_pack_inputs_names_the_file_of_values_that_are_not_finite(make_results, value: float):
    results = make_results(3, [])
    values = np.zeros((3, 3))
    values[1, 2] = value
    results.update(feats=FeatureArray((values,)), feat_paths=["x/a.npy"])
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match=r"'a'.*feature 1.*channel 2.*x/a\.npy.*again"),
    ):
        PackInputs()(results)
