"""mmtal results eval: a results file without a model."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def results(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden predictions as a results file."""
    rows = json.loads((golden / "eval_pred.json").read_text())
    videos: dict[str, list] = {}
    columns = (rows[key] for key in ("video-id", "t-start", "t-end", "label", "score"))
    for video, start, end, label, score in zip(*columns, strict=True):
        row = dict(segment=[start, end], label=label, score=score)
        videos.setdefault(video, []).append(row)
    path = tmp_path_factory.mktemp("golden") / "results.json"
    path.write_text(json.dumps({"results": videos}))
    return path


@pytest.mark.parametrize(
    ("label_handling", "tiou", "columns"),
    [
        ("corrected", ["0.3:0.1:0.7"], "thumos"),
        ("official", ["0.1", "0.2", "0.3", "0.4", "0.5"], "epic"),
    ],
)
def test_golden_figures(
    run: Run,
    golden: Path,
    results: Path,
    tmp_path: Path,
    label_handling: str,
    tiou: list[str],
    columns: str,
) -> None:
    out = tmp_path / "metrics.json"
    code, text, error = run(
        results, "--ann", golden / "eval_gt.json", "--subset", "TEST", "--tiou", *tiou,
        "--label-handling", label_handling, "--recall-at", 1, 5, "--out", out,
    )  # fmt: skip
    assert code == 0, error
    expected = json.loads((golden / "eval_expected.json").read_text())["results"][columns]
    stamp = json.loads(out.read_text())
    assert stamp["label_handling"] == label_handling and stamp["num_videos"] == 32
    assert stamp["metrics"]["mAP"] == pytest.approx(expected[label_handling]["average"], abs=1e-9)
    for name, mean_ap, recall in zip(
        [f"{threshold:.2f}" for threshold in expected["tiou"]],
        expected[label_handling]["mAP"],
        expected[label_handling]["recall_at_kx"],
        strict=True,
    ):
        assert stamp["metrics"][f"mAP@{name}"] == pytest.approx(mean_ap, abs=1e-9)
        assert stamp["metrics"][f"recall@5x@{name}"] == pytest.approx(recall[1], abs=1e-9)
        assert f"{100 * mean_ap:.2f}" in text
    assert f"absent classes {label_handling}" in text


def test_published_detections(run: Run, shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    annotations = shared_data("benchmarks/thumos14/thumos14.json")
    results = shared_data("detections/scnn_c3d_results.json")
    expected = json.loads(shared_data("detections/scnn_c3d_expected.json").read_text())
    out = tmp_path / "metrics.json"
    code, text, error = run(
        results, "--ann", annotations, "--subset", "test", "--out", out, "--per-class"
    )
    assert code == 0, error
    stamp = json.loads(out.read_text())
    # Ties in the scores move the mAP by this much: see test_average_precision.py.
    assert stamp["metrics"]["mAP"] == pytest.approx(expected["average_mAP"], abs=0.004)
    assert (stamp["num_videos"], stamp["num_instances"]) == (212, 3358)
    assert stamp["unlisted_videos"] == ["video_test_0001292"]
    assert "JavelinThrow" in text and "JavelinThrow" in stamp["ap_per_class"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (["nowhere.json"], "nowhere.json"),
        (["RESULTS", "--subset", "val"], "subset 'val' does not occur"),
        (["RESULTS", "--tiou", "0.7:0.1:0.3"], "tIoU thresholds must be rising"),
        (["RESULTS", "--tiou", "half"], "half"),
        (["RESULTS", "--tiou", "0.5", "--score-thr", "0.3"], "is for protocols of segmentations"),
        (["GOLDEN"], "must hold an object 'results'"),
    ],
)
def test_bad_input_is_one_line(
    run: Run, golden: Path, results: Path, changed: list[str], message: str
) -> None:
    names = {"RESULTS": results, "GOLDEN": golden / "eval_gt.json"}
    first, *options = (names.get(word, word) for word in changed)
    code, _, error = run(first, "--ann", golden / "eval_gt.json", "--subset", "test", *options)
    assert code == 2
    assert sum(line.startswith("error:") for line in error.splitlines()) == 1
    assert message in error and "Traceback" not in error


