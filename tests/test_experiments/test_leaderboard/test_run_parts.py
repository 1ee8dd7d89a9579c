"""Plans, folds, job scripts: what happens before and around a run."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import tiny
from mmengine.config import Config

from mmtal.experiments.leaderboard.plan import add_hashes, choose, make_plan
from mmtal.experiments.leaderboard.record import Record, write_record
from mmtal.experiments.leaderboard.run_setup import RunSetup, check_options, fold_options, set_up
from mmtal.experiments.leaderboard.single_run import Folders, RunJob, resumable_epoch
from mmtal.experiments.leaderboard.spec import Folds, Row


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``tiny.py`` and the data set ``tiny``."""
    folder = tmp_path_factory.mktemp("data")
    tiny.make_dataset(folder / "tiny")
    tiny.write_config(folder / "tiny.py", folder / "tiny")
    return folder


def row(data: Path, **changes) -> Row:
    content = dict(
        benchmark="tiny",
        method="small",
        config=str(data / "tiny.py"),
        data=data / "tiny",
        protocols=("config",),
        seeds=(0, 1),
    )
    return Row(**{**content, **changes})


def config_of(data: Path) -> Config:
    place = dict(data_root=str(data / "tiny"), ann_file="annotations.json")
    return Config(dict(train_dataloader=dict(dataset=place)))


def left_out(data: Path, folder: Path, folds: Folds, fold: str) -> set[str]:
    options = fold_options(config_of(data), folds, fold, folder)
    database = json.loads(Path(options["test_dataloader.dataset.ann_file"]).read_text())["database"]
    subsets = {name: entry["subset"] for name, entry in database.items()}
    assert len(subsets) == 13
    assert set(subsets.values()) == {"training", "validation"}
    return {name for name, subset in subsets.items() if subset == "validation"}


def test_fold_leaves_out_what_its_pattern_names(data: Path, tmp_path: Path) -> None:
    folds = Folds(names=("0", "1"), leave_out="*_{fold}")
    assert left_out(data, tmp_path, folds, "1") == {"rec_1"}  # and not rec_11


def test_dealt_out_folds_leave_out_each_recording_once(data: Path, tmp_path: Path) -> None:
    folds = Folds(names=("0", "1", "2"), group=r"_(\d)")  # rec_1 and rec_10 ... rec_12 together
    parts = [left_out(data, tmp_path, folds, fold) for fold in folds.names]
    assert sorted(name for part in parts for name in part) == sorted(
        f"rec_{index}" for index in range(13)
    )
    together = {"rec_1", "rec_10", "rec_11", "rec_12"}
    assert [part for part in parts if part & together == together]


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        (Folds(names=("x",), leave_out="{fold}_*"), "matches 0 of 13 recordings, such as 'rec_0'"),
        (Folds(names=("rec",), leave_out="{fold}*"), "matches 13 of 13 recordings"),
        (Folds(names=("1", "12"), leave_out="rec_{fold}*"), "'rec_12' out of two folds, 1 and 12"),
        (Folds(names=("0", "1"), group="person"), "'person' finds nothing in recording 'rec_0'"),
        (Folds(names=("0",), annotations="a/{fold}.json"), "a/0.json of fold 0 does not exist"),
    ],
)
def test_folds_that_do_not_fit_the_recordings(
    data: Path, tmp_path: Path, folds: Folds, message: str
) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        fold_options(config_of(data), folds, folds.names[0], tmp_path)


def test_text_of_config_is_that_of_the_row(data: Path, tmp_path: Path) -> None:
    folds = Folds(names=("0", "1"), leave_out="*_{fold}")
    setups = [set_up(run, tmp_path) for run in row(data, folds=folds).runs()]
    assert len({setup.config_text for setup in setups}) == 1
    assert len({setup.key for setup in setups}) == 2  # by fold
    text = setups[0].config_text
    assert str(data) not in text
    assert "annotations.json without *_{fold}" in text
    assert [setup.config.randomness.seed for setup in setups] == [0, 0, 1, 1]
    other = row(data, folds=folds, options={"optim_wrapper.optimizer.lr": 0.5})
    assert set_up(other.runs()[0], tmp_path).config_sha256 != setups[0].config_sha256


def test_folds_with_features_of_their_own(data: Path, tmp_path: Path) -> None:
    source = (data / "tiny" / "annotations.json").read_bytes()
    for fold in "01":
        (data / "tiny" / f"split{fold}.json").write_bytes(source)
    folds = Folds(names=("0", "1"), annotations="split{fold}.json", features="feats{fold}")
    setups = [set_up(run, tmp_path) for run in row(data, folds=folds).runs()]
    for loader in ("train_dataloader", "test_dataloader"):
        found = [setup.config[loader].dataset for setup in setups[:2]]
        assert [dataset.features for dataset in found] == ["feats0", "feats1"]
        assert [dataset.ann_file for dataset in found] == ["split0.json", "split1.json"]
    assert len({setup.config_text for setup in setups}) == 1
    assert '"features": "feats{fold}"' in setups[0].config_text


def test_config_mistake_names_the_row(data: Path, tmp_path: Path) -> None:
    wrong = row(data, options={"optim_wraper.optimizer.lr": 0.5})
    with pytest.raises(ValueError, match=r"tiny, small: .*did you mean 'optim_wrapper'"):
        set_up(wrong.runs()[0], tmp_path)


