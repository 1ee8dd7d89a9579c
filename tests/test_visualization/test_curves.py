"""Logs of trainings, and their curves."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pictures import check_texts, written

from mmtal.visualization.curves import draw_curves, read_training_log


def train(step: int, loss: float = 1.0, **more: float) -> dict:
    return dict(lr=0.1, grad_norm=2.0, loss=loss, loss_cls=loss / 2, epoch=1, iter=step, step=step,
                time=0.1, data_time=0.1, **more)  # fmt: skip


def val(epoch: int, value: float) -> dict:
    return {"tal/mAP": value, "tal/mAP@0.50": value + 0.1, "time": 0.1, "step": epoch}


def write(path: Path, rows: list[dict], tail: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + tail)
    return path


def start(work_dir: Path, name: str, rows: list[dict], tail: str = "") -> None:
    write(work_dir / name / "vis_data" / "scalars.json", rows, tail)


def test_names_and_values(tmp_path: Path) -> None:
    start(tmp_path / "run", "20260101", [train(10), train(20, 0.5), val(1, 0.3)])
    log = read_training_log(tmp_path / "run")
    assert (log.name, log.by_epoch) == ("run", True)
    assert set(log.training) == {"loss", "loss_cls", "lr", "grad_norm"}
    assert [column.tolist() for column in log.training["loss"]] == [[10, 20], [1.0, 0.5]]
    assert [column.tolist() for column in log.validation["tal/mAP"]] == [[1], [0.3]]
    file = tmp_path / "run" / "20260101" / "vis_data" / "scalars.json"
    assert read_training_log(file).training.keys() == log.training.keys()


JOINED = [
    ("resumed: what was lost is replaced", [20], [1], [10, 20, 30]),
    ("restarted from nothing", [10], [0], [10, 20]),
]


@pytest.mark.parametrize(("why", "first", "epoch", "steps"), JOINED, ids=[c[0] for c in JOINED])
def test_starts_are_joined(tmp_path: Path, why, first, epoch, steps) -> None:
    start(tmp_path, "1", [train(10), val(1, 0.1), train(20, 9.0), train(30, 9.0), val(2, 0.9)])
    later = [train(step) for step in range(first[0], steps[-1] + 1, 10)]
    start(tmp_path, "2", [*later, val(epoch[0] + 1, 0.5)])
    log = read_training_log(tmp_path)
    assert log.training["loss"][0].tolist() == steps
    assert log.training["loss"][1].max() == 1.0
    expected = [1, 2] if epoch[0] else [1]
    assert log.validation["tal/mAP"][0].tolist() == expected
    assert log.validation["tal/mAP"][1][-1] == 0.5


def test_a_killed_training_leaves_half_a_line(tmp_path: Path) -> None:
    start(tmp_path, "1", [train(10)], tail='{"loss": 0.')
    assert read_training_log(tmp_path).training["loss"][0].tolist() == [10]


def test_old_logs_count_iterations_anew(tmp_path: Path) -> None:
    rows = [
        dict(mode="train", epoch=e, iter=i, loss=1.0, lr=0.1) for e in (1, 2) for i in (50, 100)
    ]
    rows += [dict(mode="val", epoch=2, iter=40, mAP=0.5)]
    write(tmp_path / "20200101.log.json", [dict(env_info="x"), *rows])
    log = read_training_log(tmp_path)
    assert log.training["loss"][0].tolist() == [50, 100, 150, 200]
    assert [column.tolist() for column in log.validation["mAP"]] == [[2], [0.5]]


def test_trainings_by_iteration(tmp_path: Path) -> None:
    rows = [train(10), {"tal/mAP": 0.5, "step": 10}]
    del rows[0]["epoch"]
    start(tmp_path, "1", rows)
    log = read_training_log(tmp_path)
    assert not log.by_epoch
    assert "iteration" in written(draw_curves([log])) and "epoch" not in written(draw_curves([log]))


BAD = [
    ("nothing there", None, FileNotFoundError, "nowhere does not exist: give the work dir"),
    ("a folder without a log", {}, FileNotFoundError, "no log of a training in .*scalars.json"),
    ("a log without a step", {"1/vis_data/scalars.json": ""}, ValueError, "holds no scalars yet"),
    ("no JSON", {"a.log.json": "one\ntwo\n"}, ValueError, r"line 1: expected a JSON object"),
    ("a list", {"a.log.json": "[1]\n[2]\n"}, ValueError, r"line 1: expected an object"),
]


@pytest.mark.parametrize(("why", "files", "kind", "message"), BAD, ids=[case[0] for case in BAD])
def test_bad_logs(tmp_path: Path, why, files, kind, message) -> None:
    for name, text in (files or {}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(kind, match=message):
        read_training_log(tmp_path if files is not None else tmp_path / "nowhere")


def test_one_training(tmp_path: Path) -> None:
    start(
        tmp_path / "run",
        "1",
        [train(1), train(2, float("nan")), train(3), val(1, 0.3), val(2, 0.2)],
    )
    figure = draw_curves([read_training_log(tmp_path / "run")])
    texts = written(figure)
    for title in ("loss", "loss_cls", "lr", "grad_norm", "tal/mAP (%)", "average", "tIoU 0.50"):
        assert title in texts
    note = "3 iterations, last loss 1.000; 1 losses that are not finite; best tal/mAP 30.00 % "
    assert f"{note}(epoch 1), last 20.00 %" in texts
    assert check_texts(figure) > 20


def test_several_trainings(tmp_path: Path) -> None:
    logs = []
    for index, name in enumerate(["a/run", "b/run", "other"]):
        rows = [train(10 * i, 1 / (i + index + 1), loss_iou=0.1) for i in range(40)]
        start(tmp_path / name, "1", [*rows, *(val(i, 0.1 * i) for i in range(1, 9))])
        logs.append(read_training_log(tmp_path / name))
    figure = draw_curves(logs)
    texts = written(figure)
    assert {"3 trainings", "run (1)", "run (2)", "other", "loss_iou"} <= set(texts)
    assert "tIoU 0.50" not in texts
    lines = [line for axes in figure.axes for line in axes.lines]
    assert len(lines) == 3 * len([axes for axes in figure.axes if axes.lines])
    assert len({line.get_color() for line in lines}) == 3
    loss = next(axes for axes in figure.axes if axes.get_title(loc="left") == "loss")
    np.testing.assert_allclose(loss.lines[2].get_ydata()[:2], [1 / 3, 1 / 4])
    check_texts(figure)
