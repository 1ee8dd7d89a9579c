"""mmtal.experiments.search.trial_table: the best trial as a file that the wrapper trains."""

from pathlib import Path

import pytest
from mmengine.config import Config
from tiny import make_dataset, write_config

from mmtal.experiments.search import SearchSettings
from mmtal.experiments.search.trial_table import TEMPLATE, write_best_config

CASES: list = [
    ("named", dict(learning_rate=0.02, epochs=7, batch_size=1, weight_decay=0.5), {}),
    ("dotted", {"model.backbone.dropout": 0.25, "model.head.nms.sigma": 0.6}, {}),
    ("in a list", {"train_dataloader.dataset.pipeline.2.crop_ratio": (0.5, 1.0)}, {}),
    ("a list", {"model.head.assigner.regression_ranges": [(0, 2), (2, 8), (8, 10000)]}, {}),
    ("fixed options too", dict(epochs=2), {"model.head.loss_normalizer": 33}),
    ("None", {"optim_wrapper.clip_grad": None}, {}),
    ("the template itself", {}, {}),
]


@pytest.mark.parametrize(("why", "values", "options"), CASES, ids=[case[0] for case in CASES])
def test_file_says_what_the_trial_trained(
    tmp_path: Path, why: str, values: dict, options: dict
) -> None:
    data = make_dataset(tmp_path / "my data")
    folder = tmp_path / "study"
    folder.mkdir()
    template = write_config(folder / TEMPLATE, data)
    settings = SearchSettings(str(template), str(data), folder, options=options)
    path = write_best_config(settings, values, origin="mine", number=3, value=0.5)
    moved = folder.rename(tmp_path / "elsewhere")
    text = (moved / path.name).read_text()
    assert "Trial 3 of study: mAP 50.00 %" in text and f"--data-path '{data}'" in text
    assert "# template.py: 'mine'" in text
    again = SearchSettings(str(moved / path.name), str(data), moved).config({}, moved)
    expected = SearchSettings(str(moved / TEMPLATE), str(data), moved, options=options)
    for name in ("model", "train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler"):
        assert again[name] == expected.config(values, moved)[name], name
    assert Config.fromfile(moved / path.name).get("warmup_epochs") == 3
