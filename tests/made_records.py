"""Records of runs that never ran: detections are ground truth with noise."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.experiments.leaderboard.matches import RunMatches, find_matches, write_matches
from mmtal.experiments.leaderboard.published import PublishedFigure
from mmtal.experiments.leaderboard.record import Record, write_record
from mmtal.results.instance_table import InstanceTable

CLASSES = ["run", "sit", "walk"]
PROTOCOL = EvaluationProtocol(
    name="made/up",
    description="Three classes.",
    source="tests",
    subset="validation",
    tiou_thresholds="0.3:0.2:0.7",
    normalized_above=0.3,
)


def truth(names: list[str], seed: int = 0) -> InstanceTable:
    """Four instances in each recording."""
    random = np.random.default_rng([seed, len(names)])
    videos = {}
    for name in names:
        starts = np.cumsum(random.uniform(5, 20, 4))
        segments = np.stack([starts, starts + random.uniform(2, 5, 4)], axis=1)
        videos[name] = dict(segments=segments, labels=random.integers(0, 3, 4))
    return InstanceTable.from_videos(videos)


def detect(of: InstanceTable, seed: int, error: float) -> InstanceTable:
    """Two detections for each instance; ``error`` 0: every label and end is right."""
    random = np.random.default_rng([7, seed])
    videos = {}
    for index, name in enumerate(of.video_ids):
        own = np.tile(of.segments[of.video == index], (2, 1))
        labels = np.tile(of.labels[of.video == index], 2)
        wrong = random.random(len(labels)) < error
        moved = np.sort(own + random.normal(0, 3 * error, own.shape), axis=1)
        scores = np.round(random.uniform(0.2, 1, len(labels)), 2)
        videos[name] = dict(
            segments=moved, labels=np.where(wrong, random.integers(0, 3, len(labels)), labels),
            scores=scores,
        )  # fmt: skip
    return InstanceTable.from_videos(videos)


def made_matches(names: list[str], seed: int, error: float, *, data_seed: int = 0) -> RunMatches:
    """Matches of one run."""
    table = truth(names, data_seed)
    return find_matches(PROTOCOL, table, detect(table, seed, error), CLASSES)


def made_record(
    method: str = "A",
    seed: int = 0,
    fold: str | None = None,
    *,
    map_: float | None = None,
    **fields,
) -> Record:
    """A record whose main figure is given."""
    metrics = {"mAP@0.30": map_, "mAP@0.50": map_, "mAP@0.70": map_, "mAP": map_}
    stamp = dict(
        protocol="made/up", main_metric="mAP", metrics=metrics, tiou_thresholds=[0.3, 0.5, 0.7],
        ap_per_class={name: [map_] * 3 for name in CLASSES}, num_videos=4,
        video_list_sha256=f"list of {fold}",
    )  # fmt: skip
    record = Record(
        benchmark="made", method=method, seed=seed, fold=fold, config_file="made/config",
        config_text=json.dumps({"config of": method}), config_sha256=f"config of {method}",
        data=dict(annotations_sha256=f"file of {fold}", features_sha256="features"),
        git=dict(commit="0" * 40, dirty=False), versions=dict(torch="2.13"), device="CPU, 1 thread",
        seconds=dict(train=1.0, test=1.0), peak_memory=dict(ram_mib=1.0),
        scores={"made/up": stamp}, finished="2026-01-01T00:00:00",
    )  # fmt: skip
    return dataclasses.replace(record, **fields)


def write_run(
    folder: Path, method: str, seed: int, error: float, *, fold: str | None = None, num_videos=8
) -> Record:
    """A record with its matches; its figures are what the protocol says of them."""
    names = [f"{fold or 'v'}_{index}" for index in range(num_videos)]
    table = truth(names)
    detections = detect(table, seed * 1000 + int(fold or 0), error)
    stamp = PROTOCOL.evaluate(table, detections, CLASSES, partial=True)
    record = made_record(method, seed, fold, scores={"made/up": stamp})
    write_record(folder, record)
    write_matches(record.matches_path(folder), [find_matches(PROTOCOL, table, detections, CLASSES)])
    return record


def published_figure(method: str = "P", **fields) -> PublishedFigure:
    """A row that is not ours."""
    default = PublishedFigure(
        protocol="made/up", method=method, features="F", obtain="a shop",
        kind="published", source="a paper", url="https://x", config=None,
        metrics={"mAP@0.30": 0.7, "mAP": 0.5}, note="",
    )  # fmt: skip
    return dataclasses.replace(default, **fields)
