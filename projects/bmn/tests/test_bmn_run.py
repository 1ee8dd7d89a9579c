"""BMN on own data: training, evaluation, naming by a classifier, and what it refuses."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from tiny import CLASSES, ROOT, make_dataset

from mmtal.apis import TemporalActionInferencer
from mmtal.cli.main import main
from mmtal.experiments.experiment import prepare_config, run_experiment
from mmtal.inference.ensemble import EnsembleMember, evaluate_ensemble
from mmtal.inference.export import export

TEMPLATE = ROOT / "projects" / "bmn" / "configs" / "thumos_i3d.py"
OPTIONS = {
    "model.backbone.groups": 2,
    "model.backbone.embed_channels": 16,
    "model.backbone.max_seq_len": 32,
    "model.head.max_duration": 16,
    "model.head.channels": 16,
    "model.head.sample_channels": 16,
    "model.head.groups": 1,
    "model.test_window": (32, 16),
    "train_dataloader.dataset.pipeline.1.max_len": 32,
    "train_dataloader.dataset.pipeline.1.step": 16,
    "train_cfg.val_interval": 100,
    "param_scheduler.0.milestones": [9],
    **{
        f"{name}_dataloader.{key}": value
        for name in ("train", "val", "test")
        for key, value in dict(num_workers=0, persistent_workers=False).items()
    },
}


def prepared(data: Path, work_dir: Path, **given: object) -> Config:
    grid = dict(feature_stride=1, snippet_frames=1)
    return prepare_config(
        str(TEMPLATE), data_path=data, work_dir=work_dir, options=OPTIONS, data=grid, **given
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    """Data set, results and checkpoints of a training, and its figures."""
    folder = tmp_path_factory.mktemp("bmn")
    data = make_dataset(folder / "data", num_train=12)
    config = prepared(data, folder / "w", epochs=12, batch_size=4, learning_rate=1e-2)
    return folder, run_experiment(config)


@pytest.mark.slow
def test_own_data_are_evaluated_as_proposals(run: tuple[Path, dict[str, float]]) -> None:
    assert run[1]["tal/mAP"] > 0.4 and run[1]["tal/AR@100"] > 0.6, run[1]
    found = json.loads((run[0] / "w" / "results.json").read_text())["results"]
    assert {d["label"] for detections in found.values() for d in detections} == {"action"}


@pytest.mark.slow
def test_a_classifier_names_the_proposals(
    run: tuple[Path, dict[str, float]], capsys: pytest.CaptureFixture
) -> None:
    folder, ann = run[0], run[0] / "data" / "annotations.json"
    shares = {}
    for name, entry in json.loads(ann.read_text())["database"].items():
        counts = np.bincount([i["label_id"] for i in entry["annotations"]], minlength=3)
        shares[name] = (counts / counts.sum()).tolist()
    scores = folder / "scores.json"
    scores.write_text(json.dumps(dict(results=shares, classes=CLASSES)))
    named = folder / "named.json"
    rule = ["--rule", "product", "--top-segments", "0"]
    results = str(folder / "w" / "results.json")
    main(["results", "fuse", results, "--external", str(scores), *rule, "--out", str(named)])
    capsys.readouterr()
    main(["results", "eval", str(named), "--ann", str(ann), "--subset", "validation", "--json"])
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert 0.1 < metrics["mAP"] < 1
    both = json.loads(named.read_text())["results"]
    assert {d["label"] for found in both.values() for d in found} == set(CLASSES)


@pytest.mark.slow
def test_inference_and_what_it_refuses(run: tuple[Path, dict[str, float]]) -> None:
    model = [run[0] / "w" / name for name in ("config.py", "epoch_12.pth")]
    file = run[0] / "data" / "features" / "rec_14.npy"
    inferencer = TemporalActionInferencer(*model)
    [found] = inferencer([file])
    assert len(found.scores) > 5 and found.segments.max() > 32
    with pytest.raises(ValueError, match=r"windows of its own \(model.test_window"):
        TemporalActionInferencer(*model, window=20)([file])
    with pytest.raises(ValueError, match="works on 32 features at once"):
        inferencer.stream(fps=1)
    with pytest.raises(ValueError, match="cannot be exported, since it works on 32 features"):
        export(inferencer, run[0] / "m.onnx")
    with pytest.raises(ValueError, match="do not belong to points in time: join the"):
        evaluate_ensemble([EnsembleMember(*map(str, model))] * 2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("own") / "data", num_train=2, num_test=1)


def test_scores_beside_own_data_are_used(data: Path, tmp_path: Path) -> None:
    [metric, _] = prepared(data, tmp_path / "w").test_evaluator
    assert metric.external_scores is None and metric.class_agnostic
    (data / "annotations").mkdir()
    (data / "annotations" / "unet.json").touch()
    [metric, _] = prepared(data, tmp_path / "w").test_evaluator
    assert metric.external_scores == str(data / "annotations" / "unet.json")


REFUSED: list[tuple[str, Callable[[dict], object], str]] = [
    ("channels that do not divide", lambda m: m["backbone"].update(groups=4), "groups=1"),
    ("classes", lambda m: m["head"].update(num_classes=3), "num_classes must be 1"),
    ("no duration", lambda m: m["head"].update(max_duration=0), "max_duration must be >= 1"),
    ("a pyramid", lambda m: m["backbone"].update(PYRAMID), "must have a backbone of one level"),
]
PYRAMID = dict(
    type="ConvTransformer", depths=(1, 0, 2), num_heads=2, window=5, max_seq_len=32, groups=None
)


@pytest.mark.parametrize(("why", "change", "text"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refusals(
    data: Path, tmp_path: Path, why: str, change: Callable[[dict], object], text: str
) -> None:
    from mmtal.registry import MODELS

    model = prepared(data, tmp_path / "w").model.to_dict()
    change(model)
    model["backbone"] = {k: v for k, v in model["backbone"].items() if v is not None}
    with torch.device("meta"), pytest.raises(ValueError, match=text):
        MODELS.build(model)
