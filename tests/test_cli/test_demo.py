"""The demo on its shipped model and recording."""

import json
from dataclasses import asdict

import pytest

from mmtal.checkpoints.loading import load_checkpoint_file
from mmtal.config_files import demo_checkpoint, demo_recording
from mmtal.engine.hooks.operating_point_hook import operating_point
from mmtal.evaluation.operating_point import best_f1
from mmtal.inference import TemporalActionInferencer
from mmtal.results.result_files import read_ground_truth, read_results


def test_the_demo_finds_what_is_there_and_says_where_it_is_written(run, tmp_path):
    code, text, error = run("--out", tmp_path, "--device", "cpu")
    assert code == 0, error
    name = demo_recording().stem
    [(video_id, found)] = json.loads((tmp_path / "detections.json").read_text())["results"].items()
    assert video_id == name
    point = operating_point(load_checkpoint_file(demo_checkpoint()))
    assert point is not None and point["f1"] > 0.7
    best = [d for d in found if d["score"] >= point["score_thr"]]
    assert f"score >= {point['score_thr']:g}, where F1 was best in validation" in text
    assert f": {len(best)} found" in text
    assert f"{len(found) - len(best)} of {len(found)} detections lie below" in text
    truth = json.loads((demo_recording().parents[1] / "annotations.json").read_text())["database"]
    assert truth[name]["subset"] == "Validation"  # it was not trained on
    hits = sum(
        any(
            d["label"] == instance["label"] and tiou(d["segment"], instance["segment"]) >= 0.5
            for d in best
        )
        for instance in truth[name]["annotations"]
    )
    assert hits >= 0.9 * len(truth[name]["annotations"])
    for file in ("detections.json", "timeline.png", "page.html"):
        assert (tmp_path / file).is_file()
        assert str(tmp_path / file) in text


def test_the_threshold_of_the_checkpoint_is_that_of_best_f1(tmp_path):
    """Of the weights as they are shipped, rounded: the page counts as the evaluation does."""
    data = demo_recording().parents[1]
    truth, classes = read_ground_truth(data / "annotations.json", "validation")
    results = tmp_path / "results.json"
    recordings = [data / "features" / f"{name}.npz" for name in truth.video_ids]
    TemporalActionInferencer("demo", device="cpu")(recordings, out_file=results)
    best = best_f1(truth, read_results(results, classes))
    found = {key: value for key, value in asdict(best).items() if value is not None}
    assert found == pytest.approx(operating_point(load_checkpoint_file(demo_checkpoint())))


def tiou(a: list[float], b: list[float]) -> float:
    overlap = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return overlap / (a[1] - a[0] + b[1] - b[0] - overlap)
