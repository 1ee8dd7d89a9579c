"""mmtal show: pictures from files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import ROOT, make_dataset, write_config

from mmtal.registry import MODELS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A data set, results, a log, a config, a checkpoint that fits and one that does not."""
    folder = tmp_path_factory.mktemp("files")
    data = make_dataset(folder / "data", num_train=2, num_test=2)
    config = write_config(folder / "tiny.py", data)
    found = [dict(label="sit", segment=[3, 14], score=0.8), dict(label=0, segment=[9, 20], score=1)]
    (folder / "results.json").write_text(json.dumps(dict(results=dict(rec_2=found, rec_3=[]))))
    (folder / "other.json").write_text(json.dumps(dict(results=dict(video=[]))))
    log = folder / "work_dir" / "1" / "vis_data" / "scalars.json"
    log.parent.mkdir(parents=True)
    log.write_text('{"loss": 1.5, "lr": 0.1, "epoch": 1, "step": 4}\n{"tal/mAP": 0.5, "step": 1}\n')
    torch.manual_seed(0)
    weights = MODELS.build(Config.fromfile(config).model).state_dict()
    torch.save(dict(state_dict=weights), folder / "model.pth")
    weights.pop("head.cls_conv.conv.bias", None)
    torch.save(dict(state_dict={k: v for k, v in weights.items() if "head" not in k}),
               folder / "misfit.pth")  # fmt: skip
    return dict(ann=data / "annotations.json", results=folder / "results.json",
                other=folder / "other.json", config=config, model=folder / "model.pth",
                misfit=folder / "misfit.pth", work_dir=folder / "work_dir",
                empty=data / "features")  # fmt: skip


COMMANDS = [
    "overview --ann {ann}",
    "timeline --ann {ann} --recording rec_0",
    "predictions {results} --ann {ann} --recording rec_2 --score-thr 0.1 --tiou 0.3",
    "predictions {results} --ann {ann} --recording rec_3 --subset Validation",
    "predictions {results} --ann {ann} --recording rec_2 --frames",
    "features {config} --recording rec_0",
    "curves {work_dir} {work_dir}",
    "activity {config} {model} --recording rec_3 --at 5 10",
    "activity {config} {model} --recording rec_2 --score-thr 0",
]


@pytest.mark.parametrize(
    ("command", "ending"), [*((command, ".png") for command in COMMANDS), (COMMANDS[0], ".svg")]
)
def test_one_picture(run: Run, files, tmp_path: Path, command: str, ending: str) -> None:
    out = tmp_path / "new folder" / f"out{ending}"
    code, _, error = run(*command.format(**files).split(), "--out", out)
    assert code == 0, error
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    start = out.read_bytes()[:6]
    assert start == (b"\x89PNG\r\n" if ending == ".png" else b"<?xml ")


def test_a_picture_of_each_recording(run: Run, files, tmp_path: Path) -> None:
    for command, names in (
        ("timeline --ann {ann}", ["rec_0", "rec_1", "rec_2", "rec_3"]),
        ("timeline --ann {ann} --subset training", ["rec_0", "rec_1"]),
        ("predictions {results} --ann {ann}", ["rec_2", "rec_3"]),
    ):
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        code, _, error = run(*command.format(**files).split(), "--out", out)
        assert code == 0, error
        assert sorted(path.stem for path in out.iterdir()) == names


