"""Which level made what, on a tiny model."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import make_dataset, write_config

from mmtal.inference.model_activity import model_activity
from mmtal.inference.open_recording import OpenedRecording, find_name, open_recording
from mmtal.registry import MODELS


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("tiny")
    data = make_dataset(folder / "data", num_train=2, num_test=2)
    return Config.fromfile(write_config(folder / "tiny.py", data))


def model_of(config: Config, **head: object) -> torch.nn.Module:
    torch.manual_seed(0)
    settings = config.model.copy()
    settings.head = dict(settings.head, score_thr=0.0, prior_prob=0.3, **head)
    return MODELS.build(settings)


def test_recordings_of_every_subset(config: Config) -> None:
    for name in ("rec_0", "rec_3"):
        opened = open_recording(config, name)
        assert opened.view.video_id == name and len(opened.view.gt_labels) > 0
        assert opened.features.shape == (opened.sample.num_features, 6)
        assert opened.classes == ["wave", "jump", "sit"]


def test_unknown_recordings_name_close_ones(config: Config) -> None:
    with pytest.raises(ValueError, match=r"'rec_9' is not among the 4 of .*mean 'rec_\d'"):
        open_recording(config, "rec_9")
    with pytest.raises(ValueError, match=r"not among the 2 of file; there are 'a', 'b'"):
        find_name("something else", ["a", "b"], "file")
    with pytest.raises(ValueError, match=r"'a' is not among the 0 of file$"):
        find_name("a", [], "file")


def test_a_recording_without_features(config: Config, tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data", num_train=1, num_test=2)
    (data / "features" / "rec_1.npy").unlink()
    own = config.copy()
    own.test_dataloader = dict(dataset=dict(config.test_dataloader.dataset, data_root=str(data)))
    with pytest.raises(FileNotFoundError, match=r"'rec_1' .* has no feature file in .*features"):
        open_recording(Config(dict(own)), "rec_1")
    assert open_recording(Config(dict(own)), "rec_2").view.video_id == "rec_2"


@torch.no_grad()
def points_of(model: torch.nn.Module, opened: OpenedRecording) -> list[tuple]:
    """(level, label, start, end) of every point and class, decoded here once more."""
    batch = model.data_preprocessor(dict(inputs=[opened.features], data_samples=[opened.sample]))
    logits, offsets = model(batch["inputs"], batch["masks"])
    found = []
    for level, (classes, distances) in enumerate(zip(logits, offsets, strict=True)):
        stride = model.backbone.level_strides[level]
        for i in range(classes.shape[2]):
            left, right = (stride * distances[0, :, i]).tolist()
            ends = np.array([stride * i - left, stride * i + right]) + 0.5  # snippets of 1 s
            found += [
                (level, label, *np.clip(ends, 0, opened.view.duration))
                for label in range(classes.shape[1])
            ]
    return found


def test_each_prediction_is_traced_to_its_level(config: Config) -> None:
    model, opened = model_of(config).eval(), open_recording(config, "rec_2")
    activity = model_activity(model, opened)
    assert len(activity.levels) == len(activity.view.pred_scores) > 10
    assert len(set(activity.levels.tolist())) == 3
    points = points_of(model, opened)
    for level, label, (start, end) in zip(
        activity.levels, activity.view.pred_labels, activity.view.pred_segments, strict=True
    ):
        assert any(
            (level, label) == point[:2] and np.allclose(point[2:], [start, end], atol=1e-4)
            for point in points
        )
    lengths = [-(-opened.sample.num_features // stride) for stride in (1, 2, 4)]
    assert activity.level_strides == [1, 2, 4]
    assert [len(x) for x in activity.probabilities] == lengths
    assert [block.stride for block in activity.attention] == [1, 2, 4]
    assert [len(block.spread) for block in activity.attention] == lengths
    assert len(activity.queries) == 3
    assert all(
        block.maps.shape == (3, n) for block, n in zip(activity.attention, lengths, strict=True)
    )


def test_voting_moves_segments_and_the_nearest_point_is_named(config: Config) -> None:
    nms = dict(min_score=0.0, sigma=0.5, class_agnostic=True, voting_thr=0.7)
    activity = model_activity(model_of(config, nms=nms), open_recording(config, "rec_2"))
    assert set(activity.levels.tolist()) <= {0, 1, 2} and len(activity.levels) > 5


def test_chosen_times(config: Config) -> None:
    model, opened = model_of(config), open_recording(config, "rec_2")
    activity = model_activity(model, opened, queries=[10.5, 20.0])
    assert activity.queries == [10.5, 20.0]
    assert activity.attention[0].queries.tolist() == [10, 20]  # half a snippet earlier, rounded
    assert activity.attention[2].queries.tolist() == [2, 5]
    for outside in (-1.0, 1e4):
        with pytest.raises(ValueError, match=r"must be in 0 to \d+ s, .* but got"):
            model_activity(model, opened, queries=[outside])


def test_other_heads_are_refused(config: Config) -> None:
    model = model_of(config)
    model.head = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match=r"must have 'coder', .*'points'.*, but Linear does not"):
        model_activity(model, open_recording(config, "rec_2"))


def test_nothing_found_and_nothing_asked(config: Config) -> None:
    model = model_of(config, nms=None)
    model.head.score_thr = 1.0
    activity = model_activity(model, open_recording(config, "rec_2"))
    assert len(activity.levels) == 0
    assert activity.queries == [activity.view.duration / 2]


def test_heads_with_other_outputs_are_refused(config: Config, monkeypatch) -> None:
    """TriDet's head returns bins where ActionFormer's returns distances."""
    model, opened = MODELS.build(config.model).eval(), open_recording(config, "rec_3")
    forward = model.head.forward

    def bins(*args: object) -> tuple:
        logits, offsets = forward(*args)
        return logits, [x.repeat(1, 5, 1) for x in offsets]

    monkeypatch.setattr(model.head, "forward", bins)
    with pytest.raises(ValueError, match=r"two distances .* returns 10 values"):
        model_activity(model, opened)
    model.head.event_reach = 1.5  # as a head for events has it, whose ways may be two
    with pytest.raises(ValueError, match=r"returns the way to an event of each class"):
        model_activity(model, opened)
