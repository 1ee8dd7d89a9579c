"""Points under the protocols of SoccerNet, E2E-Spot and Kaggle: figures of the peers' own code.

The files of ``tests/data/points`` are made up; what is expected of them comes from the package
SoccerNet 0.2.0, from ``jhong93/spot`` @ edec420, and from
``tubo213/kaggle-child-mind-institute-detect-sleep-states`` @ 6ca8b0f.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmtal.evaluation.protocols import find_protocol, read_protocol_truth
from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.point_rules import PointRules
from mmtal.preparation.importers import ImportOptions, Source, import_annotations
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_facts, read_ground_truth, read_results

DATA = Path(__file__).resolve().parents[2] / "data" / "points"


def golden(name: str) -> dict[str, Any]:
    return json.loads((DATA / f"{name}.json").read_text())


def imported(folder: Path, name: str, **options: Any) -> Path:
    found = import_annotations([Source(folder / name, "test")], options=ImportOptions(**options))
    path = folder / "ann.json"
    path.write_text(json.dumps(dict(database=found.database)))
    return path


def table(rows: list[tuple[str, float, int, float]]) -> InstanceTable:
    videos: dict[str, dict[str, list]] = {}
    for video, time, label, score in rows:
        own = videos.setdefault(video, dict(segments=[], labels=[], scores=[]))
        own["segments"].append([time, time])
        own["labels"].append(label)
        own["scores"].append(score)
    return InstanceTable.from_videos(videos)


def test_soccernet_as_its_package(tmp_path: Path) -> None:
    data = golden("soccernet")
    for game in data["truth"]:
        for key, list_key, name in (
            ("truth", "annotations", "Labels-v2.json"),
            ("predictions", "predictions", "results_spotting.json"),
        ):
            file = tmp_path / key / game / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"UrlLocal": game, list_key: data[key][game]}))
    ann = imported(tmp_path, "truth")
    own, names = read_ground_truth(ann, "test", points=True)
    classes = data["classes"]  # the 17 of the package, of which some do not occur
    number = np.array([classes.index(name) for name in names])
    truth = InstanceTable(own.video_ids, own.video, own.segments, number[own.labels], own.scores)
    found = read_results(tmp_path / "predictions", classes)
    for kind, expected in data["expected"].items():
        stamp = find_protocol(f"soccernet-v2/{kind}").evaluate(truth, found, classes)
        for name, value in expected.items():
            assert stamp["metrics"][name.removeprefix("a_")] == pytest.approx(value, abs=1e-12)
        assert len(stamp["ap_per_class"]) == 17 and stamp["num_videos"] == 4


def test_e2e_spot_as_its_score(tmp_path: Path) -> None:
    data = golden("spot")
    for key in ("truth", "predictions"):
        (tmp_path / f"{key}.json").write_text(json.dumps(data[key]))
    ann = imported(tmp_path, "truth.json", fps=1)
    protocol = EvaluationProtocol(points=find_protocol("tennis/e2e-spot").points, subset="test")
    truth, classes = read_protocol_truth(protocol, ann)
    found = read_results(tmp_path / "predictions.json", classes)
    stamp = protocol.evaluate(truth, found, classes, rates=read_facts(ann, "test", "fps"))
    for tolerance, value in data["expected"].items():
        assert stamp["metrics"][f"mAP@{tolerance} frames"] == pytest.approx(value, abs=1e-12)


def test_kaggle_as_the_copy() -> None:
    data = golden("kaggle")
    label = {"onset": 0, "wakeup": 1}
    truth = table([(video, 5.0 * step, label[event], 1) for video, event, step in data["truth"]])
    rows = [(video, 5.0 * step, label[e], score) for video, e, step, score in data["predictions"]]
    stamp = find_protocol("sleep-states/kaggle").evaluate(truth, table(rows), list(label))
    assert stamp["metrics"]["mAP"] == pytest.approx(data["expected"], abs=1e-12)
    assert "s2" not in truth.video_ids  # no event, but detections: the copy leaves them out


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([(10.2, 0.9)], 1 / 2, id="one of two"),
        pytest.param([(10.2, 0.9), (9.9, 0.8)], 1 / 2, id="a point is found once"),
        pytest.param([(12.9, 0.9), (11.5, 0.8)], 0.0, id="too far away"),
        pytest.param([(11.0, 0.9)], 1 / 2, id="as far as the tolerance"),
        pytest.param([(0.0, 0.9), (10, 0.8), (20, 0.7)], 2 / 3, id="precision never rises"),
        pytest.param([], 0.0, id="nothing"),
    ],
)
def test_by_hand(found: list, expected: float) -> None:
    truth = table([("a", 10.0, 0, 1), ("a", 20.0, 0, 1)])
    rows = table([("a", time, 0, score) for time, score in found])
    metrics, per_class = PointRules(tolerances=(1,)).figures(truth, rows, ["step"], {})
    assert metrics == pytest.approx({"mAP": expected, "mAP@1 s": expected})
    assert per_class == {"step": [pytest.approx(expected)]}


def test_a_distance_below_the_tolerance() -> None:
    truth, found = table([("a", 10.0, 0, 1)]), table([("a", 11.0, 0, 1)])
    strict = PointRules(tolerances=(1, 2), inclusive=False, interpolated=False)
    metrics, _ = strict.figures(truth, found, ["step"], {})
    assert (metrics["mAP@1 s"], metrics["mAP@2 s"]) == (0, 1)


def test_segments_stand_for_their_middles() -> None:
    truth = table([("a", 10.0, 0, 1)])
    row = dict(segments=[[9.0, 11.0]], labels=[0], scores=[0.5])
    metrics, _ = PointRules(tolerances=(0.1,)).figures(
        truth, InstanceTable.from_videos({"a": row}), ["step"], {}
    )
    assert metrics["mAP"] == 1


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        (
            [dict(label="a", segment=[1, 2]), dict(label="a", time=3)],
            "either segments or times, but a has both",
        ),
        ([dict(label="a", segment=[1, 2])], "no instance has a 'time' in place of a segment"),
    ],
)
def test_files_that_are_not_about_points(tmp_path: Path, instances: list, message: str) -> None:
    entry = dict(subset="test", duration=9, annotations=instances)
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=dict(v=entry))))
    with pytest.raises(ValueError, match=message):
        read_ground_truth(tmp_path / "ann.json", "test", points=True)


def test_frames_need_a_rate() -> None:
    truth = table([("a", 10.0, 0, 1)])
    rules = PointRules(tolerances=(0,), unit="frames")
    with pytest.raises(ValueError, match="recording 'a' must have an fps"):
        rules.figures(truth, truth, ["step"], {})
    assert rules.figures(truth, truth, ["step"], {"a": 25.0})[0]["mAP"] == 1
    # not where only one side has points: they are missed, or wrong, anyway
    others = table([("a", 10.0, 0, 0.5), ("unlisted", 3.0, 0, 1)])
    assert rules.figures(truth, others, ["step"], {"a": 25.0})[0]["mAP"] == 0.5
    both = table([("a", 10.0, 0, 1), ("without features", 3.0, 0, 1)])
    assert rules.figures(both, truth, ["step"], {"a": 25.0})[0]["mAP"] == 0.5


@pytest.mark.parametrize("tolerances", [(), (-1,), (2, 1), (1, 1), (np.nan,), (1, np.inf)])
def test_bad_tolerances(tolerances: tuple) -> None:
    with pytest.raises(ValueError, match="tolerances must be rising numbers >= 0"):
        PointRules(tolerances=tolerances)
