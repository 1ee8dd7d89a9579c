"""mmtal.search.best_config: the best trial as a file that the wrapper trains."""

from pathlib import Path

import pytest
from mmengine.config import Config
from tiny import make_dataset, write_config

from mmtal.search import SearchSettings
from mmtal.search.best_config import write_best_config

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
@pytest.mark.parametrize("near", [True, False], ids=["template below", "template elsewhere"])
def test_file_says_what_the_trial_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, near: bool, why: str, values: dict,
    options: dict,
) -> None:  # fmt: skip
    data = make_dataset(tmp_path / "my data")
    template = write_config(tmp_path / "config.py", data)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path if near else tmp_path / "elsewhere")
    folder = (Path.cwd() / "work" / "study").resolve()
    settings = SearchSettings(str(template), str(data), folder, options=options)
    path = write_best_config(settings, values, number=3, value=0.5)
    text = path.read_text()
    assert "Trial 3 of study: mAP 50.00 %" in text and f"--data_path '{data}'" in text
    assert ("_base_ = '../../config.py'" in text) == near
    again = SearchSettings(str(path), str(data), folder).config({}, folder)
    expected = settings.config(values, folder)
    for name in ("model", "train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler"):
        assert again[name] == expected[name], name
    assert Config.fromfile(path).get("warmup_epochs") == 3
