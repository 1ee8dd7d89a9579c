import json
import pickle
from pathlib import Path

import pytest
import torch
from extra_golden import MODELS, extra_golden
from golden_models import ROOT, Golden
from mmengine.config import Config

from mmtal.checkpoints.weights import load_weights
from mmtal.registry import MODELS as REGISTRY

NAME = "extra_rel_pos"


def prefixed(weights: dict, factor: float = 1) -> dict:
    return {f"module.{name}": value * factor for name, value in weights.items()}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "small.py"
    Config(dict(default_scope="mmtal", model=MODELS[NAME])).dump(path)
    return path


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """As the release writes it; the averaged weights are twice the others."""
    weights = extra_golden(NAME).official_weights()
    path = tmp_path / "epoch_035.pth.tar"
    torch.save(
        dict(
            epoch=35,
            state_dict=prefixed(weights),
            state_dict_ema=prefixed(weights, 2),
            scheduler=dict(last_epoch=3),
            optimizer=dict(state={}, param_groups=[]),
        ),
        path,
    )
    return path


def read(path: Path) -> dict:
    return torch.load(path, weights_only=True)


def test_json_says_what_was_converted(run, tmp_path, config, official):
    out = tmp_path / "ours.pth"
    code, printed, _ = run(official, "--config", config, "--out", out, "--json", "--table")
    facts = json.loads(printed)
    assert code == 0 and "1 initial" in facts.pop("result")
    assert facts == dict(
        source="official", weights=["ema"], to="mmtal", out=str(out), config=str(config)
    )


@pytest.mark.parametrize(
    ("arguments", "factor", "said"),
    [([], 2, "ema"), (["--which", "plain"], 1, "plain"), (["--which", "ema"], 2, "ema")],
)
def test_the_user_chooses_the_weights(run, tmp_path, config, official, arguments, factor, said):
    out = tmp_path / "new" / "ours.pth"
    code, printed, _ = run(official, "--config", config, "--out", out, *arguments)
    assert code == 0 and f"official, {said} weights" in printed and "1 initial" in printed
    model = REGISTRY.build(MODELS[NAME])
    load_weights(model, out)
    bias = extra_golden(NAME).official_weights()["cls_head.cls_head.conv.bias"]
    assert torch.equal(model.head.cls_conv.bias.data, factor * bias)
    assert read(out)["meta"] == dict(epoch=35, converted_from="official", weights=said)


def test_there_and_back_again(run, tmp_path, config, official):
    ours, back = tmp_path / "ours.pth", tmp_path / "back.pth.tar"
    assert run(official, "--config", config, "--out", ours)[0] == 0
    code, printed, _ = run(ours, "--config", config, "--to", "official", "--out", back)
    assert code == 0 and "mmtal, ema weights" in printed
    first, second = read(official)["state_dict_ema"], read(back)
    assert second["epoch"] == 35 and second["state_dict_ema"].keys() == first.keys()
    for entry in ("state_dict", "state_dict_ema"):  # our file has the average alone
        assert all(torch.equal(second[entry][name], first[name]) for name in first)


def test_both_kinds_of_a_training_of_ours_are_exported(run, tmp_path, config):
    weights = REGISTRY.build(MODELS[NAME]).state_dict()
    ours, out = tmp_path / "epoch_2.pth", tmp_path / "out.pth.tar"
    raw = dict(prefixed(weights, 3), steps=torch.tensor(7))
    torch.save(dict(state_dict=weights, ema_state_dict=raw, meta=dict(epoch=2)), ours)
    code, printed, _ = run(ours, "--config", config, "--to", "official", "--out", out)
    assert code == 0 and "ema and plain weights" in printed
    written, name = read(out), "module.cls_head.cls_head.conv.bias"
    assert written["epoch"] == 2
    assert torch.equal(written["state_dict_ema"][name], weights["head.cls_conv.bias"])
    assert torch.equal(written["state_dict"][name], 3 * weights["head.cls_conv.bias"])


def test_notes_of_others_are_not_ours_to_judge(run, tmp_path, config):
    weights = extra_golden(NAME).official_weights()
    torch.save(dict(state_dict=weights, meta="mine", epoch="last"), tmp_path / "a.pth")
    code, _, errors = run(tmp_path / "a.pth", "--config", config, "--out", tmp_path / "b.pth")
    assert code == 0, errors
    assert read(tmp_path / "b.pth")["meta"]["epoch"] == 0


