"""Committed records stay usable while the code changes: their configs build, under any old name."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.utils import import_modules_from_strings

from mmtal.experiments.leaderboard.measured import check_alike, read_runs
from mmtal.experiments.leaderboard.record import Record
from mmtal.registry import MODELS, TRANSFORMS
from tests.made_records import made_record

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("small", "sbhar_published", "segmentation", "gait")
FOLDERS = [ROOT / "benchmarks" / "leaderboard" / name for name in NAMES]


@pytest.fixture(scope="module")
def recipes() -> dict[str, Record]:
    """One record of each config."""
    return {record.config_sha256: record for _, record in read_runs(FOLDERS)}


def test_config_texts_are_as_they_were_written(recipes):
    assert len(recipes) >= 15
    for sha256, record in recipes.items():
        assert hashlib.sha256(record.config_text.encode()).hexdigest() == sha256, record.name


def test_the_model_and_transforms_of_every_record_build(recipes):
    for record in recipes.values():
        config = ConfigDict(record.config)
        if "custom_imports" in config:
            import_modules_from_strings(**config.custom_imports)
        with torch.device("meta"):
            model = MODELS.build(config.model)
        assert sum(p.numel() for p in model.parameters()) > 10_000, record.name
        for loader in (config.train_dataloader, config.test_dataloader):
            for transform in loader.dataset.pipeline:
                TRANSFORMS.build(transform)


OLD = {"centre_radius": 1.5, "default_hooks": {"logger": {"type": "LoggerHook"}}}
NEW = {"center_radius": 1.5, "default_hooks": {"logger": None, "added": {"type": "LaterHook"}}}


def test_old_names_and_hooks_that_watch_make_no_other_recipe():
    runs = [
        (Path("."), made_record("A", seed, map_=0.5, config_text=json.dumps(config)))
        for seed, config in enumerate((OLD, NEW))
    ]
    assert runs[0][1].config == {"center_radius": 1.5, "default_hooks": OLD["default_hooks"]}
    check_alike(("made", "made/up", "A"), runs)
    other = made_record("A", 2, map_=0.5, config_text=json.dumps({**NEW, "center_radius": 2.5}))
    with pytest.raises(ValueError, match="have different configs"):
        check_alike(("made", "made/up", "A"), [*runs, (Path("."), other)])
