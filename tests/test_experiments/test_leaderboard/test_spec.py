"""Specs: what they mean, and what is wrong with them before any work."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mmtal.experiments.leaderboard.spec import read_spec

ROOT = Path(__file__).resolve().parents[3]


def write(folder: Path, **changes: Any) -> Path:
    """A spec of one row; None takes a key out."""
    row = dict(
        benchmark="hapt",
        method="ActionFormer",
        config="actionformer/demo",
        data=str(folder),
        protocols=["hapt/demo"],
        seeds=[0],
    )
    row = {key: value for key, value in {**row, **changes}.items() if value is not None}
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(dict(rows=[row])))
    return path


def test_names_of_runs_seed_by_seed(tmp_path: Path) -> None:
    folds = dict(leave_out="sbj_{fold}", names=["3", 12])
    (row,) = read_spec(write(tmp_path, method="A, small", seeds="1-2", folds=folds))
    assert [run.name for run in row.runs()] == [
        "hapt-A__small-fold3-seed1",
        "hapt-A__small-fold12-seed1",
        "hapt-A__small-fold3-seed2",
        "hapt-A__small-fold12-seed2",
    ]


def test_rows_over_defaults_with_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMTAL_TEST_DATA", str(tmp_path))
    (tmp_path / "x").mkdir()
    path = tmp_path / "spec.yaml"
    path.write_text(
        """
        defaults:
          benchmark: hapt
          config: actionformer/demo
          data: ${MMTAL_TEST_DATA}/x
          protocols: hapt/demo
          seeds: 3
        rows:
          - method: first
          - {method: second, seeds: 0-1, options: {optim_wrapper.optimizer.lr: 1e-4}}
        """
    )
    first, second = read_spec(path)
    assert (first.seeds, second.seeds) == ((3,), (0, 1))
    assert first.data == tmp_path / "x"
    assert first.protocols == ("hapt/demo",)
    assert second.options == {"optim_wrapper.optimizer.lr": 1e-4}  # and not a text


WRONG = [
    (dict(metod="x"), "unknown key 'metod'; did you mean 'method'?"),
    (dict(color="x"), "unknown key 'color'; there are benchmark, method"),
    (dict(seeds=None), r"row 1 \(hapt, ActionFormer\) lacks seeds"),
    (dict(config=None, data=None), "lacks config, data"),
    (dict(method=7), "'method' must be a text, but got 7"),
    (dict(config="actionformer/dmeo"), "config 'actionformer/dmeo' is neither a file nor the name"),
    (dict(data="/no/such"), "the data folder /no/such does not exist"),
    (dict(data="${MMTAL_NOT_SET}/x"), "export MMTAL_NOT_SET=<folder>"),
    (dict(protocols=[]), "'protocols' must be names of protocols"),
    (dict(protocols=["hapt/dmo"]), "no protocol 'hapt/dmo'; did you mean hapt/demo"),
    (dict(protocols=["hapt/demo", "hapt/demo"]), "'hapt/demo' is there twice"),
    (dict(seeds=[0, 1, 0]), "'seeds' must be different, but 0 is there twice"),
    (dict(seeds=[-1]), "integers >= 0, or a range such as 0-4, but got"),
    (dict(seeds=[True]), "integers >= 0"),
    (dict(seeds=[]), "integers >= 0"),
    (dict(seeds="4-0"), "a range such as 0-4, but got '4-0'"),
    (dict(seeds="a few"), "a range such as 0-4, but got 'a few'"),
    (dict(options=["lr"]), "'options' must be config values by dotted name"),
    (dict(folds=3), "folds must be a mapping with annotations, names"),
    (dict(folds={}), "'count' with or without .* but got nothing"),
    (dict(folds=dict(names="0-3")), "but got names"),
    (dict(folds=dict(annotations="a_{fold}.json")), "but got annotations"),
    (dict(folds=dict(count=3, names="0-3")), "but got count, names"),
    (dict(folds=dict(annotation="a_{fold}.json")), "did you mean 'annotations'?"),
    (dict(folds=dict(annotations="a.json", names="0-3")), "must hold {fold}, such as annotations"),
    (
        dict(folds=dict(annotations="{fold}", names="0-3", features="all")),
        "'features' must be a folder with {fold} in its name, such as features_{fold}, but got",
    ),
    (dict(folds=dict(leave_out="sbj", names="0-3")), r"must hold {fold}, such as S{fold}_\*"),
    (dict(folds=dict(leave_out="{fold}", names="0")), "a range such as 0-29, but got '0'"),
    (dict(folds=dict(leave_out="{fold}", names=[0, "0"])), "'0' is there twice"),
    (dict(folds=dict(leave_out="{fold}", names=[0.5])), "must be a list of names"),
    (dict(folds=dict(count=1)), "'count' must be an integer >= 2 and <= 10000, but got 1"),
    (dict(folds=dict(count=2, seed=-1)), "'seed' must be an integer >= 0"),
    (dict(folds=dict(count=2, group="(")), "'group' is no regular expression"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[message for _, message in WRONG])
def test_mistakes_are_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read_spec(write(tmp_path, **changes))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rows: [", "cannot be read as YAML: .* line 1, column 8"),
        ("rows: [{seeds: 0, seeds: 1}]", "'seeds' is there twice in line 1, column 19"),
        ("", "must be a mapping with defaults, rows, but got None"),
        ("rows: []", "'rows' must be a list with at least one row"),
        ("row: []", "unknown key 'row'; did you mean 'rows'?"),
        ("rows: [3]", "row 1 must be a mapping"),
        ("{rows: [{}], defaults: {seed: 1}}", "defaults: unknown key 'seed'; did you mean 'seeds'"),
    ],
)
def test_what_is_no_spec_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "spec.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_spec(tmp_path / "spec.yaml")


def test_missing_spec(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.yaml does not exist"):
        read_spec(tmp_path / "none.yaml")


def test_two_runs_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    (row,) = yaml.safe_load(path.read_text())["rows"]
    # names of files hold no comma
    rows = [{**row, "method": "A, small"}, {**row, "method": "A_ small"}]
    path.write_text(yaml.safe_dump(dict(rows=rows)))
    with pytest.raises(ValueError, match="two runs would have the name hapt-A__small-seed0"):
        read_spec(path)


def test_specs_of_this_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("salads50", "gtea", "sphere", "sbhar"):
        (tmp_path / name).mkdir()
    for variable in ("MMTAL_DATA", "GAIT"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(ROOT)  # configs of projects/ are named by path
    specs = {path.stem: read_spec(path) for path in ROOT.glob("benchmarks/leaderboard/*.yaml")}
    assert {"small", "sbhar_published"} <= set(specs)
    assert len(specs["sbhar_published"][0].runs()) == 30
