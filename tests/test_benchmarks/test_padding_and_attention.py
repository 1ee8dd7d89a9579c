"""The scripts in benchmarks/ run, and show what they are there to show."""

import importlib.util
import re
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent.parent


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_padding_costs_at_most_a_tenth_where_the_release_pays_seven(shared_data, capsys):
    shared_data("benchmarks/thumos14/thumos14.json")
    script("padding").main()
    test, _ = capsys.readouterr().out.splitlines()
    assert test.startswith("THUMOS14 test, 212 recordings, 335631 features: ours ")
    ours, release, ratio = map(float, re.findall(r"\d+\.\d+", test))
    assert ours <= 1.1
    assert release == pytest.approx(1.7, abs=0.01)
    assert ratio == pytest.approx(release / ours, abs=0.01)
    assert test.endswith(f"ratio {ratio:.2f}")


def test_padding_is_skipped_without_the_data(monkeypatch, tmp_path):
    monkeypatch.setenv("MMTAL_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match=r"skipped: needs .*thumos14\.json"):
        script("padding").main()


def test_attention_prints_time_and_memory_of_each_length(monkeypatch, capsys):
    attention = script("attention")
    monkeypatch.setattr(attention, "LENGTHS", (64, 192))
    monkeypatch.setattr(attention, "LARGEST", 4 * 192 * 100 * 4)  # all of 64, a half of 192
    threads = torch.get_num_threads()
    attention.main()  # also compares local with dense attention
    torch.set_num_threads(threads)
    lines = capsys.readouterr().out.splitlines()
    assert [re.match(r"(\w+) +T= *(\d+)", line).groups() for line in lines] == [
        ("time", "64"),
        ("memory", "64"),
        ("time", "192"),
        ("memory", "192"),
    ]
    assert "(from 1/2 of the queries)" in lines[2] and "(one matrix of weights)" in lines[3]
    assert all(re.search(r"ratio \S+$", line) for line in lines)
