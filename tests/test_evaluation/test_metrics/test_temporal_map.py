"""The metric as MMEngine runs it: samples in, numbers and a results file out."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MessageHub
from mmengine.structures import InstanceData

from mmtal.evaluation.average_precision import detection_scores
from mmtal.evaluation.metrics import TemporalMAP
from mmtal.registry import METRICS
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_results
from mmtal.structures import FeatureGrid, TemporalDataSample

META = dict(classes=("jump", "run"), dataset_name="toy", subset="test")


def sample(
    video_id: str, truth: list, found: list, dtype: torch.dtype = torch.float32
) -> TemporalDataSample:
    """Truth in rows (label, start, end), detections in rows (label, start, end, score)."""
    result = TemporalDataSample()
    result.set_metainfo(dict(video_id=video_id, duration=100.0))
    rows = torch.tensor(truth, dtype=torch.float64).reshape(-1, 3)
    result.gt_instances = InstanceData(segments=rows[:, 1:].float(), labels=rows[:, 0].long())
    rows = torch.tensor(found, dtype=torch.float64).reshape(-1, 4)
    result.pred_instances = InstanceData(
        segments=rows[:, 1:3].to(dtype), labels=rows[:, 0].long(), scores=rows[:, 3].to(dtype)
    )
    return result


def evaluate(samples: list, *, size: int | None = None, meta: Any = META, **metric: Any) -> dict:
    built = METRICS.build(dict(type="TemporalMAP", tiou_thresholds=[0.5, 0.75]) | metric)
    evaluator = Evaluator(built)
    evaluator.dataset_meta = meta
    for item in samples:
        evaluator.process([item], None)
    return evaluator.evaluate(len(samples) if size is None else size)


TWO = [
    sample("b", [(0, 0, 10)], [(0, 0, 10, 0.5), (1, 0, 10, 0.25)]),
    sample("a", [(1, 20, 30)], [(1, 20, 26, 0.75)]),
]


def test_numbers_and_results_file(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    numbers = evaluate(TWO, recall_at=[1], out_file=out)
    assert numbers == pytest.approx(
        {
            "tal/mAP": 0.75,
            "tal/mAP@0.50": 1.0,
            "tal/mAP@0.75": 0.5,
            "tal/recall@1x@0.50": 1.0,
            "tal/recall@1x@0.75": 0.5,
        }
    )
    stamp = json.loads(out.read_text())["mmtal"]
    assert (stamp["protocol"], stamp["num_videos"], stamp["num_instances"]) == ("custom", 2, 2)
    assert (stamp["dataset_name"], stamp["subset"]) == ("toy", "test")
    assert stamp["operating_point"] == dict(
        score_thr=0.5, f1=1.0, precision=1.0, recall=1.0, tiou=0.5, tolerance=None
    )
    # the file alone gives the same figures
    truth = InstanceTable.from_videos(
        {"a": dict(segments=[[20, 30]], labels=[1]), "b": dict(segments=[[0, 10]], labels=[0])}
    )
    again = detection_scores(truth, read_results(out, META["classes"]), [0.5, 0.75])
    assert again.average_map == numbers["tal/mAP"]


def test_what_a_sampler_repeats_is_dropped() -> None:
    assert evaluate([*TWO, TWO[0]], size=2) == evaluate(TWO)


def test_a_recording_tested_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="recording 'b' was tested twice"):
        evaluate([*TWO, TWO[0]])


def test_results_are_forgotten_after_each_evaluation() -> None:
    evaluator = Evaluator(TemporalMAP(tiou_thresholds=[0.5]))
    evaluator.dataset_meta = META
    for _ in range(2):  # two validations
        evaluator.process(TWO, None)
        assert evaluator.evaluate(2)["tal/mAP"] == 1.0


def test_recordings_without_anything() -> None:
    samples = [*TWO, sample("c", [], []), sample("d", [], [(0, 0, 10, 0.9)])]
    assert evaluate(samples)["tal/mAP@0.50"] == pytest.approx(0.75)  # d comes before b


def test_no_ground_truth_at_all_still_writes_results(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    numbers = evaluate([sample("a", [], [(0, 0, 10, 0.5)])], out_file=out)
    assert numbers == {}, "nothing that means nothing is logged"
    assert json.loads(out.read_text())["results"]["a"][0]["score"] == 0.5


def test_no_detections_at_all() -> None:
    assert evaluate([sample("a", [(0, 0, 10)], [])])["tal/mAP"] == 0


def test_bfloat16_predictions() -> None:
    rows = [(0, 0, 10, 0.5)]
    assert evaluate([sample("a", [(0, 0, 10)], rows, torch.bfloat16)])["tal/mAP"] == 1.0


@pytest.mark.parametrize(("label_handling", "expected"), [("corrected", 1.0), ("official", 0.5)])
def test_label_handling(label_handling: str, expected: float) -> None:
    # Only class 1 is present: it becomes 0, and detections of the absent 0 collide with it.
    rows = [(1, 0, 10, 0.5), (0, 50, 60, 0.9)]
    samples = [sample("a", [(1, 0, 10)], rows)]
    assert evaluate(samples, label_handling=label_handling)["tal/mAP"] == expected


@pytest.mark.parametrize(
    ("video_ids", "num_classes", "name"),
    [
        (["00009", "00010"], 20, "sphere/fold0"),
        (["00009"], 20, "sphere/fold0"),  # a part: the stamp counts what is missing
        (["00001", "00009"], 20, "custom"),  # not one of the protocol's
        (["00009", "00010"], 2, "custom"),
    ],
)
def test_named_protocol(tmp_path: Path, video_ids: list[str], num_classes: int, name: str) -> None:
    out = tmp_path / "results.json"
    built = METRICS.build(dict(type="TemporalMAP", protocol="sphere/fold0", out_file=out))
    evaluator = Evaluator(built)
    evaluator.dataset_meta = dict(classes=[f"c{i}" for i in range(num_classes)])
    for video in video_ids:
        evaluator.process([sample(video, [(0, 0, 10)], [(0, 0, 6, 0.5)])], None)
    numbers = evaluator.evaluate(len(video_ids))
    assert numbers["tal/mAP"] == pytest.approx(0.8)  # found at .3 to .6 of .3 to .7
    stamp = json.loads(out.read_text())["mmtal"]
    assert (stamp["protocol"], stamp["num_videos"]) == (name, len(video_ids))
    assert stamp["missing_videos"] == (2 - len(video_ids) if name != "custom" else 0)


def test_class_agnostic() -> None:
    found = [(0, 0, 10, 0.9), (0, 20, 30, 0.8)]  # a model of one class
    samples = [sample("a", [(0, 0, 10), (1, 20, 30)], found)]
    assert evaluate(samples)["tal/mAP"] == 0.5
    assert evaluate(samples, class_agnostic=True)["tal/mAP"] == 1.0


def test_external_scores_name_the_detections(tmp_path: Path) -> None:
    scores, out = tmp_path / "scores.json", tmp_path / "results.json"
    scores.write_text(json.dumps({"results": {"a": [0.04, 0.64]}}))
    samples = [sample("a", [(1, 0, 10)], [(0, 0, 10, 0.25)])]
    numbers = evaluate(samples, external_scores=str(scores), out_file=out)
    assert numbers["tal/mAP"] == 1.0
    rows = json.loads(out.read_text())["results"]["a"]
    assert [(row["label"], row["score"]) for row in rows] == [
        ("run", pytest.approx(0.4)),
        ("jump", pytest.approx(0.1)),
    ]


def test_the_threshold_of_a_model_is_one_for_its_own_scores(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text(json.dumps({"results": {"a": [0.04, 0.64]}}))
    for external, score_thr in ((None, None), (str(scores), 0.25)):
        metric = TemporalMAP(tiou_thresholds=[0.5], external_scores=external)
        metric.dataset_meta = META
        metric.process(None, [sample("a", [(1, 0, 10)], [(0, 0, 10, 0.25)]).to_dict()])
        metric.evaluate(1)
        point = metric.operating_point
        assert (point and point.score_thr) == score_thr


def test_external_scores_by_other_rules(tmp_path: Path) -> None:
    scores, out = tmp_path / "scores.json", tmp_path / "results.json"
    scores.write_text(json.dumps({"results": {"a": [0.5, 0.25]}, "class": ["run", "jump"]}))
    found = [(0, 0, 10, 0.5), (0, 20, 30, 0.25)]
    evaluate(
        [sample("a", [(1, 0, 10)], found)], external_scores=str(scores), external_rule="product",
        top_classes=1, top_segments=None, out_file=out,
    )  # fmt: skip
    rows = json.loads(out.read_text())["results"]["a"]
    assert [(row["label"], row["score"]) for row in rows] == [("run", 0.25), ("run", 0.125)]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"b": [0.5, 0.5]}, "lack recording 'a'"),
        (
            {"a": [0.5, 0.5, 0.5]},
            r"'a' must be one for each of the 2 classes, but got shape \(3,\)",
        ),
    ],
)
def test_external_scores_that_do_not_fit(tmp_path: Path, scores: dict, message: str) -> None:
    path = tmp_path / "scores.json"
    path.write_text(json.dumps(scores))
    with pytest.raises(ValueError, match=message):
        evaluate([sample("a", [(1, 0, 10)], [])], external_scores=str(path))


def test_external_scores_are_checked_before_all_is_predicted(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text(json.dumps({"a": [0.5, 0.5]}))
    metric = TemporalMAP(tiou_thresholds=[0.5], external_scores=str(path))
    metric.dataset_meta = {**META, "video_ids": ["a", "z"]}
    first = Evaluator(metric)
    with pytest.raises(ValueError, match="lack recording 'z'"):
        first.process([sample("a", [(1, 0, 10)], [])], None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(tiou_thresholds=[]), "tIoU thresholds must be"),
        (dict(tiou_thresholds=[0.5], label_handling="both"), "label_handling must be one of"),
        (dict(tiou_thresholds=[0.5], protocol="gtea/split1"), "says tiou_thresholds: leave"),
        (dict(protocol="thumos14/official"), "did you mean thumos14/official-212"),
        ({}, "give the name of a protocol, or tiou_thresholds"),
        (dict(tiou_thresholds=[0.5], external_rule="mean"), "rule must be one of"),
    ],
)
def test_bad_arguments(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TemporalMAP(**arguments)


def test_recordings_without_features_count_as_empty(tmp_path: Path) -> None:
    """One of 20 may be missing; where more are, it is an error before anything is computed."""
    samples = [sample(f"v{n:02d}", [(1, 0, 10)], [(1, 0, 10, 0.5)]) for n in range(19)]
    missing = {"w": dict(segments=[[0, 10]], labels=[1])}
    meta = dict(META, video_ids=[s.video_id for s in samples], missing=["w"], missing_truth=missing)
    out = tmp_path / "results.json"
    numbers = evaluate(samples, meta=meta, out_file=out)
    assert numbers["tal/mAP"] == pytest.approx(0.95)
    content = json.loads(out.read_text())
    assert content["mmtal"]["absent_videos"] == 1 and "w" not in content["results"]
    few = dict(meta, video_ids=meta["video_ids"][:18])
    with pytest.raises(ValueError, match=r"18 of 19 recordings have features.*--allow-partial"):
        evaluate(samples[:18], meta=few)
    assert evaluate(samples[:18], meta=few, allow_partial=True)["tal/mAP"] == pytest.approx(18 / 19)


def test_a_test_without_a_detection_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [sample("a", [(1, 0, 10)], [])]
    assert evaluate(samples)["tal/mAP"] == 0  # a validation in training
    monkeypatch.setattr(MessageHub, "get_info", lambda self, key, default=None: "test")
    with pytest.raises(ValueError, match="finds nothing in any of 1 recording"):
        evaluate(samples)


def test_points_at_tolerances() -> None:
    """Of data whose events were widened to segments, the middles count."""
    samples = [
        sample("a", [(0, 9, 11), (1, 19, 21)], [(0, 9.2, 11.6, 0.9), (1, 20, 20, 0.5)]),
        sample("b", [(0, 49, 51)], [(0, 52, 53, 0.8)]),
    ]
    numbers = evaluate(samples, tiou_thresholds=None, tolerances=[0.1, 1])
    assert numbers == pytest.approx(
        {"tal/mAP": (1 / 2 + 3 / 4) / 2, "tal/mAP@0.1 s": 1 / 2, "tal/mAP@1 s": 3 / 4}
    )
    with pytest.raises(ValueError, match="tolerances are for points, which have no recall_at"):
        evaluate(samples, tiou_thresholds=None, tolerances=[1], recall_at=[1])


POINTS = [
    ("the middle tolerance, inclusive", dict(tolerances=[0.1, 0.5, 9]), 0.7, "0.5 s"),
    ("of two the larger one", dict(tolerances=[0.1, 2.5]), 0.4, "2.5 s"),
    ("none, and nothing is as near", dict(tolerances=[0]), None, ""),
    ("frames of 2 a second", dict(protocol="tennis/e2e-spot"), 0.7, "2 frames"),
    ("SoccerNet's are of both sides", dict(protocol="soccernet-v2/tight"), 0.4, "1.5 s"),
]


@pytest.mark.parametrize(("why", "rule", "score", "text"), POINTS, ids=[c[0] for c in POINTS])
def test_the_threshold_of_best_f1_of_events(why: str, rule: dict, score: float, text: str) -> None:
    """Detections without duration overlap nothing: what is near is right."""
    found = [(0, 10.5, 10.5, 0.75), (1, 21.5, 21.5, 0.4), (0, 50, 50, 0.1)]
    one = sample("a", [(0, 9, 11), (1, 19, 21)], found)
    one.set_metainfo(dict(grid=FeatureGrid(1, 0, 2)))
    metric = METRICS.build(dict(type="TemporalMAP") | rule)
    evaluator = Evaluator(metric)
    evaluator.dataset_meta = META
    evaluator.process([one], None)
    evaluator.evaluate(1)
    point = metric.operating_point
    assert (point and (point.score_thr, point.tolerance)) == (score and (score, text))
    assert f"tolerance {text}" in metric.report or point is None
