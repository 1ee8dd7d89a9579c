"""ActivityNet without external scores: the recipe with 200 classes trains and is tested."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.engine.runner import main_metric
from mmtal.experiments.experiment import prepare_config, run_experiment


def make_activitynet(folder: Path) -> Path:
    """Four recordings of each subset in the official layout; 200 classes, features of noise."""
    random = np.random.default_rng(0)
    (folder / "tsp_features").mkdir(parents=True)
    (folder / "annotations").mkdir()
    database = {}
    for index in range(8):
        annotations = [
            dict(segment=[2.0 * k, 2.0 * k + 1.5], label=f"class {label:03d}", label_id=label)
            for k, label in enumerate(range(50 * (index % 4), 50 * (index % 4 + 1)))
        ]
        subset = "training" if index < 4 else "validation"
        database[f"r{index}"] = dict(subset=subset, duration=110.0, annotations=annotations)
        features = random.normal(size=(100, 512)).astype(np.float32)
        np.save(folder / "tsp_features" / f"v_r{index}.npy", features)
    path = folder / "annotations" / "anet1.3_tsp_filtered.json"
    path.write_text(json.dumps(dict(database=database)))
    return folder


@pytest.mark.slow
def test_trains_and_is_tested_without_external_scores(tmp_path: Path) -> None:
    data = make_activitynet(tmp_path / "anet_1.3")
    workers = {
        f"{name}_dataloader.{key}": value
        for name in ("train", "val", "test")
        for key, value in dict(num_workers=0, persistent_workers=False).items()
    }
    config = prepare_config(
        "anet_tsp_200", data_path=data, work_dir=tmp_path / "run", epochs=1, batch_size=4,
        options={"train_cfg.val_interval": 100, **workers},
    )  # fmt: skip
    assert main_metric(config.test_evaluator)["external_scores"] is None
    metrics = run_experiment(config)
    assert 0 <= metrics["tal/mAP"] <= 1
    results = json.loads((tmp_path / "run" / "results.json").read_text())["results"]
    labels = {row["label_id"] for rows in results.values() for row in rows}
    assert len(labels) > 20, "the model names the segments itself"