def statuses(plan: list[RunJob]) -> list[tuple[str, str]]:
    return [(entry.status, entry.note) for entry in plan]


def test_status_of_runs(data: Path, tmp_path: Path) -> None:
    folders = Folders(records=tmp_path / "records", work=tmp_path / "work")
    runs = row(data).runs()
    plan = make_plan(runs, folders)
    assert statuses(plan) == [("open", ""), ("open", "")]

    plan[1].work_dir.mkdir(parents=True)
    (plan[1].work_dir / "epoch_4.pth").touch()
    (plan[1].work_dir / "last_checkpoint").write_text(str(plan[1].work_dir / "epoch_4.pth"))
    assert statuses(make_plan(runs, folders))[1] == ("resumable", "after epoch 4")

    setup = set_up(runs[0], tmp_path)
    record = record_like(setup, annotations=setup.annotations_sha256)
    write_record(folders.records, record)
    assert statuses(make_plan(runs, folders))[0] == ("unscored", "lacks config")
    write_record(folders.records, Record(**{**asdict(record), "scores": {"config": {}}}))
    assert statuses(make_plan(runs, folders))[0] == ("done", "")
    changed = row(data, options={"optim_wrapper.optimizer.lr": 0.5}).runs()
    status, note = statuses(make_plan(changed, folders))[0]
    assert status == "changed" and note.startswith(f"config {setup.config_sha256[:8]} in the")
    write_record(folders.records, record_like(setup, annotations="other"))
    assert statuses(make_plan(runs, folders))[0][0] == "changed"


def record_like(setup: RunSetup, *, annotations: str) -> Record:
    return Record(
        benchmark="tiny",
        method="small",
        seed=0,
        fold=None,
        config_file="",
        config_text=setup.config_text,
        config_sha256=setup.config_sha256,
        data=dict(annotations_sha256=annotations),
        git={},
        versions={},
        device="",
        seconds={},
        peak_memory={},
        scores={},
        finished="",
    )


def test_protocol_of_other_data_is_refused(data: Path, tmp_path: Path) -> None:
    folders = Folders(records=tmp_path / "records", work=tmp_path / "work")
    with pytest.raises(ValueError, match=r"tiny, small: protocol hapt/demo has 12 classes"):
        make_plan(row(data, protocols=("hapt/demo",)).runs(), folders)
    with pytest.raises(ValueError, match="all about events or all not"):
        make_plan(row(data, protocols=("config", "gait/points")).runs(), folders)
    agnostic = row(data, options={"test_evaluator.class_agnostic": True})
    with pytest.raises(ValueError, match=r"without classes .*, which protocol config does not"):
        make_plan(agnostic.runs(), folders)
    proposals = {  # which need no classes
        "test_evaluator.protocol": "activitynet13/proposals",
        "test_evaluator.tiou_thresholds": None,
    }
    make_plan(row(data, options={**agnostic.options, **proposals}).runs(), folders)


def test_features_are_hashed_by_content(data: Path, tmp_path: Path) -> None:
    folders = Folders(records=tmp_path / "records", work=tmp_path / "work")
    plan = make_plan(row(data).runs(), folders)
    first, second = (job.features_sha256 for job in add_hashes(plan))
    assert first == second
    file = data / "tiny" / "features" / "rec_0.npy"
    before = file.read_bytes()
    file.write_bytes(before[:-1] + b"\x01")
    assert add_hashes(plan)[0].features_sha256 != first
    file.write_bytes(before)
    assert add_hashes(plan)[0].features_sha256 == first


def test_choice_of_runs(data: Path) -> None:
    rows = [row(data), row(data, method="large")]
    assert [run.name for run in choose(rows, ["*large*", "tiny-small-seed1"])] == [
        "tiny-small-seed1",
        "tiny-large-seed0",
        "tiny-large-seed1",
    ]
    assert len(choose(rows, [])) == 4
    with pytest.raises(ValueError, match="matches none of the 4 runs, such as tiny-small-seed"):
        choose(rows, ["tiny-smal-seed1"])


@pytest.mark.parametrize(
    "pointer",
    [
        pytest.param("epoch_3.pth", id="saved"),
        pytest.param("epoch_4.pth", id="points to nothing"),
        pytest.param("", id="killed while it was written"),
    ],
)
def test_epoch_to_go_on_from(tmp_path: Path, pointer: str) -> None:
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / pointer) if pointer else "")
    assert resumable_epoch(tmp_path) is None
    (tmp_path / "epoch_3.pth").touch()
    assert resumable_epoch(tmp_path) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model.backbone.embed_chanels": 32}, "did you mean 'model.backbone.embed_channels'"),
        ({"model.bakbone.dropout": 0.1}, "'model' has no 'bakbone'"),
        ({"model.backbone.dropout": 0.1}, None),  # its constructor takes it, the config is silent
        ({"custom_hooks": []}, None),
    ],
)
def test_misspelt_options_are_refused_before_any_work(
    data: Path, options: dict, message: str | None
) -> None:
    if message is None:
        check_options(row(data, options=options))
    else:
        with pytest.raises(ValueError, match=f"tiny, small: options: .*{message}"):
            check_options(row(data, options=options))


def test_names_of_options_are_checked_without_data_which_may_need_the_options(data: Path) -> None:
    misplaced = replace(row(data), data=data / "nowhere")
    check_options(replace(misplaced, options={"model.backbone.dropout": 0.1}))
