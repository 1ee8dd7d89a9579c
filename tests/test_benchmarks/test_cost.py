"""The parts of benchmarks/cost.py measure what they say."""

import importlib.util
import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "configs" / "actionformer" / "demo.py"


@pytest.fixture
def cost(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # the script leaves files in the current folder
    spec = importlib.util.spec_from_file_location("cost", ROOT / "benchmarks" / "cost.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    threads = torch.get_num_threads()
    yield module
    torch.set_num_threads(threads)
    torch.set_grad_enabled(True)


@pytest.mark.parametrize("training", [False, True])
def test_a_process_answers_with_seconds_and_bytes_until_it_is_told_to_stop(cost, training):
    ours, theirs = multiprocessing.Pipe()
    for call in (True, False):
        ours.send(call)
    cost.answer(theirs, DEMO, ROOT / "data" / "hapt", training)
    seconds, memory = ours.recv()
    assert 0 < seconds < 60
    assert 0 <= memory < 4e9
    assert not ours.poll()


@pytest.mark.parametrize(
    "recipe", ["salads50_cnn", "gtea_cnn", "sbhar_inertial_small", "thumos_i3d"]
)
def test_recipes_are_the_same_but_for_the_model(cost, recipe):
    assert recipe in cost.RECIPES
    configs = [Config.fromfile(path) for path in cost.recipes_named(recipe).values()]
    assert len({c.train_dataloader.batch_size for c in configs}) == 1
    assert len({json.dumps(c.test_dataloader.to_dict()) for c in configs}) == 1
    assert len({c.max_seq_len for c in configs}) == 1


def test_size_of_the_demo(cost):
    parameters, macs = cost.size(DEMO)
    assert 1e6 < parameters < 3e6
    assert 1e9 < macs < 1e10


def test_lengths_of_made_up_features_are_those_of_the_annotations(cost, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    database = {
        f"v{i}": dict(subset=subset, duration=10.0 + i, fps=30)
        for i, subset in enumerate(["Validation", "Test"] * 20)
    }
    (source / "thumos14.json").write_text(json.dumps(dict(database=database)))
    folder = cost.make_up_thumos(source)
    assert (folder / "annotations" / "thumos14.json").is_file()
    lengths = {p.stem: np.load(p).shape for p in (folder / "i3d_features").iterdir()}
    assert len(lengths) == 12 + 2  # every 17th of 20 test recordings
    assert all(
        shape == ((300 + 30 * int(v[1:]) - 16) // 4 + 1, 2048) for v, shape in lengths.items()
    )


def test_it_is_skipped_without_the_data(cost, monkeypatch, tmp_path):
    monkeypatch.setattr(cost, "DATA", tmp_path)
    monkeypatch.setattr("sys.argv", ["cost.py"])
    with pytest.raises(SystemExit, match=r"skipped: needs .*salads50"):
        cost.main()
