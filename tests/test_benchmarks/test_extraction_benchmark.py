"""benchmarks/extraction.py sets each backbone beside decoding alone."""

import re
import runpy
import sys
from pathlib import Path

import pytest
import torch

pytest.importorskip("av", reason="needs PyAV: pip install av")
SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "extraction.py"


def test_it_compares_backbones_with_decoding(monkeypatch, capsys) -> None:
    words = ["--size", "64", "48", "--seconds", "2", "--backbones", "pixels"]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *words])
    threads = torch.get_num_threads()
    runpy.run_path(str(SCRIPT), run_name="__main__")
    torch.set_num_threads(threads)
    out = capsys.readouterr().out
    assert re.search(r"decoding alone: \d+ pictures/s of 50", out)
    assert re.search(r"pixels: \d+ pictures/s, \S+ times as fast as it plays", out)
