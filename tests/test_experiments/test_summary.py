"""The last lines of a run."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from clips import write_clip
from cv2 import imread

from mmtal.datasets.extraction import write_videos
from mmtal.experiments.summary import (
    print_run_summary,
    print_training_summary,
    views_of_results,
)
from mmtal.utils.files import write_json


def instances(label: str) -> dict:
    return {"a/b": [dict(label=label, segment=[1.0, 2.0], score=0.5)]}


@pytest.fixture
def dataset() -> SimpleNamespace:
    infos = [
        dict(video_id=name, duration=9.0, segments=np.array([[1.0, 2.0]]), labels=np.array([1]))
        for name in ("a/b", "c")
    ]
    return SimpleNamespace(
        metainfo=dict(classes=("run", "sit"), subset="test"), ann_file="my data/annotations.json",
        __len__=lambda: 2, get_data_info=infos.__getitem__,
    )  # fmt: skip


class Dataset(SimpleNamespace):
    def __len__(self) -> int:
        return 2


@pytest.fixture
def make_runner(dataset: SimpleNamespace, tmp_path: Path) -> Callable[..., SimpleNamespace]:
    def make(**info: str) -> SimpleNamespace:
        loader = SimpleNamespace(dataset=Dataset(**vars(dataset)))
        return SimpleNamespace(
            test_dataloader=loader, message_hub=SimpleNamespace(get_info=info.get),
            val_loop=None, log_dir=str(tmp_path / "log"), timestamp="log",
            work_dir=str(tmp_path), _load_from=str(tmp_path / "epoch_9.pth"),
            val_evaluator=SimpleNamespace(metrics=[SimpleNamespace(report="table")]),
        )  # fmt: skip

    return make


@pytest.mark.parametrize(
    ("label", "classes", "truth", "found"),
    [("sit", ["run", "sit"], 1, 1), ("action", ["any class"], 0, 0)],
)
def test_views(make_runner, label: str, classes: list[str], truth: int, found: int) -> None:
    dataset = make_runner().test_dataloader.dataset
    views, names = views_of_results(dataset, instances(label))
    assert names == classes and [view.video_id for view in views] == ["a/b", "c"]
    assert views[0].gt_labels.tolist() == [truth] and views[0].pred_labels.tolist() == [found]
    assert views[1].pred_segments.shape == (0, 2)


def test_a_run_says_where_everything_is(
    make_runner, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    (tmp_path / "best_epoch_7.pth").touch()
    results = tmp_path / "results.json"
    write_json(results, dict(results=instances("run")))
    print_run_summary(make_runner(), results, score_thr=0.3)
    name = tmp_path.name
    lines = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert {key: text.strip() for key, text in lines.items()} == {
        "detections": f"{name}/results.json",
        "picture": f"{name}/predictions_a%2Fb.png",
        "page": f"{name}/predictions.html",
        "checkpoint": f"{name}/epoch_9.pth",
        "best in validation": f"{name}/best_epoch_7.pth",
        "log": f"{name}/log/log.log",
        "find actions": f"mmtal infer {tmp_path}/config.py {tmp_path}/epoch_9.pth FEATURES",
        "see mistakes": f"mmtal explain {name}/results.json --ann 'my data/annotations.json'",
    }
    assert (tmp_path / "predictions_a%2Fb.png").is_file()
    assert "a/b" in (tmp_path / "predictions.html").read_text()


@pytest.mark.parametrize(
    ("stamp", "expected"), [({}, "0.5"), (dict(operating_point=dict(tolerance="0.2 s")), "0.2")]
)
def test_events_are_explained_by_distance(
    make_runner, tmp_path: Path, capsys: pytest.CaptureFixture, stamp: dict, expected: str
) -> None:
    runner, results = make_runner(), tmp_path / "results.json"
    runner.test_dataloader.dataset.point_width = 1.0
    write_json(results, dict(results=instances("run"), mmtal=stamp))
    print_run_summary(runner, results, score_thr=0.3)
    assert f"annotations.json' --tolerance {expected}\n" in capsys.readouterr().out
    assert "hit within" in (tmp_path / "predictions.html").read_text()


def test_videos_are_shown(make_runner, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    pytest.importorskip("av", reason="needs PyAV: pip install av")
    runner, features = make_runner(), tmp_path / "f"
    (tmp_path / "v e").mkdir()
    features.mkdir()
    video = write_clip(tmp_path / "v e" / "c.mp4", times=225)
    write_videos(features, {"a/b": video, "c": tmp_path / "gone.mp4"})
    runner.test_dataloader.dataset.folders = [features]
    results = tmp_path / "results.json"
    write_json(results, dict(results=instances("run")))
    print_run_summary(runner, results, score_thr=0.3)
    assert capsys.readouterr().out.count("epoch_9.pth VIDEO") == 1
    page = (tmp_path / "predictions.html").read_text()
    assert "v%20e/c.mp4" in page and "gone.mp4" not in page
    picture = imread(str(tmp_path / "predictions_a%2Fb.png"))
    gray = (np.abs(picture.astype(int) - 128) < 6).all(-1)  # as is half of each of the pictures
    assert gray.sum() > 5000


def test_a_training_says_how_to_test(make_runner, capsys: pytest.CaptureFixture) -> None:
    runner = make_runner(last_ckpt="/far/epoch_3.pth")
    print_training_summary(runner, "thumos_i3d")
    assert capsys.readouterr().out.splitlines()[::2] == [
        "last checkpoint: /far/epoch_3.pth",
        "next:            mmtal test thumos_i3d /far/epoch_3.pth",
    ]
    runner.val_loop = object()
    print_training_summary(runner, "thumos_i3d")
    assert capsys.readouterr().out.startswith("table\n")
