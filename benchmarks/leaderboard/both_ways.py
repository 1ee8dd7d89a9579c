"""Write both_ways.md: recorded methods as detectors, segmentations and proposals, side by side.

    MMTAL_DATA=FOLDER python benchmarks/leaderboard/both_ways.py

The folder holds salads50 and gtea. Nothing is trained: the detections are those of the records.
"""

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mmtal.evaluation.protocols import find_protocol, need_no_classes
from mmtal.experiments.leaderboard.measured import read_runs
from mmtal.results.fusion.merge_detections import MergeSettings, merge_detections
from mmtal.results.instance_table import ANY_CLASS, InstanceTable
from mmtal.results.result_files import read_facts, read_ground_truth, read_results
from mmtal.results.segmentation import as_segmentation, frame_labels, instances_of_runs

HERE = Path(__file__).resolve().parent
FOLDERS = ("small", "segmentation")
SCORE_THR = 0.3
ACROSS_CLASSES = MergeSettings(sigma=0.4, min_score=0.0, class_agnostic=True)
RATES = {"salads50": {"ed-tcn-3fps": 3, "ed-tcn": 0.6}, "gtea": {"ed-tcn-15fps": 15, "ed-tcn": 3}}
FIGURES = ("accuracy", "edit", "f1@10", "f1@25", "f1@50")
Way = Callable[[InstanceTable, dict[str, float], float], InstanceTable]


def best_set(detections: InstanceTable, durations: dict[str, float], rate: float) -> InstanceTable:
    """By dynamic programming over the detections."""
    return as_segmentation(detections, otherwise=SCORE_THR)


def runs(detections: InstanceTable, durations: dict[str, float], rate: float) -> InstanceTable:
    """The class of the best detection at each frame; runs of one class."""
    overlap = len(as_segmentation(detections, otherwise=1e9)) < len(detections)
    sure = detections.select(detections.scores >= (SCORE_THR if overlap else 0))
    rows = dict(sure.rows_by_recording())
    frames, scores = {}, {}
    for name, duration in durations.items():
        own = rows.get(name, np.zeros(0, np.int64))
        given = dict(num_frames=round(duration * rate), frames_per_second=rate)
        columns = sure.segments[own], sure.labels[own], sure.scores[own]
        frames[name] = frame_labels(*columns, **given)
        places = frame_labels(columns[0], np.arange(len(own)), columns[2], **given)
        scores[name] = np.append(columns[2], 0.0)[places]
    return instances_of_runs(frames, rate, scores)


WAYS: dict[str, Way] = {"best set": best_set, "runs of frames": runs}


def tables(benchmark: str, data: Path) -> list[str]:
    """Lines of Markdown."""
    ann_file = data / benchmark / "annotations" / "split1.json"
    truth, classes = read_ground_truth(ann_file, "validation")
    durations = read_facts(ann_file, "validation", "duration")
    detector = find_protocol(f"{benchmark}/split1")

    def mean_ap(found: InstanceTable) -> float:
        return float(detector.evaluate(truth, found, classes)["metrics"]["mAP"])

    found: dict[str, dict[tuple[str, str], list[list[float]]]] = {}
    for place, record in read_runs([HERE / folder for folder in FOLDERS]):
        if (
            record.benchmark != benchmark
            or record.fold is not None
            or need_no_classes(record.scores)
        ):
            continue
        detections = read_results(record.results_path(place), classes)
        method = found.setdefault(record.method, defaultdict(list))
        for protocol, rate in RATES[benchmark].items():
            rules = find_protocol(f"{benchmark}/{protocol}")
            for way, make in WAYS.items():
                chosen = make(detections, durations, rate)
                stamp = rules.evaluate(truth, chosen, classes, durations=durations)
                method[protocol, way].append(
                    [
                        mean_ap(detections),
                        mean_ap(chosen),
                        *(float(stamp["metrics"][name]) for name in FIGURES),
                    ]
                )
    lines = []
    for protocol, rate in RATES[benchmark].items():
        lines += [
            "",
            f"## {benchmark}/split1, {rate:g} frames per second (`{benchmark}/{protocol}`)",
            "",
            "| method | seeds | mAP | segmentation | its mAP | accuracy | edit | F1@10 | F1@25 "
            "| F1@50 |",
            "|---|---:|---:|---|---:|---:|---:|---:|---:|---:|",
        ]
        for name, ways in sorted(found.items(), key=lambda item: -mean(item[1], protocol)):
            for way in WAYS:
                rows = ways[protocol, way]
                cells = cells_of(rows)
                lines.append(
                    f"| {name} | {len(rows)} | {cells[0]} | {way} | {' | '.join(cells[1:])} |"
                )
    return lines


