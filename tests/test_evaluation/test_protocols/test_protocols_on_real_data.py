"""The lists and counts of the real annotation files; skipped where they are missing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mmtal.evaluation.protocols import find_protocol, read_protocol_truth
from mmtal.preparation.importers import ImportOptions, Source, import_annotations
from mmtal.results.result_files import read_ground_truth, read_results

SharedData = Callable[[str], Path]


@pytest.mark.parametrize(
    ("name", "file", "classes", "instances", "dropped"),
    [
        ("thumos14/official-212", "benchmarks/thumos14/thumos14.json", 20, 3358, 0),
        ("thumos14/opentad-211", "benchmarks/thumos14/thumos14.json", 20, 3358 - 29, 0),
        ("multithumos/corrected-212", "benchmarks/multithumos/multithumos.json", 65, 20186, None),
        ("activitynet13/challenge", "benchmarks/activitynet13/activitynet13.json", 200, 7654, 0),
        ("activitynet13/full", "benchmarks/activitynet13/activitynet13.json", 200, 7654, None),
        ("salads50/split1", "salads50/annotations/split1.json", 17, None, 0),
        ("gtea/split1", "gtea/annotations/split1.json", 10, None, 0),
        ("sphere/fold0", "sphere/annotator0_fold0.json", 20, None, None),
    ],
)
def test_files_in_our_format(
    shared_data: SharedData,
    name: str,
    file: str,
    classes: int,
    instances: int | None,
    dropped: int | None,
) -> None:
    protocol = find_protocol(name)
    truth, names = read_protocol_truth(protocol, shared_data(file))
    stamp = protocol.evaluate(truth, truth, names)  # the list fits, else it would raise
    assert len(names) == classes
    assert stamp["missing_videos"] == 0
    assert stamp["num_videos"] == len(protocol.video_ids or ())
    if dropped is not None:
        assert stamp["duplicates_dropped"] == dropped
    if instances is not None:
        assert stamp["num_instances"] + stamp["duplicates_dropped"] == instances


def test_unavailable_videos_are_those_without_a_duration(shared_data: SharedData) -> None:
    path = shared_data("benchmarks/activitynet13/activitynet13.json")
    database = json.loads(path.read_text())["database"]
    unavailable = {
        video
        for video, entry in database.items()
        if entry["subset"] == "validation" and not entry.get("duration")
    }
    protocol = find_protocol("activitynet13/available-4728")
    assert protocol.excluded_ids == unavailable
    truth, names = read_protocol_truth(protocol, path)
    stamp = protocol.evaluate(truth, truth, names)
    assert (stamp["num_videos"], stamp["excluded_videos"]) == (4728, 198)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "classes", "present"), [("verb", 97, 78), ("noun", 300, 211), ("action", None, 1352)]
)
def test_epic_tables(
    shared_data: SharedData, tmp_path: Path, kind: str, classes: int | None, present: int
) -> None:
    folder = shared_data("benchmarks/epic100/EPIC_100_validation.csv").parent
    sources = [Source(folder / n) for n in ("c2_training.csv", "EPIC_100_validation.csv")]
    imported = import_annotations(
        sources, options=ImportOptions(labels=(kind,)), bad_segments="keep"
    )
    path = tmp_path / "epic.json"
    path.write_text(json.dumps(dict(database=imported.database)))
    protocol = find_protocol(f"epic100/{kind}-challenge")
    truth, names = read_protocol_truth(protocol, path)
    stamp = protocol.evaluate(truth, truth, names)
    assert (stamp["num_videos"], stamp["num_instances"]) == (138, 9668)
    assert len(stamp["ap_per_class"]) == present
    assert classes is None or len(names) == classes


@pytest.mark.slow
def test_charades(shared_data: SharedData, tmp_path: Path) -> None:
    source = Source(shared_data("benchmarks/charades/charades.json"))
    imported = import_annotations([source], bad_segments="keep")
    path = tmp_path / "charades.json"
    path.write_text(json.dumps(dict(database=imported.database)))
    protocol = replace(find_protocol("charades/corrected-1863"), duplicates="keep")
    truth, names = read_protocol_truth(protocol, path)
    stamp = protocol.evaluate(truth, truth, names)
    assert (stamp["num_videos"], stamp["num_instances"], len(names)) == (1863, 16691, 157)


def test_sbhar_is_all_thirty_people(shared_data: SharedData) -> None:
    protocol = find_protocol("sbhar/loso")
    path = shared_data("sbhar/annotations/loso_sbj_0.json")
    fold, names = read_protocol_truth(protocol, path)
    assert protocol.evaluate(fold, fold, names, partial=True)["missing_videos"] == 29
    pooled, _ = read_ground_truth(path, ["training", "validation"])
    stamp = protocol.evaluate(pooled, pooled, names)
    assert (stamp["num_videos"], stamp["num_instances"]) == (30, 1214)
    assert stamp["metrics"]["mAP_N"] == 1.0


def test_published_detections_under_both_protocols(shared_data: SharedData) -> None:
    official, opentad = map(find_protocol, ("thumos14/official-212", "thumos14/opentad-211"))
    truth, names = read_protocol_truth(official, shared_data("benchmarks/thumos14/thumos14.json"))
    found = read_results(shared_data("detections/scnn_c3d_results.json"), names)
    one, other = (p.evaluate(truth, found, names) for p in (official, opentad))
    assert one["unlisted_videos"] == ["video_test_0001292"] and not other["unlisted_videos"]
    assert (one["num_detections"], other["num_detections"]) == (24244, 24191)
    # As docs/protocols.md shows them; the published evaluators agree where no scores are equal.
    assert [round(100 * s["metrics"]["mAP"], 2) for s in (one, other)] == [20.94, 20.90]
