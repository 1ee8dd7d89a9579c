"""The recipes run."""

import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from tiny import CHANNELS, ROOT, make_dataset

from mmtal.inference.windowing import reach_of
from mmtal.registry import DATASETS, MODELS

CONFIGS = sorted((ROOT / "projects" / "mstcn" / "configs").glob("*.py"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("mstcn") / "data", num_train=2, num_test=1)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_recipe_trains_and_predicts(path: Path, folder: Path) -> None:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    config = Config.fromfile(path)
    config.model.backbone.in_channels = CHANNELS
    config.model.head.num_classes = 3
    train, test = (
        DATASETS.build(
            dict(
                config[f"{phase}_dataloader"].dataset,
                data_root=str(folder),
                ann_file="annotations.json",
                features="features",
                feature_stride=1,
                snippet_frames=1,
                subset=subset,
            )
        )
        for phase, subset in (("train", "training"), ("test", "validation"))
    )
    model = MODELS.build(config.model)
    batch = {key: [train[i][key] for i in (0, 1)] for key in ("inputs", "data_samples")}
    losses = model(**model.data_preprocessor(batch, training=True), mode="loss")
    sum(losses.values()).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    [sample] = model.eval().test_step({key: [test[0][key]] for key in batch})
    found = sample.pred_instances
    order = found.segments[:, 0].argsort()
    start, end = found.segments[order].T
    assert (end > start).all() and (start[1:] >= end[:-1]).all() and start[0] >= 0
    assert end[-1] <= sample.duration and found.labels.max() < 3
    if not config.model.head.get("background", True):
        covered = (end - start).sum().item()
        assert covered == pytest.approx(sample.duration), "each moment has a class"


def test_windows_are_refused_without_probing() -> None:
    init_default_scope("mmtal")
    with pytest.raises(ValueError, match="in windows or in a stream: it makes runs of one class"):
        reach_of(Config.fromfile(CONFIGS[0]).model)
