"""HAPT's recordings as a logger would write them give what its arrays give."""

import csv
import datetime
import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.cli.main import main
from mmtal.datasets import open_features

DATA = Path(__file__).resolve().parents[2] / "data" / "hapt"
RATE = 50
BEGIN = datetime.datetime(2020, 9, 13, 12, 26, 40, tzinfo=datetime.timezone.utc)


def write_table(path: Path, signal: np.ndarray, random: np.random.Generator) -> None:
    """Times with a jitter of 8 ms, 2 % of the samples lost, gaps of 0.1 to 2 s."""
    regular = np.arange(len(signal)) / RATE
    times = np.sort(regular + random.uniform(-0.008, 0.008, len(signal)))
    values = np.stack([np.interp(times, regular, column) for column in signal.T], axis=1)
    kept = random.random(len(signal)) > 0.02
    for number, shortest, longest in ((10, 5, 20), (3, 50, 100)):
        for start in random.integers(100, len(signal) - 300, number):
            kept[start : start + random.integers(shortest, longest)] = False
    kept[[0, -1]] = True
    stamps = (1000 * (BEGIN.timestamp() + times)).round().astype(np.int64)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "acc_x [g]", "acc_y [g]", "acc_z [g]"])
        writer.writerows(
            [stamp, *map("{:.5f}".format, row)]
            for stamp, row in zip(stamps[kept], values[kept], strict=True)
        )


def write_labels(path: Path, database: dict) -> None:
    """A table of the actions in absolute times."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["recording", "subset", "start", "end", "label", "label_id"])
        for name, entry in database.items():
            for instance in entry["annotations"]:
                times = [
                    (BEGIN + datetime.timedelta(seconds=time)).isoformat()
                    for time in instance["segment"]
                ]
                writer.writerow(
                    [name, entry["subset"], *times, instance["label"], instance["label_id"]]
                )


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set again, of tables alone."""
    root = tmp_path_factory.mktemp("hapt")
    (root / "features").mkdir()
    database = json.loads((DATA / "annotations.json").read_text())["database"]
    for number, name in enumerate(database):
        with np.load(DATA / "features" / f"{name}.npz") as file:
            signal = file["feats"].astype(float)
        write_table(root / "features" / f"{name}.csv", signal, np.random.default_rng(number))
    write_labels(root / "labels.csv", database)
    features = str(root / "features")
    out = str(root / "annotations.json")
    main(["data", "import", str(root / "labels.csv"), "--features", features, "--out", out])
    return root


@pytest.mark.slow
def test_tables_are_what_was_written(tables: Path) -> None:
    """Labels to 20 ms, and signals but for what was lost in gaps."""
    written = json.loads((DATA / "annotations.json").read_text())["database"]
    read = json.loads((tables / "annotations.json").read_text())["database"]
    assert read.keys() == written.keys()
    for name, entry in written.items():
        pairs = zip(read[name]["annotations"], entry["annotations"], strict=True)
        for found, expected in pairs:
            assert found["label"] == expected["label"]
            assert found["segment"] == pytest.approx(expected["segment"], abs=0.02)
        with np.load(DATA / "features" / f"{name}.npz") as file:
            signal = file["feats"]
        values = open_features([tables / "features" / f"{name}.csv"]).read()
        length = min(len(values), len(signal))
        assert abs(len(values) - len(signal)) <= 1
        error = np.abs(values[:length] - signal[:length])
        assert np.median(error) < 0.01 and np.quantile(error, 0.9) < 0.15, name


@pytest.mark.slow
def test_the_model_of_the_demo_finds_the_same(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its mAP differs by less than from seed to seed (67.6 to 71.1; trained on tables, too)."""
    scores = []
    for root, ending in ((DATA, ".npz"), (tables, ".csv")):
        place = {"data_root": f"{root}/", "file_ext": ending}
        options = [f"test_dataloader.dataset.{key}={value}" for key, value in place.items()]
        checkpoint = DATA.parents[1] / "demo" / "checkpoint.pth"
        main(["test", "actionformer/demo", str(checkpoint), "--json", "--cfg-options", *options])
        scores.append(float(json.loads(capsys.readouterr().out)["tal/mAP"]))
    assert scores[0] == pytest.approx(scores[1], abs=0.025)
