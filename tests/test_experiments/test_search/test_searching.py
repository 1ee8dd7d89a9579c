"""mmtal.experiments.search.searching and its processes: a whole search."""

import csv
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from mmengine.config import Config
from tiny import make_dataset, write_config

from mmtal.experiments.executor import Outcome
from mmtal.experiments.search import SearchSettings, read_space, search, searching
from mmtal.experiments.search.trial_store import TrialJob, TrialResult

VARY = ["learning_rate=log(1e-3, 1e-2)", "epochs=int(1, 2)"]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchSettings:
    monkeypatch.chdir(tmp_path)
    data = make_dataset(tmp_path / "data")
    text = "train_dataloader.update(num_workers=0, persistent_workers=False)"
    template = write_config(tmp_path / "config.py", data, text)
    return SearchSettings(str(template), str(data), tmp_path / "study")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How trials end, each test's own: with an mAP, or with an error. None is trained."""
    results: list[Any] = []
    left = iter(results)

    def fake(function: Any, jobs: Iterable[TrialJob], on_end: Any, **_: Any) -> None:
        for job in jobs:
            result = next(left)
            if isinstance(result, str):
                print(on_end(Outcome(job=job, error=result)))
            else:
                job.trial.report(result, 5)
                print(on_end(Outcome(job=job, value=TrialResult(result, seconds=1.0))))

    monkeypatch.setattr(searching, "run_jobs", fake)
    return results


FAILED = "RuntimeError: CUDA out of memory"