BAD = [
    ("overview --ann nowhere.json --out o.png", "'nowhere.json' does not exist"),
    ("overview --ann {results} --out o.png", "expected an object with an object 'database'"),
    ("overview --ann {ann} --out o.jpg", "must end in .png, .svg, .pdf, but got 'o.jpg'"),
    ("timeline --ann {ann} --recording rec_7 --out o.png", "'rec_7' is not among the 4 of"),
    ("timeline --ann {ann} --recording rec_7 --out o.png", "did you mean 'rec_"),
    ("timeline --ann {ann} --subset tset --out o", "subset 'tset' does not occur"),
    ("timeline --ann {ann} --out o.png", "all are written, so that --out must be a folder"),
    ("predictions nowhere.json --ann {ann} --out o", "nowhere.json does not exist"),
    ("predictions {ann} --ann {ann} --out o", "must hold an object 'results'"),
    ("predictions {results} --ann {ann} --recording rec_0 --out o.png", "among the 2 of"),
    ("predictions {other} --ann {ann} --out o", "is about other recordings than"),
    ("predictions {results} --ann {ann} --tiou 2 --out o", "must be in (0, 1], but got 2"),
    ("features {config} --recording rec_99 --out o.png", "'rec_99' is not among the 4 of"),
    (
        "features nowhere.py --recording rec_0 --out o.png",
        "config 'nowhere.py' is neither a file nor",
    ),
    ("curves {empty} --out o.png", "no log of a training in"),
    ("curves nowhere --out o.png", "nowhere does not exist: give the work dir"),
    (
        "activity {config} nowhere.pth --recording rec_2 --out o.png",
        "nowhere.pth does not exist",
    ),
    (
        "activity {config} {misfit} --recording rec_2 --out o.png",
        "not one of the config's model",
    ),
    ("activity {config} {model} --recording rec_x --out o.png", "'rec_x' is not among the 4 of"),
    (
        "activity {config} {model} --recording rec_2 --at 1e6 --out o.png",
        "recording's length, but got",
    ),
]


@pytest.mark.parametrize(("command", "message"), BAD, ids=[case[0] for case in BAD])
def test_bad_input_is_one_line(
    run: Run, files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, error = run(*command.format(**files).split())
    assert code == 2
    assert sum(line.startswith("error:") for line in error.splitlines()) == 1
    assert message in error and "Traceback" not in error
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", ["predictions", "page"])
def test_events_have_no_frames(run: Run, tmp_path: Path, command: str) -> None:
    """A picture of widened events as a segmentation left out those that lay near another."""
    events = [dict(label="pass", time=3.0), dict(label="pass", time=3.1)]
    entry = dict(subset="validation", duration=10.0, annotations=events)
    (tmp_path / "a.json").write_text(json.dumps(dict(database=dict(x=entry))))
    (tmp_path / "r.json").write_text(json.dumps(dict(results=dict(x=[{**events[0], "score": 1}]))))
    files = (tmp_path / "r.json", "--ann", tmp_path / "a.json")
    code, _, error = run(command, *files, "--frames", "--out", tmp_path / "o.html")
    assert code == 2 and "events without duration have no frames; leave out --frames" in error


@pytest.mark.parametrize("option", ["--score-thr", "--tiou"])
def test_nan_is_no_number(run: Run, files, option: str) -> None:
    command = "predictions {results} --ann {ann} --recording rec_2 --out o.png"
    code, _, error = run(*command.format(**files).split(), option, "nan")
    assert code == 2 and f"argument {option}: invalid number value: 'nan'" in error


@pytest.mark.slow
def test_pictures_while_training_and_testing(files, tmp_path: Path) -> None:
    def call(tool: str, *arguments: object) -> None:
        command = [sys.executable, "-m", "mmtal", tool, files["config"], *arguments]
        done = subprocess.run(
            [*map(str, command), "--work-dir", tmp_path / "run", "--cfg-options",
             "default_hooks.pictures.in_training=1", "train_cfg.max_epochs=4",
             "train_cfg.val_interval=2", "train_dataloader.num_workers=0",
             "train_dataloader.persistent_workers=False"],
            capture_output=True, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    call("train")
    images = sorted(path.name for path in tmp_path.glob("run/*/vis_data/vis_image/*"))
    assert images == ["predictions_rec_2_2.png", "predictions_rec_2_4.png"]
    call("test", files["model"], "--show-dir", tmp_path / "pictures")
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "rec_2.png", "rec_3.png"
    ]  # fmt: skip


@pytest.mark.slow
def test_real_data(run: Run, tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    annotations = shared_data("benchmarks/thumos14/thumos14.json")
    results = shared_data("detections/scnn_c3d_results.json")
    sphere = shared_data("sphere/annotator0_fold0.json").parent
    config = ROOT / "configs" / "actionformer" / "sphere.py"
    for command in (
        f"overview --ann {annotations}",
        f"predictions {results} --ann {annotations} --recording video_test_0000950",
        f"features {config} --recording 00001 --cfg-options "
        f"test_dataloader.dataset.data_root={sphere}",
    ):
        code, _, error = run(*command.split(), "--out", tmp_path / "out.png")
        assert code == 0, error
        assert (tmp_path / "out.png").stat().st_size > 50_000
