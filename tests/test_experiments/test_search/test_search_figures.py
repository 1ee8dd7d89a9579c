"""mmtal.experiments.search.search_figures and trial_table: what is shown of a search."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from mmtal.experiments.search.search_figures import draw_history, draw_importance, importance
from mmtal.experiments.search.space import read_space
from mmtal.experiments.search.trial_store import TrialResult, TrialStore
from mmtal.experiments.search.trial_table import line_of_trial, write_table

SPACE = read_space(
    vary=["learning_rate=log(1e-4, 1e-2)", "epochs=int(1, 9)", "model.$x=choice((1, 2), soft)"]
)


def store_of(path: Path, results: list[TrialResult | None], *, outside: bool = False) -> TrialStore:
    """A store whose mAP depends on the learning rate, if a result leaves it open (value < 0)."""
    template = {"learning_rate": 1.0 if outside else 1e-3, "epochs": 3, "model.$x": "soft"}
    store = TrialStore(path, space=SPACE, template=template, identity={}, seed=0)
    for result in results:
        trial, values = store.ask()
        if result is None:
            store.tell(trial, None, ERROR)
            continue
        if result.value < 0:
            result = replace(result, value=40 * values.get("learning_rate", 1e-3))
        trial.report(result.value, 2)
        store.tell(trial, result)
    return store


ERROR = "OutOfMemoryError: too much"
FAILED = None
COMPLETE = TrialResult(-1.0, seconds=3.0, validation_seconds=0.5)
PRUNED = TrialResult(0.01, pruned=True, seconds=3.0)
HISTORIES = [
    ("only failed", [FAILED] * 3, False),
    ("one", [COMPLETE], False),
    ("mixed", [COMPLETE, FAILED, PRUNED, COMPLETE], True),
    ("the template failed", [FAILED, COMPLETE], True),
    ("all the same", [TrialResult(0.0)] * 4, False),
]


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for axes in figure.axes for text in axes.texts)


@pytest.mark.parametrize(("why", "results", "outside"), HISTORIES, ids=[c[0] for c in HISTORIES])
def test_history_shows_every_kind_of_trial(
    tmp_path: Path, why: str, results: list[TrialResult | None], outside: bool
) -> None:
    store = store_of(tmp_path / "study.db", results, outside=outside)
    figure = draw_history(store)
    figure.canvas.draw()
    shown = texts(figure)
    assert ("pruned" in shown.splitlines()) == (PRUNED in results)
    assert ("failed" in shown.splitlines()) == (FAILED in results)
    assert ("the template as it is" in shown) == (results[0] is not None)


def test_importance_finds_what_matters(tmp_path: Path) -> None:
    store = store_of(tmp_path / "study.db", [COMPLETE] * 12, outside=True)
    shares = importance(store)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=lambda key: shares[key]) == "learning_rate"
    figure = draw_importance(store)
    assert figure is not None
    figure.canvas.draw()
    assert "11 complete trials" in texts(figure)  # the template lies outside


def test_too_few_trials_for_importance(tmp_path: Path) -> None:
    assert draw_importance(store_of(tmp_path / "study.db", [COMPLETE] * 3)) is None


def test_table_and_lines(tmp_path: Path) -> None:
    store = store_of(tmp_path / "study.db", [COMPLETE, PRUNED, FAILED])
    write_table(store, tmp_path / "trials.csv")
    rows = list(csv.DictReader((tmp_path / "trials.csv").open()))
    assert [row["state"] for row in rows] == ["complete", "pruned", "failed"]
    assert [row["template"] for row in rows] == ["1", "0", "0"]
    assert rows[0]["mAP"] == "0.040000" and rows[1]["mAP"] == "0.010000" and rows[2]["mAP"] == ""
    assert rows[0]["learning_rate"] == "0.001" and rows[0]["seconds"] == "3.0"
    assert rows[2]["error"] == ERROR
    lines = [line_of_trial(store, trial) for trial in store.finished]
    assert "complete; mAP 4.00 %; the template; 3 s; best 4.00 % (trial 0)" in lines[0]
    assert lines[1].startswith("pruned; mAP 1.00 %")
    assert "failed; learning_rate" in lines[2]
