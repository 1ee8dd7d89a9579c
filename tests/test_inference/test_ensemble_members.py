"""Ensembles: models whose raw predictions are averaged before NMS."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).parent))
from inference_case import make_case
from tiny import make_dataset, write_config

from mmtal.checkpoints.loading import load_state_dict_file
from mmtal.checkpoints.weights import load_weights
from mmtal.inference.ensemble import (
    EnsembleMember,
    average,
    average_segmentations,
    check_members,
    evaluate_ensemble,
    mean_logits,
    mean_values,
    normalized_weights,
)
from mmtal.models import DetectionHead
from mmtal.registry import DATASETS, MODELS

SEGMENTS = """
model.update(neck=dict(type='FPN', out_channels=16))
model['head'] = dict(_delete_=True, type='SegmentationHead', num_classes=3)
"""
STAGES = """
custom_imports = dict(imports=['projects.mstcn.mstcn'])
model['backbone'] = dict(
    _delete_=True, type='DilatedNet', in_channels=6, max_seq_len=96, embed_channels=8, num_layers=2)
model['neck'] = dict(type='IdentityNeck', with_norm=False)
model['head'] = dict(
    _delete_=True, type='MultiStageHead', num_classes=3, channels=8, num_layers=2, num_stages=2)
"""
QUIET = {"test_evaluator": dict(type="TemporalMAP", tiou_thresholds=[0.5])}


def other_weights(checkpoint: Path, seed: int) -> Path:
    """The same model after a step in a random direction."""
    torch.manual_seed(seed)
    weights = load_state_dict_file(checkpoint)
    moved = {
        name: value + 0.3 * value.abs().mean() * torch.randn_like(value)
        if value.is_floating_point()
        else value
        for name, value in weights.items()
    }
    path = checkpoint.with_name(f"other_{seed}.pth")
    torch.save(dict(state_dict=moved), path)
    return path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_case(tmp_path_factory.mktemp("ensemble"))


@pytest.fixture(scope="module")
def member(case: tuple[Path, Path]) -> EnsembleMember:
    return EnsembleMember(str(case[0]), case[1])


def alone(config: Path, checkpoint: Path, **options: Any) -> dict[str, Any]:
    """What the model itself predicts of each test recording, one by one."""
    settings = Config.fromfile(config)
    settings.model.update(options)
    model, dataset = MODELS.build(settings.model), DATASETS.build(settings.test_dataloader.dataset)
    load_weights(model, checkpoint)
    model.eval()
    found = {}
    with torch.no_grad():
        for item in dataset:
            (sample,) = model.test_step({key: [value] for key, value in item.items()})
            found[sample.video_id] = sample.pred_instances
    return found


def results(path: Path) -> dict[str, list[dict]]:
    return json.loads(path.read_text())["results"]


@pytest.mark.parametrize(
    ("count", "weights"), [(1, None), (2, None), (2, [1, 3]), (3, [0.1, 0.2, 0.4])]
)
def test_a_model_with_itself_is_the_model_exactly(
    case: tuple[Path, Path],
    member: EnsembleMember,
    tmp_path: Path,
    count: int,
    weights: list[float] | None,
) -> None:
    out = tmp_path / "results.json"
    evaluate_ensemble([member] * count, weights=weights, out_file=out)
    expected, found = alone(*case), results(out)
    assert sorted(expected) == sorted(found) == sorted(member.video_ids)
    for video, instances in expected.items():
        assert len(instances) > 20
        assert [row["segment"] for row in found[video]] == instances.segments.tolist()
        assert [row["score"] for row in found[video]] == instances.scores.tolist()
        assert [row["label_id"] for row in found[video]] == instances.labels.tolist()


def test_models_with_windows_of_their_own_are_averaged_in_each_window(
    case: tuple[Path, Path], member: EnsembleMember, tmp_path: Path
) -> None:
    windowed = EnsembleMember(*map(str, case), options={"model.test_window": (32, 16)})
    out = tmp_path / "results.json"
    evaluate_ensemble([windowed, windowed], out_file=out)
    expected, found = alone(*case, test_window=(32, 16)), results(out)
    assert max(len(windowed.predict(video)) for video in windowed.video_ids) > 2
    for video, instances in expected.items():
        assert [row["segment"] for row in found[video]] == instances.segments.tolist()
        assert [row["score"] for row in found[video]] == instances.scores.tolist()
    with pytest.raises(ValueError, match=r"must have the same test_window, but .* has \(32, 16\)"):
        evaluate_ensemble([windowed, member])


def test_two_models_are_averaged_before_nms(
    case: tuple[Path, Path], member: EnsembleMember, tmp_path: Path
) -> None:
    config, checkpoint = case
    second = EnsembleMember(str(config), other_weights(checkpoint, 1))
    video = member.video_ids[0]
    raw = [member.predict(video)[0], second.predict(video)[0]]
    (logits, offsets), masks = average(raw, [0.25, 0.75])
    for level, mask in enumerate(masks):
        one, other = (r.outputs[0][level].sigmoid() for r in raw)
        assert (one - other).abs().max() > 0.01
        torch.testing.assert_close(logits[level].sigmoid(), 0.25 * one + 0.75 * other)
        one, other = (r.outputs[1][level] for r in raw)
        torch.testing.assert_close(offsets[level], 0.25 * one + 0.75 * other)
        assert mask.shape == one.shape[:1] + one.shape[2:]
    metrics = evaluate_ensemble([member, second], out_file=tmp_path / "both.json")
    assert 0 <= metrics["tal/mAP"] <= 1
    stamp = json.loads((tmp_path / "both.json").read_text())["mmtal"]
    assert [part["weight"] for part in stamp["ensemble"]] == [0.5, 0.5]
    assert stamp["ensemble"][1]["model"].endswith("tiny.py:" + str(second.name.rpartition(":")[2]))
    mirrored = evaluate_ensemble([second, member], out_file=tmp_path / "mirrored.json")
    assert mirrored["tal/mAP"] == pytest.approx(metrics["tal/mAP"], abs=1e-3)


@pytest.mark.parametrize("text", [SEGMENTS, STAGES], ids=["a pyramid", "stages"])
def test_segmentations_are_averaged_as_probabilities(text: str, tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    config = write_config(tmp_path / "c.py", data, text)
    models = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        torch.save(
            MODELS.build(Config.fromfile(config).model).state_dict(), tmp_path / f"{seed}.pth"
        )
        models.append(EnsembleMember(str(config), tmp_path / f"{seed}.pth", options=QUIET))
    name = models[0].video_ids[0]
    raw = [model.predict(name)[0] for model in models]
    chances = [r.outputs[-1][0].softmax(1) for r in raw]
    outputs, _ = average_segmentations(raw, [0.25, 0.75])
    expected = 0.25 * chances[0] + 0.75 * chances[1]
    torch.testing.assert_close(outputs[0][0].softmax(1), expected)
    evaluate_ensemble([models[0]] * 2, out_file=tmp_path / "twice.json")
    evaluate_ensemble(models[:1], out_file=tmp_path / "once.json")
    twice, once = (
        [(d["label"], *d["segment"]) for d in results(tmp_path / f"{file}.json")[name]]
        for file in ("twice", "once")
    )
    assert once and sorted(twice) == sorted(once)


def test_what_belongs_to_no_point_in_time_is_not_averaged(case: tuple[Path, Path]) -> None:
    head = DetectionHead(
        num_classes=3, score_thr=0, pre_nms_topk=9, min_duration=None, nms=None, max_per_video=9
    )
    member = SimpleNamespace(name="a", model=SimpleNamespace(head=head))
    with pytest.raises(
        ValueError, match=r"of a cannot be averaged with .* those of a DetectionHead"
    ):
        evaluate_ensemble([member, member])


def test_other_windows_pad_further_and_fit_all_the_same(
    case: tuple[Path, Path], member: EnsembleMember
) -> None:
    """An ensemble need not pad alike: what both have of a level is averaged."""
    config, checkpoint = case
    wide = EnsembleMember(
        str(config),
        checkpoint,
        options={"model.backbone.window": 9, "model.backbone.max_seq_len": 48},
    )
    check_members([member, wide])
    lengths = []
    for video in member.video_ids:
        raw = [member.predict(video)[0], wide.predict(video)[0]]
        lengths.append([[m.shape[1] for m in r.masks] for r in raw])
        (logits, _), masks = average(raw, [0.5, 0.5])
        assert [int(m.sum()) for m in masks] == [int(m.sum()) for m in raw[0].masks]
        assert [x.shape[-1] for x in logits] == [m.shape[1] for m in masks]
    assert any(one != other for one, other in lengths)


def test_members_may_read_other_features(
    case: tuple[Path, Path], member: EnsembleMember, tmp_path: Path
) -> None:
    """Two channels in place of six, as of another extractor."""
    settings = Config.fromfile(case[0])
    folder = Path(settings.test_dataloader.dataset.data_root) / "features"
    for path in folder.iterdir():
        np.save(tmp_path / path.name, np.load(path)[:, :2])
    settings.model.backbone.in_channels = 2
    torch.save(dict(state_dict=MODELS.build(settings.model).state_dict()), tmp_path / "two.pth")
    options = {"model.backbone.in_channels": 2, "test_dataloader.dataset.features": str(tmp_path)}
    other = EnsembleMember(str(case[0]), tmp_path / "two.pth", options=options)
    assert member.load("rec_8")["inputs"].shape[1] == 6
    assert other.load("rec_8")["inputs"].shape[1] == 2
    evaluate_ensemble([other, member], out_file=tmp_path / "results.json")
    assert len(results(tmp_path / "results.json")["rec_8"]) > 20


def shorten(config: Path, folder: Path) -> dict[str, Any]:
    """Features of one recording, one row short."""
    data = Config.fromfile(config).test_dataloader.dataset.data_root
    features = folder / "features"
    features.mkdir()
    for path in (Path(data) / "features").iterdir():
        rows = np.load(path)
        np.save(features / path.name, rows[:-1] if path.stem == "rec_9" else rows)
    return {"test_dataloader.dataset.features": str(features)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"test_dataloader.dataset.snippet_frames": 2},
            r"recording 'rec_8': .* at the same times, but .*snippet_frames=1.*snippet_frames=2",
        ),
        ("shorten", r"recording 'rec_9': .*has (\d+) on .*mmtal results fuse"),
        (
            {"test_dataloader.dataset.subset": "training"},
            "same recordings, but 13 are only in one of .*'rec_0'",
        ),
    ],
)
def test_members_that_do_not_fit(
    case: tuple[Path, Path],
    member: EnsembleMember,
    tmp_path: Path,
    options: dict | str,
    message: str,
) -> None:
    if options == "shorten":
        options = shorten(case[0], tmp_path)
    other = EnsembleMember(str(case[0]), case[1], options=options)
    with pytest.raises(ValueError, match=message):
        evaluate_ensemble([member, other], out_file=tmp_path / "results.json")
    assert not (tmp_path / "results.json").exists()


def test_a_member_knows_the_classes_that_it_was_trained_for(case: tuple[Path, Path]) -> None:
    options = {"test_dataloader.dataset.classes": ["jump", "wave", "sit"]}
    with pytest.raises(ValueError, match="class 0 was 'wave', but is 'jump'"):
        EnsembleMember(str(case[0]), case[1], options=options)


def test_other_levels_do_not_fit(tmp_path: Path, member: EnsembleMember) -> None:
    text = (
        "model['backbone']['depths'] = (1, 1, 1)\n"
        "model['head']['assigner']['regression_ranges'] = [(0, 8), (8, 10000)]"
    )
    config, checkpoint = make_case(tmp_path, text)
    with pytest.raises(ValueError, match=r"same level strides, but .*\[1, 2, 4\].*has \[1, 2\]"):
        check_members([member, EnsembleMember(str(config), checkpoint)])


@pytest.mark.parametrize(
    ("weights", "number", "message"),
    [
        ([1.0], 2, r"weights must be 2 numbers > 0, one for each, but got \[1.0\]"),
        ([1.0, 0.0], 2, "weights must be 2 numbers > 0"),
        ([1.0, float("nan")], 2, "weights must be 2 numbers > 0"),
        (None, 0, "needs at least one model"),
    ],
)
def test_bad_weights(weights: list[float] | None, number: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        normalized_weights(weights, number)


def test_weights_have_the_sum_1() -> None:
    assert normalized_weights([1, 3], 2) == [0.25, 0.75]


@pytest.mark.parametrize(
    "pair",
    [
        (-40.0, 30.0),  # the second is all of the mean
        (30.0, -40.0),
        (-0.5, 0.25),
        (200.0, -200.0),
        (-800.0, 0.0),  # the first probability is 0 in double precision
    ],
)
def test_means_of_probabilities(pair: tuple[float, float]) -> None:
    logits = [torch.tensor([x], dtype=torch.float64) for x in pair]
    mean = mean_logits(logits, [0.25, 0.75]).sigmoid()
    expected = 0.25 * logits[0].sigmoid() + 0.75 * logits[1].sigmoid()
    torch.testing.assert_close(mean, expected, rtol=1e-12, atol=0)


def test_means_of_equal_values_are_the_values() -> None:
    torch.manual_seed(0)
    values = 20 * torch.randn(1000)
    shares = normalized_weights([0.3, 0.1, 0.7], 3)
    assert torch.equal(mean_logits([values] * 3, shares), values)
    assert torch.equal(mean_values([values] * 3, shares), values)
