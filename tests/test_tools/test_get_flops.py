"""Size and cost beside what was measured of the official code (spec/numbers.md of the task)."""

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from mmengine.config import Config

from mmtal.config_files import find_config

ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools" / "get_flops.py"


@cache
def get_flops():
    spec = importlib.util.spec_from_file_location("get_flops", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MEASURED = [
    # config, parameters (M), decimals given, GMACs
    ("thumos_i3d", 29.25, 2, 45.2),
    ("anet_tsp", 6.94, 2, 0.9),
    *(
        pytest.param(*row, marks=pytest.mark.slow)
        for row in [
            ("epic_slowfast_verb", 29.8, 1, 46.6),
            ("epic_slowfast_noun", 30.1, 1, 48.0),
            ("anet_i3d", 8.12, 2, 1.1),
            ("ego4d_slowfast", 32.95, 2, 20.8),
            ("ego4d_slowfast_omnivore_egovlp", 134, 0, 72.8),
        ]
    ),
]


@pytest.mark.parametrize(("name", "parameters", "decimals", "gmacs"), MEASURED)
def test_size_and_cost_are_those_of_the_official_code(name, parameters, decimals, gmacs):
    config = Config.fromfile(find_config(f"actionformer/{name}"))
    model = get_flops().build(config.model, "meta")
    # The release's normalizer is no parameter, nor is our buffer of it.
    assert round(get_flops().count_parameters(model) / 1e6, decimals) == parameters
    # Local attention is cut into other blocks here, and the figures have one decimal.
    actual = get_flops().count_macs(config.model, config.max_seq_len) / 1e9
    assert actual == pytest.approx(gmacs, rel=0.03, abs=0.05)


def tiny(**backbone):
    """A model small enough to be counted by hand."""
    backbone = dict(
        type="ConvTransformer",
        in_channels=6,
        embed_channels=8,
        depths=(1, 1, 1),
        num_heads=2,
        max_seq_len=64,
        **backbone,
    )
    head = dict(
        type="AnchorFreeHead",
        num_classes=3,
        num_convs=1,
        assigner=dict(type="CenterAssigner", regression_ranges=[(0, 4), (4, 10000)]),
        loss_cls=dict(type="FocalLoss"),
        loss_reg=dict(type="DIoULoss"),
        score_thr=0.1,
        pre_nms_topk=1,
        min_duration=0,
        nms=None,
        max_per_video=1,
    )
    return dict(
        type="TemporalLocalizer", backbone=backbone, neck=dict(type="IdentityNeck"), head=head
    )


def test_macs_counted_by_hand():
    T, C = 64, 8
    points = T + T // 2
    embedding = T * 3 * 6 * C
    depthwise = points * 3 * 3 * C  # query, key, value
    projections = points * 4 * C * C
    mlp = points * 2 * C * 4 * C
    attention = 2 * C * (T**2 + (T // 2) ** 2)  # global: logits and weighted values
    head = points * 3 * C * (3 + 2)
    expected = embedding + depthwise + projections + mlp + attention + head
    assert get_flops().count_macs(tiny(window=-1), T) == expected


@pytest.mark.parametrize("abs_pos", [False, True])
def test_cost_grows_with_the_length_beyond_that_of_training(abs_pos):
    """A stretched position table depends on values, which the meta device lacks."""
    model = tiny(window=5, abs_pos=abs_pos)
    short, long = (get_flops().count_macs(model, length) for length in (64, 256))
    assert long == 4 * short


def run(*arguments):
    command = [sys.executable, str(TOOL), *map(str, arguments)]
    env = dict(os.environ, PYTHONPATH=str(ROOT))
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_command_line():
    result = run(find_config("actionformer/thumos_i3d"), "--length", 700)
    assert result.returncode == 0, result.stderr
    assert "length      700 features, padded to 736" in result.stdout
    assert "parameters  29.25 M" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.py"], "config nothing.py does not exist"),
        ([find_config("actionformer/thumos_i3d"), "--length", 0], "--length must be >= 1"),
    ],
)
def test_bad_arguments_end_in_one_line(arguments, message):
    result = run(*arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ") and message in result.stderr
