"""``mmtal export``: bad input is one line, before work."""

import json
import subprocess
import sys

import onnxruntime
import pytest

from mmtal.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["thumos_i3d", "--to", "onnx"], "checkpoint must be a file, but got None"),
        (["thumos_i3d", "none.pth", "--to", "onnx"], "none.pth does not exist"),
        (["nothing", "none.pth", "--to", "torch"], "nothing"),
        (["demo", "--to", "onnx", "--out", "."], "is a folder: give the name of a file"),
        (["demo", "--to", "tflite"], "invalid choice: 'tflite'"),
        (["demo"], "required: --to"),
    ],
)
def test_bad_input_is_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["export", *arguments])
    assert caught.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert message in last
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_demo_model_in_one_command(tmp_path):
    command = [sys.executable, "-m", "mmtal", "export", "demo", "--to", "onnx", "--json", "--out"]
    out = tmp_path / "demo.onnx"
    done = subprocess.run([*command, out], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["file"] == str(out)
    assert result["difference"] < 2e-5
    assert onnxruntime.InferenceSession(out).get_modelmeta().custom_metadata_map["mmtal"]
