import numpy as np
import pytest
import torch

from mmtal.datasets import ResizeFeatures, TemporalStride, Truncate
from mmtal.structures import FeatureGrid


def test_temporal_stride(make_results):
    results = TemporalStride(2)(make_results(5, []))
    np.testing.assert_array_equal(results["feats"].read()[:, 0], [0, 6, 12])
    assert results["grid"] == FeatureGrid(feature_stride=2, snippet_frames=1, fps=1)


class TestTruncate:
    @pytest.mark.parametrize("num_features", [1, 2, 5, 10, 100])
    def test_crop_lengths_of_short_recordings(self, make_results, num_features: int):
        seen = {
            len(Truncate(100, min_overlap=0.5)(make_results(num_features, [], seed=s))["feats"])
            for s in range(300)
        }
        low = max(round(0.9 * num_features), 1)
        assert seen == set(range(low, num_features + 1))

    def test_without_crop_short_recordings_stay_as_they_are(self, make_results):
        segments = [[2, 5], [-3, 4], [90, 150], [5, 5]]
        results = Truncate(100, min_overlap=0.5, crop_ratio=None)(make_results(100, segments))
        assert len(results["feats"]) == 100
        np.testing.assert_array_equal(results["segments"], segments)

    def test_long_recordings_get_max_len_and_a_shifted_grid(self, make_results):
        results = Truncate(10, min_overlap=0.5)(make_results(100, [[40, 43]]))
        start = int(results["grid"].start)
        assert len(results["feats"]) == 10
        np.testing.assert_array_equal(results["feats"].read()[0], np.arange(3) + 3 * start)
        grid_segment = results["grid"].to_grid(results["segments"])
        assert grid_segment.min() >= -0.5 and grid_segment.max() <= 10.5

    def test_half_a_snippet_more_is_inside(self, make_results):
        results = Truncate(10, min_overlap=0.01)(make_results(100, [[0, 100]]))
        expected = results["grid"].to_seconds(np.array([-0.5, 10.5]))
        np.testing.assert_allclose(results["segments"][0], expected, rtol=1e-6)

    @pytest.mark.parametrize("seed", range(20))
    def test_keeps_an_instance_and_never_changes_those_inside(self, make_results, seed: int):
        segments = [[10.25, 12.5], [50, 80]]
        results = Truncate(20, min_overlap=0.5)(make_results(100, segments, seed=seed))
        assert len(results["segments"]) == len(results["labels"]) >= 1
        for segment, label in zip(results["segments"], results["labels"], strict=True):
            start, end = results["grid"].to_seconds(-0.5), results["grid"].to_seconds(20.5)
            expected = np.clip(np.float32(segments[label]), start, end)
            np.testing.assert_array_equal(segment, expected)
            assert np.diff(expected) >= 0.5 * np.diff(segments[label])

    @pytest.mark.parametrize(
        ("segment", "kept"),
        [
            ([0, 2], True),  # touches the start of the widened window
            ([5, 7], True),  # exactly half inside: the window ends at 6 s
            ([5.01, 7.01], False),  # less than half
            ([6, 8], False),  # touches the end
            ([-3, 3], True),  # half inside, before the start
            ([-3.1, 3], False),
            ([3, 3], False),  # empty
            ([4, 2], False),  # reversed
        ],
    )
    def test_overlap_counts_half_a_snippet_on_both_sides(
        self, make_results, segment: list, kept: bool
    ):
        class First:
            def integers(self, high: int, endpoint: bool) -> int:
                return 0

        grid = FeatureGrid(feature_stride=1, snippet_frames=1, fps=1)
        assert grid.to_seconds(0 - 0.5) == 0 and grid.to_seconds(5 + 0.5) == 6
        results = make_results(20, [segment])
        results["rng"] = First()
        results = Truncate(5, min_overlap=0.5)(results)
        assert len(results["segments"]) == kept
        if kept:
            np.testing.assert_array_equal(results["segments"], [np.clip(segment, 0, 6)])

    def test_gives_up_after_max_tries(self, make_results):
        results = make_results(1000, [[0, 1000]])
        results = Truncate(10, min_overlap=0.5, max_tries=3)(results)
        assert len(results["feats"]) == 10
        assert results["segments"].shape == (0, 2) and results["labels"].shape == (0,)

    def test_recording_without_instances_takes_any_window(self, make_results):
        results = Truncate(10, min_overlap=0.5)(make_results(100, []))
        assert len(results["feats"]) == 10 and results["segments"].shape == (0, 2)

    def test_all_windows_occur(self, make_results):
        starts = {
            Truncate(8, min_overlap=0.5)(make_results(10, [], seed=s))["grid"].start
            for s in range(50)
        }
        assert starts == {0, 1, 2}

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"max_len": 0}, "max_len must be >= 1, but got 0"),
            ({"min_overlap": 0}, "min_overlap must be in"),
            ({"crop_ratio": (1.0, 0.9)}, "crop_ratio must be"),
            ({"max_tries": 0}, "max_tries must be"),
        ],
    )
    def test_refuses_bad_settings(self, changes: dict, message: str):
        with pytest.raises(ValueError, match=message):
            Truncate(**{"max_len": 10, "min_overlap": 0.5, **changes})


class TestResizeFeatures:
    @pytest.mark.parametrize("num_features", [1, 7, 8, 30])
    def test_same_as_interpolate(self, make_results, num_features: int):
        results = make_results(num_features, [])
        columns = torch.from_numpy(results["feats"].read()).t()[None]
        expected = torch.nn.functional.interpolate(columns, 8, mode="linear")[0].t()
        assert torch.equal(torch.from_numpy(ResizeFeatures(8)(results)["feats"].read()), expected)

    def test_grid_covers_the_same_frames(self, make_results):
        grid = FeatureGrid(feature_stride=16, snippet_frames=32, fps=25)
        results = ResizeFeatures(192)(make_results(100, [], grid=grid))
        stride = (99 * 16 + 32) / 192
        assert results["grid"] == FeatureGrid(stride, stride, 25)

    def test_training_drops_and_clamps_what_lies_beyond_the_features(self, make_results):
        # 8 features of 2 s; the end counts half a step more: 17 s ... (8 + 0.5 + 0.5) * 2 = 18 s
        grid = FeatureGrid(feature_stride=1, snippet_frames=1, fps=0.5)
        segments = [[-1, 4], [16, 20], [16, 20.01], [18, 19], [1, 1]]
        results = ResizeFeatures(8, min_overlap=0.5)(make_results(8, segments, grid=grid))
        np.testing.assert_array_equal(results["segments"], [[-1, 4], [16, 18]])
        np.testing.assert_array_equal(results["labels"], [0, 1])

    def test_testing_leaves_the_ground_truth_alone(self, make_results):
        results = ResizeFeatures(8)(make_results(4, [[2, 300]]))
        np.testing.assert_array_equal(results["segments"], [[2, 300]])

    def test_truncate_then_resize_is_refused(self, make_results):
        results = make_results(10, [])
        results["grid"] = results["grid"].window(1)
        with pytest.raises(ValueError, match="before Truncate"):
            ResizeFeatures(8)(results)
