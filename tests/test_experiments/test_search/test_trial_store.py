"""mmtal.experiments.search.trial_store: trials outlive whatever ends a search."""

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import optuna
import pytest

from mmtal.experiments.search.space import read_space
from mmtal.experiments.search.trial_store import TrialResult, TrialStore

SPACE = read_space(vary=["learning_rate=log(1e-4, 1e-2)", "model.x=choice((1, 2), None)"])
INSIDE = {"learning_rate": 1e-3, "model.x": (1, 2)}
OUTSIDE = {"learning_rate": 1.0, "model.x": (1, 2)}


def open_store(path: Path, template: dict = INSIDE, **change) -> TrialStore:
    arguments = dict(space=SPACE, identity=dict(space="s", config="a = 1\nb = 2"), seed=0)
    return TrialStore(path, template=template, **{**arguments, **change})


def finish(store: TrialStore, value: float) -> int:
    trial, _ = store.ask()
    trial.report(value, 5)
    store.tell(trial, TrialResult(value, seconds=2.0, validation_seconds=0.5))
    return trial.number


@pytest.mark.parametrize("template", [INSIDE, OUTSIDE], ids=["inside", "outside"])
def test_the_template_is_trained_first_as_it_is(tmp_path: Path, template: dict) -> None:
    store = open_store(tmp_path / "study.db", template)
    trial, values = store.ask()
    assert values == {}
    store.tell(trial, TrialResult(0.3))
    assert store.template is not None and store.template.value == 0.3
    assert store.template.user_attrs["values"] == {"learning_rate": template["learning_rate"],
                                                   "model.x": [1, 2]}  # fmt: skip
    assert bool(store.template.params) == (template is INSIDE)
    for _ in range(12):  # the proposals can use, or do without, the template's result
        trial, values = store.ask()
        assert set(values) == {"learning_rate", "model.x"}
        assert values["model.x"] in ((1, 2), None)
        store.tell(trial, TrialResult(0.1))
    assert store.best is not None and store.best.number == 0


def test_what_no_process_trains_any_more_begins_again(tmp_path: Path) -> None:
    store = open_store(tmp_path / "study.db")
    finish(store, 0.2)
    (done, _), (_, lost) = store.ask(), store.ask()
    store.tell(done, TrialResult(0.4))
    again = open_store(tmp_path / "study.db")
    assert again.resumed == 1 and len(again.finished) == 2
    assert again.ask()[1] == lost
    assert again.template is not None


def test_an_interrupted_template_begins_again(tmp_path: Path) -> None:
    open_store(tmp_path / "study.db").ask()
    again = open_store(tmp_path / "study.db")
    assert again.resumed == 1 and again.ask()[1] == {}
    assert set(again.ask()[1]) == {"learning_rate", "model.x"}


def test_opened_often_the_template_waits_once(tmp_path: Path) -> None:
    for _ in range(3):
        store = open_store(tmp_path / "study.db")
    assert len(store.study.trials) == 1


def test_a_resumed_search_does_not_repeat_itself(tmp_path: Path) -> None:
    store = open_store(tmp_path / "study.db")
    finish(store, 0.2)
    first, values = store.ask()
    store.tell(first, TrialResult(0.1))
    again = open_store(tmp_path / "study.db")
    assert again.ask()[1]["learning_rate"] != values["learning_rate"]


def test_the_seed_decides(tmp_path: Path) -> None:
    def draws(name: str, seed: int) -> list:
        store = open_store(tmp_path / name, seed=seed)
        return [store.ask()[1] for _ in range(3)]

    assert draws("a", 0) == draws("b", 0) != draws("c", 1)


def test_trials_in_other_processes_report_to_the_same_file(tmp_path: Path) -> None:
    store = open_store(tmp_path / "study.db")
    for _ in range(6):
        trial, _ = store.ask()
        for step in (1, 2, 3, 4):
            trial.report(0.1 * step, step)
        store.tell(trial, TrialResult(0.5))
    poor, _ = store.ask()
    sent = pickle.loads(pickle.dumps(poor))  # as its process gets it
    sent.report(0.0, 1)
    assert not sent.should_prune()  # too early to say
    sent.report(0.01, 2)
    assert sent.should_prune()
    store.tell(poor, TrialResult(0.01, pruned=True))
    good, _ = store.ask()
    good.report(0.9, 2)
    assert not good.should_prune()
    states = [trial.state.name for trial in store.finished]
    assert states == ["COMPLETE"] * 6 + ["PRUNED"]
    assert store.finished[-1].intermediate_values == {1: 0.0, 2: 0.01}


def test_failed_trials_count_and_keep_their_reason(tmp_path: Path) -> None:
    store = open_store(tmp_path / "study.db")
    store.tell(store.ask()[0], None, "ValueError: no")
    assert [trial.user_attrs["error"] for trial in store.finished] == ["ValueError: no"]
    assert store.best is None
    again = open_store(tmp_path / "study.db")
    assert again.resumed == 0 and len(again.finished) == 1
    assert again.ask()[1] != {}  # the template has had its turn


def test_a_map_that_is_no_number_is_a_failure(tmp_path: Path) -> None:
    store = open_store(tmp_path / "study.db")
    store.tell(store.ask()[0], TrialResult(float("nan")))
    assert [trial.user_attrs["error"] for trial in store.finished] == ["its last mAP is nan"]


OTHERS: list = [
    ("other space", dict(space="t", config="a = 1\nb = 2"), "its space is 's', not 't'"),
    ("other config", dict(space="s", config="a = 1\nb = 3"), "its config is 'b = 2', not 'b = 3'"),
]


@pytest.mark.parametrize(("why", "identity", "message"), OTHERS, ids=[case[0] for case in OTHERS])
def test_refuses_the_store_of_another_search(
    tmp_path: Path, why: str, identity: dict, message: str
) -> None:
    finish(open_store(tmp_path / "study.db"), 0.1)
    with pytest.raises(ValueError) as caught:
        open_store(tmp_path / "study.db", identity=identity)
    assert message in str(caught.value) and "--work-dir" in str(caught.value)


def test_refuses_what_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello, this is no database")
    with pytest.raises(ValueError, match="must be an SQLite file"):
        open_store(tmp_path / "text.db")
    optuna.create_study(storage=f"sqlite:///{tmp_path / 'mine.db'}", study_name="mine")
    with pytest.raises(ValueError, match=r"other Optuna studies \(mine\)"):
        open_store(tmp_path / "mine.db")
    with sqlite3.connect(tmp_path / "other.db") as database:
        database.execute("create table studies (name text)")
    with pytest.raises(ValueError, match="must be an SQLite file"):
        open_store(tmp_path / "other.db")


@pytest.mark.parametrize(
    "change",
    [
        "update study_user_attributes set value_json='[1]'",
        "update study_user_attributes set value_json='{'",
        "update trials set state='EVIL'",
        'update trial_params set distribution_json=\'{"name": "os.system"}\'',
        "update trial_values set value=NULL",
        "update alembic_version set version_num='x'",
    ],
)
def test_a_damaged_or_hostile_store_is_one_error(tmp_path: Path, change: str) -> None:
    path = tmp_path / "trials.db"
    store = open_store(path)
    finish(store, 0.5)
    with closing(sqlite3.connect(path)) as database:
        database.execute(change)
        database.commit()
    with pytest.raises(ValueError, match=r"trials\.db"):
        open_store(path)
