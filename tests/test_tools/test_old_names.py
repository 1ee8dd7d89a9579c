"""Scripts in tools/ take their old arguments and say the new name of the command."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import make_dataset

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(  # those that make data sets are no names of commands
    path.name for path in (ROOT / "tools").glob("*.py") if not path.stem.startswith("make_")
)
KEPT = {"train.py", "test.py", "print_config.py", "get_flops.py"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def call(script: str, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [f"tools/{script}", *map(str, arguments)])
        code = 0
        try:
            runpy.run_path(str(ROOT / "tools" / script), run_name="__main__")
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_and_the_new_name(run, script: str) -> None:
    code, text, note = run(script, "--help")
    assert code == 0 and "usage: mmtal " in text
    assert note == "" if script in KEPT else f"tools/{script} is now 'mmtal " in note


# script, old arguments, exit code, part of the output
OLD = [
    ("verify_dataset.py", "--ann {ann} --features {features} --feature-stride 1 --split training",
     0, "The data can be used."),
    ("verify_dataset.py", "--ann nowhere.json", 2, "'nowhere.json' does not exist"),
    ("import_annotations.py", "t.csv --out a.json --split training=0.5 test=0.5", 0, "training"),
    ("import_annotations.py", "t.csv --out a.json --split x", 1, "must be NAME=VALUE"),
    ("convert_results.py", "{results} out.txt --to thumos --mend reversed", 1, "label"),
    ("convert_results.py", "{results} out.json --mend reversed", 0, "written to out.json"),
    ("convert_results.py", "{results} --to results", 0, "fit to become results JSON"),
    ("fuse_results.py", "{results} {results} --method hard --tiou-thr 0.4 --out f.json", 0,
     "f.json: 1 detection"),
    ("convert_scores.py", "s.json --videos v.txt --out o.json", 1, "v.txt"),
    ("convert_checkpoint.py", "nowhere.pth --weights ema --out o.pth", 1, "nowhere.pth does not"),
    ("search.py", "demo --data_path nowhere --study mine", 1, "nowhere is not a folder"),
    ("new_project.py", "bold --kind head --dir nowhere", 1, "nowhere"),
    ("visualize.py", "page --ann {ann} --results {results} --out p.html", 0, "mmtal show page"),
    ("visualize.py", "features nowhere.py rec_0 --out o.png", 1, "config 'nowhere.py'"),
    ("visualize.py", "activity nowhere.py x.pth rec_0 --out o.png", 1, "config 'nowhere.py'"),
    ("visualize.py", "video v.mp4 --ann {ann} --results {results} --out o.mp4", 1, "v"),
    ("visualize.py", "subtitles --ann {ann} --out s", 0, "s"),
    ("leaderboard.py", "table nowhere", 1, "nowhere does not exist"),
    ("eval_results.py", "{results} --ann {ann} --subset validation", 0, "average"),
    ("suggest_config.py", "--ann {ann} --features {features} --train-subset validation "
     "--test-subset training", 0, "5 recordings alone"),
    ("suggest_config.py", "--ann {ann} --features {features} --test-subset validation", 0,
     "8 recordings alone"),
    ("suggest_config.py", "--ann {ann} --features {features} --train-subset no", 1,
     "('no' does not occur)"),
    ("get_flops.py", "nowhere", 1, "config 'nowhere'"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "line", "code", "part"), OLD)
def test_old_arguments(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, line: str, code: int,
    part: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    data = make_dataset(tmp_path / "data")
    detection = dict(label="wave", segment=[1, 2], score=0.9)
    database = json.loads((data / "annotations.json").read_text())["database"]
    results = {k: [] for k, v in database.items() if v["subset"] == "validation"}
    results[max(results)] = [detection]
    Path("r.json").write_text(json.dumps({"results": results}))
    Path("t.csv").write_text(
        "recording,start,end,label,recording_duration\n"
        + "".join(f"{name},1,2,run,9\n" for name in "abcd")
    )
    places = dict(ann=data / "annotations.json", features=data / "features", results="r.json")
    found, text, error = run(script, *line.format(**places).split())
    assert found == code, error
    assert part in text + error


def test_scripts_run_from_anywhere(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "print_config.py", "demo"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "TemporalLocalizer" in done.stdout and done.stderr == ""
