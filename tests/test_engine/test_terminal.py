"""What a run says at a terminal and in a file, and the threshold that training saves."""

import itertools
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger, print_log
from mmengine.model import BaseModel
from rich.console import Console
from torch import nn

from mmtal.checkpoints.loading import load_checkpoint_file
from mmtal.engine import terminal
from mmtal.engine.hooks import OperatingPointHook, SafeCheckpointHook
from mmtal.engine.hooks.operating_point_hook import operating_point
from mmtal.engine.runner import QuietRunner
from mmtal.engine.terminal import TerminalHandler, figures_line, terminal_handler


class Toy(BaseModel):
    """Learns nothing, quickly."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, inputs: torch.Tensor, mode: str = "tensor") -> object:
        loss = self.linear(inputs).square().mean()
        return {"loss": loss} if mode == "loss" else [len(inputs)]


class Points(torch.utils.data.Dataset):
    metainfo: ClassVar = dict(classes=("a", "b"))

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> dict:
        return {"inputs": torch.tensor([index, 1.0])}


@dataclass
class Point:
    score_thr: float


class Figures(BaseMetric):
    """Gives one mAP after the other, and thresholds."""

    default_prefix = "tal"

    def __init__(self, values: list[float]) -> None:
        super().__init__()
        self.values = iter(values)

    def process(self, data_batch: object, data_samples: object) -> None:
        self.results.append(1)

    def compute_metrics(self, results: list) -> dict[str, float]:
        print_log("a table", "current")
        value = next(self.values)
        self.operating_point = Point(value / 2)
        return {"mAP": value, "mAP@0.50": value + 0.1, "other": 3}


NAMES = itertools.count()


def runner(work_dir: Path, *, epochs: int, values: list[float], val_interval: int) -> QuietRunner:
    """Epochs of one step."""
    sampler = dict(type="DefaultSampler", shuffle=False)
    collate = dict(type="default_collate")
    loader = dict(dataset=Points(), batch_size=2, sampler=sampler, collate_fn=collate)
    return QuietRunner(
        Toy(),
        str(work_dir),
        train_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=epochs, val_interval=val_interval),
        val_dataloader=loader,
        val_evaluator=[Figures(values)],
        val_cfg={},
        test_dataloader=loader,
        test_evaluator=[Figures([0.5])],
        test_cfg={},
        optim_wrapper=dict(optimizer=dict(type="SGD", lr=0.1)),
        default_hooks=dict(
            checkpoint=dict(
                type="CheckpointHook",
                interval=1,
                max_keep_ckpts=1,
                save_best="tal/mAP",
                save_param_scheduler=False,
            )
        ),
        custom_hooks=[OperatingPointHook(), SafeCheckpointHook()],
        experiment_name=f"terminal{next(NAMES)}",
        default_scope="mmtal",
    )


def lines_of(capsys: pytest.CaptureFixture) -> list[str]:
    """What was printed, but for the line of machines without a GPU."""
    lines = capsys.readouterr().out.splitlines()
    if not torch.cuda.is_available():
        assert lines.pop(0) == "no GPU: training on the CPU"
    return lines


def test_hundreds_of_short_epochs_are_few_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 1e9)  # on a slow machine, too
    run = runner(tmp_path, epochs=60, values=[0.2, 0.4, 0.3], val_interval=20)
    run.train()
    assert lines_of(capsys) == [
        "training on 2 recordings, 60 epochs of 1 step",
        "epoch 20/60   mAP 20.00 %   0.50: 30.00   best so far",
        "epoch 40/60   mAP 40.00 %   0.50: 50.00   best so far",
        "epoch 60/60   mAP 30.00 %   0.50: 40.00",
    ]
    (log,) = tmp_path.glob("*/*.log")
    text = log.read_text()
    assert text.count("Saving checkpoint at ") == 60 and text.count("a table") == 3


def test_progress_without_a_terminal_is_plain_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0)
    monkeypatch.setattr(terminal, "MOST_LINES", 10**9)
    runner(tmp_path, epochs=2, values=[0.2], val_interval=2).train()
    lines = lines_of(capsys)
    assert lines[1].startswith("epoch 1/2, loss ") and "50 %" in lines[1], lines
    assert lines[2].endswith(", 100 %, 0:00:00 left") and lines[3] == "validating, 1/1", lines


def test_progress_on_a_terminal_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_REFRESHES", 0)
    monkeypatch.setattr(
        terminal, "Console", lambda **options: Console(force_terminal=True, width=79, **options)
    )
    runner(tmp_path, epochs=2, values=[0.2], val_interval=2).train()
    text = capsys.readouterr().out
    assert "epoch 1/2, loss" in text and "50 %" in text and "left" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1, "the cursor is shown again"
    assert text.rstrip().endswith("\x1b[2K"), "the line of progress is erased"


def test_the_line_of_progress_ends_with_the_run(tmp_path: Path) -> None:
    run = runner(tmp_path, epochs=2, values=[], val_interval=1)  # the metric fails
    with pytest.raises(StopIteration):
        run.train()
    assert not run._terminal.progress.task_ids


def test_testing_prints_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 1e9)
    runner(tmp_path, epochs=1, values=[0.2], val_interval=1).test()
    assert capsys.readouterr().out.splitlines() == ["a table"]


def test_weights_are_saved_with_their_own_threshold(tmp_path: Path) -> None:
    runner(tmp_path, epochs=5, values=[0.2, 0.4, 0.3], val_interval=2).train()
    saved = {
        path.name: operating_point(load_checkpoint_file(path)) for path in tmp_path.glob("*.pth")
    }
    assert saved == {
        "best_tal_mAP_epoch_4.pth": dict(score_thr=0.2),
        "epoch_5.pth": dict(score_thr=0.15),
    }


@pytest.mark.parametrize(
    ("level", "text", "shown"),
    [
        (logging.INFO, "\na table", "a table\n"),
        (logging.WARNING, "odd data", "warning: odd data\n"),
        (logging.WARNING, '"FileClient" will be deprecated', ""),
        (logging.DEBUG, "details", ""),
    ],
)
def test_what_is_printed(level: int, text: str, shown: str, capsys: pytest.CaptureFixture) -> None:
    logger = MMLogger(f"terminal{next(NAMES)}")
    handler = terminal_handler(logger)
    assert terminal_handler(logger) is handler and len(logger.handlers) == 1
    print_log(text, logger, level)
    assert capsys.readouterr().out == shown


def test_validations_keep_quiet_but_for_warnings(capsys: pytest.CaptureFixture) -> None:
    handler = TerminalHandler()
    handler.is_validating = True
    for level in (logging.INFO, logging.WARNING):
        handler.handle(logging.makeLogRecord(dict(levelno=level, levelname="X", msg="said")))
    assert capsys.readouterr().out == "x: said\n"


FIGURES = [
    ("few", {"tal/mAP": 0.5, "tal/mAP@0.30": 0.61, "tal/recall@1x@0.50": 0.7},
     "mAP 50.00 %   0.30: 61.00"),
    ("many", {"a/mAP": 0.05} | {f"a/mAP@{t / 100:.2f}": t / 100 for t in range(50, 100, 5)},
     "mAP  5.00 %   0.50: 50.00   0.75: 75.00   0.95: 95.00"),
    ("proposals", {"tal/AUC": float("nan"), "tal/AR@10": 0.4}, "AUC   nan %"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "metrics", "line"), FIGURES, ids=[case[0] for case in FIGURES])
def test_figures_of_a_validation(why: str, metrics: dict, line: str) -> None:
    assert figures_line(metrics, next(iter(metrics))) == line


def test_long_lists_are_cut_and_warnings_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    handler = TerminalHandler()
    names = [f"video_validation_{number:07}" for number in range(400)]
    for text in (f"a.json: left out: {{'no features': {names}}}", "short: ['a', 'b']"):
        for _ in range(3):
            handler.emit(logging.LogRecord("x", logging.WARNING, "", 0, text, None, None))
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert said[0].endswith(
        "'video_validation_0000004', ... 400 in all, which the log file lists]}"
    )
    assert said[1] == "warning: short: ['a', 'b']"