def test_best_of_all_trials(
    settings: SearchSettings, script: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    script += [0.2, FAILED, 0.5, 0.3]
    result = search(settings, read_space(vary=VARY), trials=4)
    assert result.best_value == 0.5 and result.template_value == 0.2
    best = Config.fromfile(result.best_config)
    assert best.optim_wrapper.optimizer.lr == result.values["learning_rate"]
    assert best.train_cfg.max_epochs == 3 + result.values["epochs"]
    printed = capsys.readouterr().out
    assert "no recording of the test set is read" in printed
    assert "CUDA out of memory; " in printed and "1 failed" in printed
    assert "mmtal run study/best.py" in printed
    # the same command again: nothing is left to do
    assert search(settings, read_space(vary=VARY), trials=4) == result


def test_the_template_may_be_the_best(settings: SearchSettings, script: list[Any]) -> None:
    script += [0.9, 0.5]
    result = search(settings, read_space(vary=VARY), trials=2)
    assert result.values == {} and "the template as it is" in result.best_config.read_text()


def test_stops_when_the_first_three_fail(settings: SearchSettings, script: list[Any]) -> None:
    script += [FAILED] * 5
    with pytest.raises(ValueError, match=r"first 3 trials all failed.*out of memory.*log\.txt"):
        search(settings, read_space(vary=VARY), trials=5)
    assert len(list(csv.reader((settings.folder / "trials.csv").open()))) == 1 + 3


def test_goes_on_when_later_ones_fail(settings: SearchSettings, script: list[Any]) -> None:
    script += [FAILED, FAILED, 0.1, FAILED, FAILED]
    assert search(settings, read_space(vary=VARY), trials=5).best_value == 0.1


def test_none_was_trained_to_its_end(settings: SearchSettings, script: list[Any]) -> None:
    script += [FAILED]
    with pytest.raises(ValueError, match="no trial was trained to its end"):
        search(settings, read_space(vary=VARY), trials=1)


def test_an_edited_template_is_another_search(settings: SearchSettings, script: list[Any]) -> None:
    script += [0.1] * 2
    search(settings, read_space(vary=VARY), trials=1)
    template = Path(settings.template)
    template.write_text(template.read_text().replace("dropout=0.1", "dropout=0.2"))
    with pytest.raises(ValueError, match=r"template is '.*dropout=0\.1.*', not '.*dropout=0\.2"):
        search(settings, read_space(vary=VARY), trials=2)
    assert "dropout=0.1" in (settings.folder / "template.py").read_text()  # best.py inherits it


def test_time_is_up(settings: SearchSettings, script: list[Any]) -> None:
    script += [0.1] * 9
    with pytest.raises(ValueError, match="no trial was trained"):
        search(settings, read_space(vary=VARY), trials=9, minutes=1e-9)


CHANGED: list = [
    ("space", dict(vary=["epochs=int(1, 3)"]), {}, "its space is"),
    ("seed", {}, dict(seed=1), "its seed is '0', not '1'"),
    ("fixed value", {}, dict(options={"model.head.loss_normalizer": 9}), "loss_normalizer"),
]


@pytest.mark.parametrize(("why", "vary", "change", "text"), CHANGED, ids=[c[0] for c in CHANGED])
def test_another_search_in_the_same_folder(
    settings: SearchSettings, script: list[Any], why: str, vary: dict, change: dict, text: str
) -> None:
    script += [0.1] * 2
    search(settings, read_space(vary=VARY), trials=1)
    other = SearchSettings(settings.template, settings.data_path, settings.folder, **change)
    with pytest.raises(ValueError) as caught:
        search(other, read_space(**{"vary": VARY, **vary}), trials=2)
    assert "holds another search" in str(caught.value) and text in str(caught.value)


def test_one_search_at_a_time(settings: SearchSettings) -> None:
    settings.folder.mkdir()
    with (
        FileLock(settings.folder / ".lock"),
        pytest.raises(ValueError, match="another search is running"),
    ):
        search(settings, read_space(vary=VARY))


WRONG: list = [
    ("trials", dict(trials=0), "--trials must be >= 1"),
    ("workers", dict(workers=0), "--workers must be >= 1"),
    ("minutes", dict(minutes=float("nan")), "--minutes must be > 0"),
]


@pytest.mark.parametrize(("why", "change", "message"), WRONG, ids=[case[0] for case in WRONG])
def test_refuses(settings: SearchSettings, why: str, change: dict, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        search(settings, read_space(vary=VARY), **change)
    assert message in str(caught.value)
    assert not settings.folder.exists()


def test_a_value_that_nothing_reads_is_found_before_the_first_trial(
    settings: SearchSettings,
) -> None:
    with pytest.raises(ValueError, match="nothing reads 'max_seq_len' once"):
        search(settings, read_space(vary=["max_seq_len=int(10, 20)"]))
    assert not (settings.folder / "study.db").exists()


@pytest.mark.slow
def test_processes_train_prune_and_fail(
    settings: SearchSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    # 5 is no width of 2 heads: such trials fail, in the same processes as the others
    space = read_space(vary=[*VARY, "model.backbone.embed_channels=choice(16, 5)"])
    result = search(settings, space, trials=6, workers=2)
    rows = list(csv.DictReader((settings.folder / "trials.csv").open()))
    states = {row["state"] for row in rows}
    assert len(rows) == 6 and {"complete", "failed"} <= states
    for row in rows:
        assert (row["state"] == "failed") == (row["model.backbone.embed_channels"] == "5")
        log = settings.folder / "trials" / f"{int(row['trial']):04d}" / "log.txt"
        assert ("Traceback" in log.read_text()) == (row["state"] == "failed")
    assert 0 <= result.best_value <= 1
    assert not list(settings.folder.rglob("*.pth"))
    assert "tal/mAP" not in capsys.readouterr().out  # what trials print goes to their logs


def command(settings: SearchSettings) -> list[str]:
    return [
        sys.executable, "-m", "mmtal", "search", settings.template,
        "--data-path", settings.data_path, "--work-dir", str(settings.folder),
        "--trials", "3", "--workers", "2", "--vary", *VARY,
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_goes_on_after_any_end(settings: SearchSettings, how: signal.Signals) -> None:
    process = subprocess.Popen(command(settings), stderr=subprocess.PIPE, text=True)
    trials = settings.folder / "trials"
    wait_for(lambda: len(list(trials.glob("*/log.txt"))) == 2)
    process.send_signal(how)
    error = process.communicate(timeout=60)[1]
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert error == "interrupted; the same command goes on with the search\n"
    done = subprocess.run(command(settings), check=True, capture_output=True, text=True)
    assert " that were interrupted begin again" in done.stdout
    rows = list(csv.DictReader((settings.folder / "trials.csv").open()))
    assert [row["state"] for row in rows].count("failed") == 0 and len(rows) == 3


def wait_for(condition: Any) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
