"""Pictures while a model is tested and trained."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from mmtal.engine.hooks import PredictionPicturesHook
from mmtal.structures import TemporalDataSample


def sample(name: str, *, instances: int = 2) -> TemporalDataSample:
    out = TemporalDataSample(metainfo=dict(video_id=name, duration=10.0))
    segments = torch.tensor([[i, i + 1.0] for i in range(instances)]).reshape(-1, 2)
    labels = torch.arange(instances) % 2
    out.gt_instances = InstanceData(segments=segments, labels=labels)
    out.pred_instances = InstanceData(
        segments=segments, labels=labels, scores=torch.full((instances,), 0.9)
    )
    return out


class Runner(SimpleNamespace):
    """What the hook looks at."""

    def __init__(self, num_classes: int = 2, by_epoch: bool = True) -> None:
        loader = SimpleNamespace(dataset=SimpleNamespace(metainfo=dict(classes=("run", "sit"))))
        super().__init__(
            model=SimpleNamespace(head=SimpleNamespace(num_classes=num_classes)),
            test_dataloader=loader, val_dataloader=loader, epoch=3, iter=70,
            log_processor=SimpleNamespace(by_epoch=by_epoch), images=[],
            message_hub=SimpleNamespace(get_info=lambda key: dict(score_thr=0.6)),
        )  # fmt: skip
        self.visualizer = SimpleNamespace(add_image=lambda *args: self.images.append(args))


def test_every_tested_recording_is_drawn(tmp_path: Path) -> None:
    hook, runner = PredictionPicturesHook(str(tmp_path / "new" / "folder")), Runner()
    hook.before_test(runner)
    hook.after_test_iter(runner, 0, outputs=[sample("a/b"), sample("empty", instances=0)])
    hook.after_test_iter(runner, 1, outputs=[sample("c")])
    hook.after_test(runner)
    files = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert files == ["a%2Fb.png", "c.png", "empty.png"]
    assert not runner.images


@pytest.mark.parametrize(("by_epoch", "step"), [(True, 3), (False, 70)])
def test_validations_draw_the_same_recordings_each_time(by_epoch: bool, step: int) -> None:
    hook, runner = PredictionPicturesHook(in_training=2), Runner(by_epoch=by_epoch)
    for _ in range(2):
        hook.before_val_epoch(runner)
        for batch, names in enumerate(("a", "bc", "d")):
            hook.after_val_iter(runner, batch, outputs=[sample(name) for name in names])
    names = [(name, at) for name, _, at in runner.images]
    assert names == 2 * [("predictions_a", step), ("predictions_b", step)]
    image = runner.images[0][1]
    assert image.dtype == np.uint8 and image.shape[2] == 3 and len(np.unique(image)) > 50


def test_nothing_is_drawn_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hook, runner = PredictionPicturesHook(), Runner()
    hook.before_test(runner)
    hook.after_test_iter(runner, 0, outputs=[sample("a")])
    hook.after_test(runner)
    hook.before_val_epoch(runner)
    hook.after_val_iter(runner, 0, outputs=[sample("a")])
    assert not runner.images and not list(tmp_path.iterdir())


def test_heads_without_classes_have_pictures_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def draw(view: object, classes: list[str], hits: object, **kwargs: object) -> None:
        drawn.append((view.gt_labels.tolist(), classes))  # type: ignore[attr-defined]

    module = "mmtal.engine.hooks.prediction_pictures_hook"
    monkeypatch.setattr(f"{module}.draw_predictions", draw)
    monkeypatch.setattr(f"{module}.save_figure", lambda *args: None)
    hook = PredictionPicturesHook(str(tmp_path))
    for num_classes in (2, 1):
        hook.after_test_iter(Runner(num_classes), 0, outputs=[sample("a")])
    assert drawn == [([0, 1], ["run", "sit"]), ([0, 0], ["any class"])]


BAD: list[tuple[str, Callable[[Path], dict], str]] = [
    ("fewer than none", lambda path: dict(in_training=-1), "in_training must be >= 0, but got -1"),
    ("a file", lambda path: dict(show_dir=str(path)), "show_dir must be a folder, but '.*' is a"),
]


@pytest.mark.parametrize(("why", "options", "message"), BAD, ids=[case[0] for case in BAD])
def test_bad_settings(tmp_path: Path, why, options, message) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=message):
        PredictionPicturesHook(**options(tmp_path / "file"))