def test_subset_without_instances(run: Run, results: Path, tmp_path: Path) -> None:
    database = {
        "v": dict(subset="test", annotations=[]),
        "w": dict(subset="train", annotations=[dict(label="a", segment=[0, 1])]),
    }
    annotations = tmp_path / "annotations.json"
    annotations.write_text(json.dumps({"database": database}))
    code, _, error = run(results, "--ann", annotations, "--subset", "test")
    assert code == 2 and "subset 'test' holds no instance to find" in error


def embedded_results(path: Path) -> Path:
    """Detections on the embedded data: the instances, half of them late by a third."""
    database = json.loads((ROOT / "data" / "hapt" / "annotations.json").read_text())["database"]
    results: dict[str, list] = {}
    for video, entry in database.items():
        if entry["subset"].lower() != "validation":
            continue
        results[video] = []
        for index, instance in enumerate(entry["annotations"]):
            start, end = instance["segment"]
            late = (end - start) / 3 * (index % 2)
            row = dict(segment=[start + late, end + late], label=instance["label"])
            results[video].append(row | {"score": 1 / (index + 2)})
    path.write_text(json.dumps({"results": results}))
    return path


def test_named_protocols_side_by_side(run: Run, tmp_path: Path) -> None:
    out, results = tmp_path / "metrics.json", embedded_results(tmp_path / "results.json")
    annotations = ROOT / "data" / "hapt" / "annotations.json"
    code, text, error = run(
        results, "--protocol", "hapt/demo", "--ann", annotations, "--out", out, "--per-class"
    )
    assert code == 0, error
    stamp = json.loads(out.read_text())
    assert (stamp["protocol"], stamp["num_videos"], stamp["missing_videos"]) == ("hapt/demo", 4, 0)
    assert "protocol hapt/demo" in text and "standing" in text
    code, text, error = run(
        results, "--protocol", "hapt/demo", "--ann", annotations, "--compare", "hapt/demo",
        "--out", out,
    )  # fmt: skip
    assert code == 0, error
    mean = 100 * stamp["metrics"]["mAP"]
    assert f"{mean:.2f} |" in text and f"{mean:.2f} (+0.00)" in text
    assert [s["metrics"] for s in json.loads(out.read_text())] == [stamp["metrics"]] * 2


def test_list_of_protocols(run: Run) -> None:
    code, text, error = run("--list")
    assert code == 0, error
    assert "thumos14/opentad-211" in text and "211 recordings, list 9f2adf05" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the results file, or --list"),
        (["RESULTS"], "give --protocol; or, for data of your own, --ann and --subset"),
        (["RESULTS", "--protocol", "corrected"], "there is no protocol 'corrected'; did you mean"),
        (["RESULTS", "--protocol", "hacs/opentad", "--ann", "no.json"], "HACS-dataset"),
        (["RESULTS", "--protocol", "hapt/demo", "--tiou", "0.5"], "says tiou_thresholds"),
        # another benchmark's annotation file
        (["RESULTS", "--protocol", "gtea/split1", "--ann", "HAPT"], "gtea/split1 has 10 classes"),
        (["RESULTS", "--protocol", "sbhar/loso", "--ann", "HAPT"], "26 recordings missing"),
    ],
)
def test_bad_protocol_is_one_line(
    run: Run, tmp_path: Path, arguments: list[str], message: str
) -> None:
    names = {
        "RESULTS": embedded_results(tmp_path / "results.json"),
        "HAPT": ROOT / "data" / "hapt" / "annotations.json",
    }
    code, _, error = run(*(names.get(word, word) for word in arguments))
    assert code == 2
    assert message in error and "Traceback" not in error