def where(benchmark: str, data: Path) -> list[str]:
    """Lines of Markdown: all methods as proposals."""
    ann_file = data / benchmark / "annotations" / "split1.json"
    truth, classes = read_ground_truth(ann_file, "validation")
    detector = find_protocol(f"{benchmark}/split1").of_one_class()
    rules = find_protocol(f"{benchmark}/proposals")
    found = defaultdict(list)
    for place, record in read_runs([HERE / folder for folder in FOLDERS]):
        if record.benchmark != benchmark or record.fold is not None:
            continue
        proposals = read_results(record.results_path(place), classes, class_agnostic=True)
        if not need_no_classes(record.scores):
            proposals = merge_detections([proposals], ACROSS_CLASSES)
        recall = rules.evaluate(truth, proposals, classes)["metrics"]
        stamp = detector.evaluate(truth.one_class(), proposals, (ANY_CLASS,))
        found[record.method].append([stamp["metrics"]["mAP"], *recall.values()])
    heads = ["mAP", *recall]
    lines = [
        *("", f"## {benchmark}/split1, where, not what (`{benchmark}/proposals`)", ""),
        f"| method | seeds | {' | '.join(heads)} |",
        f"|---|---:|{'---:|' * len(heads)}",
    ]
    for name, rows in sorted(found.items(), key=lambda item: -np.mean(item[1], axis=0)[0]):
        lines.append(f"| {name} | {len(rows)} | {' | '.join(cells_of(rows))} |")
    return lines


def cells_of(rows: list[list[float]]) -> list[str]:
    """Mean and standard deviation over seeds, in percent."""
    values = 100 * np.array(rows)
    means, spreads = values.mean(0), values.std(0, ddof=len(values) > 1)
    return [
        f"{mean:.2f} ± {spread:.2f}" if len(values) > 1 else f"{mean:.2f}"
        for mean, spread in zip(means, spreads, strict=True)
    ]


def mean(ways: dict[tuple[str, str], list[list[float]]], protocol: str) -> float:
    """Of F1@50 over the seeds."""
    return float(np.mean([row[-1] for row in ways[protocol, "best set"]]))


def main() -> None:
    data = Path(os.environ["MMTAL_DATA"])
    lines = [
        "# Detectors as segmentations and proposals, segmentations as detectors",
        "",
        "Written by `both_ways.py` from the detections of the records in "
        + " and ".join(f"[{name}]({name})" for name in FOLDERS)
        + "; nothing was trained for it. In percent, mean and standard deviation over the seeds.",
        "",
        "- **mAP**: of the detections, average over tIoU .3 to .7 (`salads50/split1`, "
        "`gtea/split1`).",
        f"- **segmentation**: of detections that overlap, those that score at least {SCORE_THR:g}, "
        "and of these the best set without overlap (dynamic programming), or the best-scoring one "
        "at each frame; where none overlap (MS-TCN, segmentation head), all.",
        "- **its mAP**: of the segmentation's runs as detections, each with the mean score of its "
        "frames.",
        "- Accuracy counts background, edit score and F1 do not; all are means over recordings "
        "(Lea et al.), at the features' rate and at a fifth of it, as ED-TCN's predictions are.",
        "- **where, not what**: all labels are one class. Detections of different classes compete "
        f"first (Gaussian soft NMS, sigma {ACROSS_CLASSES.sigma:g}, as in BMN's recipe).",
    ]
    for benchmark in RATES:
        lines += tables(benchmark, data) + where(benchmark, data)
    (HERE / "both_ways.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