@pytest.mark.slow
def test_the_official_config_is_found_too(run, tmp_path):
    torch.save(Golden("anet_tsp").official_weights(), tmp_path / "a.pth.tar")
    code, printed, _ = run(tmp_path / "a.pth.tar", "--out", tmp_path / "b.pth")
    assert code == 0 and "configs/actionformer/anet_tsp.py" in printed


def test_the_whole_table_is_shown_or_written(run, tmp_path, config, official):
    report = tmp_path / "report.txt"
    arguments = ["--config", config, "--out", tmp_path / "o.pth", "--table", "--report", report]
    code, printed, _ = run(official, *arguments)
    lines = report.read_text().splitlines()
    params = extra_golden(NAME).meta["params"]
    assert code == 0 and len(lines) == 2 + len(params) + 1
    assert all(any(name in line for line in lines) for name in params)
    assert report.read_text().strip() in printed


def test_every_unmatched_parameter_is_named_and_nothing_is_written(run, tmp_path, config, official):
    content = read(official)
    renamed = content["state_dict_ema"].pop("module.backbone.branch.0.ln1.weight")
    content["state_dict_ema"].update({"module.what": renamed, "module.else": renamed})
    torch.save(content, official)
    report = tmp_path / "report.txt"
    code, _, errors = run(
        official, "--config", config, "--out", tmp_path / "o.pth", "--report", report
    )
    assert code == 2
    for line in ("unknown: what", "unknown: else", "missing: backbone.branch.0.attn_norm.weight"):
        assert line in errors
    assert not (tmp_path / "o.pth").exists() and "unknown" in report.read_text()


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_a_file_with_code_is_refused_and_not_run(run, tmp_path, monkeypatch, config):
    monkeypatch.chdir(tmp_path)
    torch.save(dict(state_dict=extra_golden(NAME).official_weights(), evil=Evil()), "a.pth")
    Path("b.pth").write_bytes(pickle.dumps(Evil()))
    for name in ("a.pth", "b.pth"):
        code, _, errors = run(name, "--config", config, "--out", "o.pth")
        assert code == 2 and errors.startswith("error: ")
    assert not Path("ran").exists() and not Path("o.pth").exists()


OURS, OPENTADS = ROOT / "configs" / "actionformer", ROOT / "projects/opentad_actionformer/configs"


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, [], "does not exist"),
        ({"epoch": 3, "model": {}}, [], "these entries are not: epoch, model"),
        ({"state_dict": {"fc.weight": torch.ones(2)}}, [], "is no checkpoint of a known method"),
        ({}, [], "holds no weights"),
        ([1, 2], [], "it holds a list"),
        ({7: torch.ones(2)}, [], "tensors by name alone, but these entries are not: 7"),
        ({"head.level_scales": torch.ones(3)}, [], "choose --to official or opentad"),
        ({"cls_head.x": torch.ones(1)}, ["--to", "official"], "already: choose --to mmtal"),
        ({"head.level_scales": torch.ones(3)}, ["--to", "official"], "no config fits"),
        ({"rpn_head.cls_head.bias": torch.ones(3)}, ["--which", "ema"], "has no ema weights"),
        (
            {"rpn_head.cls_head.bias": torch.ones(3)},
            ["--to", "official", "--config", OPENTADS / "anet_tsp.py"],
            "cannot be written as 'official': convert it to mmtal first",
        ),
        (
            {"rpn_head.cls_head.bias": torch.ones(1)},
            ["--config", OURS / "anet_tsp.py"],
            "would give other results: use a config of projects/opentad_actionformer/configs",
        ),
        (
            {"cls_head.x": torch.ones(1)},
            ["--config", "no.py"],
            "config 'no.py' is neither",
        ),
    ],
)
def test_bad_input_is_one_error(run, tmp_path, content, arguments, message):
    path = tmp_path / "in.pth"
    if content is not None:
        torch.save(content, path)
    code, _, errors = run(path, "--out", tmp_path / "o.pth", *arguments)
    assert code == 2 and message in errors and "Traceback" not in errors
    assert not (tmp_path / "o.pth").exists()
