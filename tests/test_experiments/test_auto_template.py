"""Own data without a config."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from tiny import make_dataset

from mmtal.datasets.feature_statistics import feature_statistics, give_statistics
from mmtal.engine.hooks.setup_check_hook import check_setup
from mmtal.experiments.auto_template import auto_template, find_own_data, suggest_config
from mmtal.experiments.experiment import build_dataset, prepare_config
from mmtal.models import SpottingHead
from mmtal.preparation.suggestion import Budget
from mmtal.preparation.verification import verify
from mmtal.registry import MODELS


def put(path: Path, content: object = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, np.zeros((4, 2), np.float32))
    else:
        path.write_text(json.dumps(dict(database={}) if content is None else content))
    return path


LAYOUTS = [
    ("the usual names", ["annotations.json", "features/a.npy"], ["features"]),
    ("others beside them", ["annotations.json", "old.json", "features/a.npy", "x/a.npy"], None),
    ("the only ones", ["annotations/split1.json", "i3d/a.npy"], ["i3d"]),
    ("sources", ["annotations.json", "features/rgb/a.npy", "features/flow/a.npy"],
     ["features/flow", "features/rgb"]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "files", "features"), LAYOUTS, ids=[case[0] for case in LAYOUTS])
def test_found(tmp_path: Path, why: str, files: list[str], features: list[str] | None) -> None:
    for name in files:
        put(tmp_path / name)
    put(tmp_path / "notes.json", ["not annotations"])
    ann_file, folders = find_own_data(tmp_path)
    assert ann_file == tmp_path / files[0]
    assert folders == [tmp_path / name for name in features or ["features"]]


def test_recordings_in_folders_are_no_sources(tmp_path: Path) -> None:
    names = ["P01/P01_01", "P02/P02_01"]
    put(tmp_path / "annotations.json", dict(database={name: {} for name in names}))
    for name in names:
        put(tmp_path / "features" / f"{name}.npy")
    assert find_own_data(tmp_path)[1] == [tmp_path / "features"]


MISSING = [
    ("annotations", ["features/a.npy"], FileNotFoundError, "no annotation file"),
    ("features", ["annotations.json"], FileNotFoundError, "no folder of feature files"),
    ("which split", ["annotations/a.json", "annotations/b.json", "features/a.npy"], ValueError,
     "more than one annotation file .*mmtal data suggest"),
    ("which features", ["annotations.json", "i3d/a.npy", "tsp/a.npy"], ValueError,
     "more than one folder of feature files .*i3d.*tsp"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "files", "error", "text"), MISSING, ids=[m[0] for m in MISSING])
def test_not_found(
    tmp_path: Path, why: str, files: list[str], error: type[Exception], text: str
) -> None:
    for name in files:
        put(tmp_path / name)
    with pytest.raises(error, match=text):
        find_own_data(tmp_path)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        find_own_data(tmp_path / "nowhere")


def test_auto_is_a_template(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    config = prepare_config("auto", data_path=data, work_dir=tmp_path / "w", epochs=2, seed=4)
    assert (config.train_cfg.max_epochs, config.randomness.seed) == (config.warmup_epochs + 2, 4)
    assert len(build_dataset(config, "train_dataloader").metainfo["video_ids"]) == 8
    assert (tmp_path / "w" / "suggested_config.py").is_file()


def make_events(folder: Path) -> Path:
    """The data set of :func:`tiny.make_dataset` with starts alone."""
    data = make_dataset(folder)
    file = data / "annotations.json"
    content = json.loads(file.read_text())
    for entry in content["database"].values():
        for instance in entry["annotations"]:
            instance["time"] = instance.pop("segment")[0]
    file.write_text(json.dumps(content))
    return data


def test_events_have_a_head_of_their_own(tmp_path: Path) -> None:
    """``--spotting``: the finest level alone, NMS by the width; the loss is that of its targets."""
    data = make_events(tmp_path / "data")
    config = prepare_config("auto", data_path=data, work_dir=tmp_path / "w", spotting=True)
    model, dataset = MODELS.build(config.model), build_dataset(config, "train_dataloader")
    check_setup(model, dataset)
    assert isinstance(model.head, SpottingHead) and list(model.backbone.level_strides) == [1]
    assert model.head.nms["distance"] == dataset.point_width, "one feature per second"
    transforms = dataset.pipeline.transforms
    give_statistics(transforms, feature_statistics(dataset, transforms), source="training")
    item = dataset[0]
    batch = dict(inputs=[item["inputs"]], data_samples=[item["data_samples"]])
    losses = model(**model.data_preprocessor(batch, True), mode="loss")
    assert losses["loss_reg"].isfinite() and losses["loss_reg"] > 0


def test_spotting_is_for_events_and_for_auto(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    with pytest.raises(ValueError, match="but these have a 'segment'; leave out --spotting"):
        prepare_config("auto", data_path=data, work_dir=tmp_path / "w", spotting=True)
    with pytest.raises(ValueError, match="--spotting is for 'auto', but got the config demo"):
        prepare_config("demo", data_path=data, work_dir=tmp_path / "w", spotting=True)


def test_events_alone_are_learned(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data = make_events(tmp_path / "data")
    config = prepare_config("auto", data_path=data, work_dir=tmp_path / "w", seed=4)
    dataset = build_dataset(config, "train_dataloader")
    segments = dataset.get_data_info(0)["segments"]
    assert len(segments) and (np.diff(segments) <= dataset.point_width + 1e-4).all()
    assert config.test_evaluator.tolerances[2] == dataset.point_width
    assert "left out" not in "".join(capsys.readouterr())


def test_data_with_errors_end_it_and_no_config_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data = make_dataset(tmp_path / "data")
    np.save(data / "features" / "rec_3.npy", np.full((50, 6), np.nan, np.float32))
    with pytest.raises(ValueError, match=r"cannot be used \(.*: recording 'rec_3': "):
        auto_template(data, tmp_path / "w")
    assert not (tmp_path / "w").exists()
    out = "".join(capsys.readouterr())
    assert "rec_3" in out and "NaN" in out


def change(data: Path, edit: Callable[[str, dict, np.ndarray], np.ndarray | None]) -> Path:
    """Edit name, entry and features of every recording of a made-up data set."""
    content = json.loads((data / "annotations.json").read_text())
    for name, entry in content["database"].items():
        file = data / "features" / f"{name}.npy"
        features = edit(name, entry, np.load(file))
        if features is not None:
            np.save(file, features)
    put(data / "annotations.json", content)
    return data


def resize(name: str, entry: dict, features: np.ndarray) -> np.ndarray:
    return features[np.linspace(0, len(features) - 1, 80).round().astype(int)]


def rename(name: str, entry: dict, features: np.ndarray) -> None:
    entry["subset"] = "split1_" + entry["subset"]


def forget(*keys: str) -> Callable:
    def edit(name: str, entry: dict, features: np.ndarray) -> None:
        for key in keys:
            del entry[key]

    return edit


def turn(name: str, entry: dict, features: np.ndarray) -> np.ndarray:
    return features.T


def turn_equal(name: str, entry: dict, features: np.ndarray) -> np.ndarray:
    entry["duration"], entry["fps"] = 50.25, 4  # 201 frames: 40 features every 5, or 6 every 33.5
    entry["annotations"] = entry["annotations"][:2]
    return features[:40].T


GRID = dict(feature_stride=1, snippet_frames=1)
JUDGED = {  # what is edited, the refusal, the options that it advises, what they make of the config
    "no durations": (forget("duration"), "--feature-stride, --snippet-frames", dict(data=GRID), {}),
    "neither durations nor fps": (
        forget("duration", "fps"), "--fps", dict(data=dict(GRID, fps=1)), dict(fps=1)),
    "subsets of other names": (
        rename, "--subset-names", dict(subsets=["split1_training", "split1_validation"]),
        dict(subset="split1_training")),
    "resized to one length": (resize, None, {}, dict(feature_stride=None, snippet_frames=None)),
    "(C, T)": (turn, "axes seem to be exchanged", None, {}),
    "(C, T) of one length": (turn_equal, r"Are they \(C, T\)", None, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", JUDGED)
def test_verify_suggest_and_run_judge_alike_and_the_advice_works(tmp_path: Path, case: str) -> None:
    edit, refusal, advice, expected = JUDGED[case]
    data = change(make_dataset(tmp_path / "data"), edit)
    files = (data / "annotations.json", [data / "features"])
    if refusal is not None:
        report = verify(files[0], features=files[1])
        assert not report.ok
        assert any(re.search(refusal, finding.value + finding.kind) for finding in report.findings)
        with pytest.raises(ValueError, match=refusal):
            prepare_config("auto", data_path=data, work_dir=tmp_path / "w")
    if advice is None:
        return
    out = tmp_path / "suggested.py"
    given = {**advice.get("data", {}), "subsets": advice.get("subsets")}
    suggest_config(*files, out, name="mine", budget=Budget(), **given)
    config = prepare_config("auto", data_path=data, work_dir=tmp_path / "w", **advice)
    for found in (config, Config.fromfile(out)):
        dataset = build_dataset(found, "train_dataloader")
        info = dataset.loaded(0)
        end = info["grid"].to_seconds(info["num_features"] - 0.5)
        assert end == pytest.approx(info["duration"], abs=1), "features cover the recording"
        dataset_config = found.train_dataloader.dataset
        assert {key: dataset_config[key] for key in expected} == expected


def test_prefixes_and_arrays_are_found(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    for file in list((data / "features").iterdir()):
        np.savez(file.with_name(f"v_{file.stem}.npz"), features=np.load(file)[None])
        file.unlink()
    for name in ("auto", "salads50_cnn"):
        config = prepare_config(name, data_path=data, work_dir=tmp_path / "w")
        assert config.train_dataloader.dataset.file_prefix == "v_"
        assert len(build_dataset(config, "test_dataloader")) == 5


def test_recordings_without_a_frame_rate(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The config that is written sets one."""
    data = make_dataset(tmp_path / "data")
    file = data / "annotations.json"
    content = json.loads(file.read_text())
    for entry in content["database"].values():
        del entry["fps"]
    put(file, content)
    config = prepare_config("auto", data_path=data, work_dir=tmp_path / "w")
    assert len(build_dataset(config, "train_dataloader").metainfo["video_ids"]) == 8
    out = capsys.readouterr().out
    assert "warning: missing fps" in out
    assert max(map(len, out[out.index("grid: ") :].split("the config: ")[0].splitlines())) <= 100


def test_labels_an_edit_apart_are_two_classes_where_all_are_named(tmp_path: Path) -> None:
    def misspell(name: str, entry: dict, features: np.ndarray) -> None:
        for instance in entry["annotations"]:
            del instance["label_id"]
            if entry["subset"] == "validation" and instance["label"] == "jump":
                instance["label"] = "jmup"

    data = change(make_dataset(tmp_path / "data"), misspell)
    with pytest.raises(ValueError, match=r"did you mean 'jump'.*--classes FILE with a name on eac"):
        auto_template(data, tmp_path / "w")
    names = ["wave", "jump", "jmup", "sit"]
    config = prepare_config(
        "auto", data_path=data, work_dir=tmp_path / "w", data=dict(classes=names)
    )
    assert build_dataset(config, "train_dataloader").metainfo["classes"] == tuple(names)
