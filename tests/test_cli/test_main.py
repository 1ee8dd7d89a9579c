"""The mmtal command: its tree, its vocabulary, what it imports, its exit codes."""

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from mmtal.cli import results_convert, results_join
from mmtal.cli.main import build_parser, main
from mmtal.cli.options import SHARED
from mmtal.cli.parser import commands
from mmtal.evaluation.protocols import protocol_names
from mmtal.new_project import KINDS
from mmtal.results.fusion.join_actions import JoinSettings
from mmtal.results.submissions.formats import FORMATS as RESULT_FORMATS
from mmtal.results.submissions.formats import TARGETS
from mmtal.results.submissions.raw_detections import FIXES, LARGE

HEAVY = ("torch", "mmengine", "numpy", "matplotlib")
ROOT = Path(__file__).resolve().parents[2]
PARSERS = dict(commands(build_parser()))
OTHER_WORDS = {
    "--split": "--subset", "--ann-file": "--ann", "--annotations": "--ann", "--mend": "--fix",
    "--data-root": "--data-path", "--tiou-thr": "--tiou", "--score": "--score-thr",
    "--output": "--out", "--out-dir": "--out", "--outfile": "--out", "--dir": "--out",
    "--video-name": "--recording", "--num-workers": "--workers", "--gpu": "--device",
    "--cfg": "--cfg-options", "--options": "--cfg-options", "--overrides": "--cfg-options",
    "--stride": "--feature-stride", "--class-names": "--classes", "--random-seed": "--seed",
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {(a.option_strings or [a.dest])[-1]: a for a in parser._actions if a.dest != "help"}


def choices(command: str, name: str) -> set[str]:
    return set(arguments(PARSERS[command])[name].choices or ())


# ---------------------------------------------------------------- vocabulary


def test_the_same_thing_has_the_same_flag_everywhere() -> None:
    used = defaultdict(list)
    for command, parser in PARSERS.items():
        for name, action in arguments(parser).items():
            used[name].append(command)
            assert "_" not in name or not name.startswith("-"), f"{command} {name}"
            assert name not in OTHER_WORDS, f"{command} {name}: it is {OTHER_WORDS.get(name)}"
            shared = SHARED.get(name)
            if shared:
                assert (action.help or "").startswith(shared["help"]), f"{command} {name}"
                assert (
                    "metavar" not in shared
                    or name in ("--fix",)
                    or (action.metavar == shared["metavar"])
                ), f"{command} {name}"
    alone = {name for name, where in used.items() if len(where) > 1 and name not in SHARED}
    assert not alone, "arguments of several commands belong into mmtal/cli/options.py"
    assert SHARED.keys() <= used.keys()


@pytest.mark.parametrize("command", PARSERS)
def test_every_command_says_what_it_does(command: str) -> None:
    parser = PARSERS[command]
    assert parser.description and parser.format_help()
    assert [name for name, action in arguments(parser).items() if not action.help] == []
    assert "SUPPRESS" not in parser.format_help()


def test_choices_are_those_of_the_library() -> None:
    assert set(results_convert.FORMATS) == set(RESULT_FORMATS)
    assert set(results_convert.TARGETS) == set(TARGETS)
    assert set(results_convert.FIXABLE) == {*FIXES, LARGE}
    assert vars(JoinSettings()) == results_join.JOINING
    assert choices("new", "--kind") == set(KINDS)
    variants = {name.removeprefix("epic100/action-") for name in protocol_names()}
    assert choices("results join", "--variant") - {"none"} <= variants


def test_the_table_in_the_docs_is_that_of_the_parsers() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    rows = [
        f"| `{name}{' ' + entry['metavar'] if 'metavar' in entry else ''}` | {entry['help']} |"
        for name, entry in SHARED.items()
        if entry["help"] != argparse.SUPPRESS
    ]
    found = re.search(r"\| flag \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", text)
    assert found and found[1].splitlines() == rows, "expected:\n" + "\n".join(rows)
    named = re.findall(r"^\| `mmtal ([\w ]+)` \|", text, re.MULTILINE)
    assert named == list(PARSERS)


@pytest.mark.parametrize(
    "words",
    [
        ["--feature_stride", "4"],
        ["--feature-stride=4"],
        ["--feature_stride=4"],
        ["--feature_s", "4"],
    ],
)
def test_hyphens_and_underscores(words: list[str]) -> None:
    args = build_parser().parse_args(["data", "verify", "--ann", "a_b", *words])
    assert (args.feature_stride, args.ann) == (4, ["a_b"])


# ---------------------------------------------------------------- imports


def heavy_modules(*words: str) -> list[str]:
    code = (
        "import sys\nfrom mmtal.cli.main import main\n"
        f"try: main({list(words)!r})\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return eval(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["config", "list"]])
def test_help_is_light(words: list[str]) -> None:
    assert heavy_modules(*words) == []


def test_no_parser_is_heavy() -> None:
    code = (
        "import sys\nfrom mmtal.cli.main import build_parser\n"
        "from mmtal.cli.parser import commands\n"
        f"print(len(list(commands(build_parser()))), [m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(PARSERS)} []\n"


# ---------------------------------------------------------------- running


@pytest.mark.parametrize(
    ("words", "code", "output"),
    [
        (["--version"], 0, "mmtal 0"),
        (["config", "list"], 0, "tridet/thumos_i3d"),
        (["config", "show", "thumos_i3"], 2, "did you mean thumos_i3d or"),
        (["config", "show", "tridet/thumos_i3d"], 0, "projects.tridet"),
        (["data"], 2, "required: COMMAND"),
        (["trian", "x"], 2, "invalid choice: 'trian'"),
        (["data", "extract", "a.mp4", "--out", ""], 2, "argument --out: is empty: give a path"),
        (["results", "convert", "a.json", "--out", ""], 2, "argument --out: is empty: give a path"),
        (["data", "import", "", "--out", "a.json"], 2, "is empty: give a path (is a variable of"),
        (["train", "demo", "--cfg-options", "a"], 2, "must be KEY=VALUE, but got 'a'"),
        (["train", "demo", "--cfg-options", "modle.x=1"], 2, "did you mean 'model'"),
    ],
)
def test_exit_codes(
    capfd: pytest.CaptureFixture[str], words: list[str], code: int, output: str
) -> None:
    try:
        main(words)
        found = 0
    except SystemExit as stop:
        found = int(stop.code or 0)
    assert found == code and output in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "words", [["data", "export", "--ann"], ["data", "verify", "--ann"], ["results", "eval"]]
)
def test_inputs_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    with pytest.raises(SystemExit) as stop:
        main([*words, str(path), "--out", f"{tmp_path}/../{tmp_path.name}/a.json"])
    assert stop.value.code == 2
    assert f"--out: would overwrite the source {path}" in capsys.readouterr().err
    assert path.read_text() == "{}"


def test_json_is_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    main(["config", "list", "--json"])
    assert "tridet/thumos_i3d" in json.loads(capsys.readouterr().out)
    main(["config", "show", "demo", "--json"])
    assert json.loads(capsys.readouterr().out)["model"]["type"] == "TemporalLocalizer"
    main(["results", "eval", "--list", "--json"])
    assert json.loads(capsys.readouterr().out) == protocol_names()


def test_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found.keys() >= {"mmtal", "python", "torch", "mmengine", "mmcv", "numpy", "NMS"}
    assert found["problems"] == []
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SystemExit) as stop:
        main(["doctor"])
    assert stop.value.code == 1
    assert "PyTorch cannot be imported" in capsys.readouterr().out
