"""mmtal checkpoint inspect: what a file holds."""

import json
from collections.abc import Callable
from pathlib import Path

import torch

Run = Callable[..., tuple[int, str, str]]


def test_a_checkpoint_of_ours(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    meta = dict(epoch=3, iter=12, dataset_meta=dict(classes=("run", "jump")))
    weights = {"head.cls_conv.bias": torch.zeros(2), "head.cls_conv.weight": torch.zeros(2, 3)}
    torch.save(dict(state_dict=weights, meta=meta, optimizer={}), path)
    code, text, error = run(path, "--json")
    assert code == 0, error
    found = json.loads(text)
    assert (found["format"], found["epoch"], found["values"]) == ("mmtal", 3, 8)
    assert (found["classes"], found["optimizer"]) == (["run", "jump"], "yes")
    code, text, _ = run(path)
    assert "classes         2: run, jump\n" in text
    assert "metrics         not in the file\n" in text


def test_weights_alone_of_another_codebase(run: Run, tmp_path: Path) -> None:
    torch.save({"module.cls_head.a": torch.zeros(2), "x": torch.zeros(1).half()}, tmp_path / "x")
    code, text, _ = run(tmp_path / "x")
    assert code == 0
    assert "format          official" in text and "float16, float32" in text


def test_what_is_no_checkpoint(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    torch.save({"a": 1}, tmp_path / "nothing")
    for name, message in (
        ("no.pth", "does not exist"),
        ("text", "text"),
        ("nothing", "weights"),
    ):
        code, _, error = run(tmp_path / name)
        assert code == 2 and message in error and "Traceback" not in error
