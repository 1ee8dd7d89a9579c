"""Speed and memory of the evaluation: python benchmarks/evaluation.py [--detections 10000000].

Two sizes: THUMOS14 (212 recordings, 200 detections each, 20 classes, 5 tIoU thresholds) and
ActivityNet (4,926 recordings, 100 detections each, 200 classes, 10 thresholds). Instances are the
real ones where the data are there (``$MMTAL_DATA``, else ``../shared/data``), else made up; the
detections are made up around them. Printed beside the time of a plain loop over detections below;
the large case runs the loop on every eighth recording and multiplies its time by eight. Both must
give the same figures to 1e-9.

Then many detections (``--detections``, one million by default) of 100 per recording in 200 classes,
the same in one class, and in ten recordings with 10,000 instances each: each of the evaluator's
figures, with the peak of memory over the table of detections itself (40 bytes each). The ratio is
that of the limits, 10 microseconds of CPU time and 300 bytes a detection, to what is farther along.
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from mmtal.evaluation.average_precision import DetectionScores, detection_scores
from mmtal.evaluation.average_recall import average_recall
from mmtal.evaluation.operating_point import best_f1
from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.evaluation.ties import tie_range
from mmtal.results.instance_table import InstanceTable, without_duplicates
from mmtal.results.result_files import read_ground_truth

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data")) / "benchmarks"
REPEATS = 5
LIMITS = 10.0, 300.0  # microseconds and bytes a detection


def ground_truth(
    file: str, subset: str, *, num_videos: int, num_classes: int
) -> tuple[InstanceTable, str]:
    """Instances of a benchmark, real ones if its annotation file is there."""
    if (DATA / file).is_file():
        return without_duplicates(read_ground_truth(DATA / file, subset)[0])[0], "real"
    rng = np.random.default_rng(1)
    videos = {}
    for index in range(num_videos):
        start = np.sort(rng.uniform(0, 200, rng.integers(1, 12)))
        segments = np.stack([start, start + rng.uniform(1, 20, len(start))], axis=1)
        label = rng.integers(num_classes)
        videos[f"video_{index}"] = dict(segments=segments, labels=np.full(len(start), label))
    return InstanceTable.from_videos(videos), "made up"


def made_up_detections(truth: InstanceTable, per_video: int, num_classes: int) -> InstanceTable:
    """Half of them jittered instances, the rest anywhere; labels right in two of three cases."""
    rng = np.random.default_rng(0)
    videos = {}
    for index, name in enumerate(truth.video_ids):
        rows = np.flatnonzero(truth.video == index)
        anywhere = np.sort(rng.uniform(0, 200, (per_video, 2)), axis=1)
        labels = rng.integers(0, num_classes, per_video)
        if len(rows):
            picked = rng.choice(rows, per_video)
            near = truth.segments[picked]
            near = near + rng.normal(0, 0.2, near.shape) * np.diff(near)
            anywhere = np.where(rng.random((per_video, 1)) < 0.5, np.sort(near), anywhere)
            labels = np.where(rng.random(per_video) < 0.67, truth.labels[picked], labels)
        videos[name] = dict(segments=anywhere, labels=labels, scores=rng.random(per_video))
    return InstanceTable.from_videos(videos)


def plain_average_precision(
    truth: InstanceTable, detections: InstanceTable, thresholds: list[float]
) -> np.ndarray:
    """The same figures, one detection after the other; (T, C)."""
    instances: dict = defaultdict(list)
    for video, segment, label in zip(
        truth.video.tolist(), truth.segments.tolist(), truth.labels.tolist(), strict=True
    ):
        instances[label, truth.video_ids[video]].append(segment)
    by_class: dict = defaultdict(list)
    for row, label in enumerate(detections.labels.tolist()):
        by_class[label].append(row)
    columns = []
    for label in sorted({key[0] for key in instances}):
        rows = sorted(by_class[label], key=lambda row: -detections.scores[row])
        hits = np.zeros((len(thresholds), len(rows)))
        taken: list[set] = [set() for _ in thresholds]
        for rank, row in enumerate(rows):
            name = detections.video_ids[detections.video[row]]
            start, end = detections.segments[row]
            tious = []
            for index, (true_start, true_end) in enumerate(instances.get((label, name), ())):
                overlap = max(min(end, true_end) - max(start, true_start), 0.0)
                union = (end - start) + (true_end - true_start) - overlap
                tious.append((overlap / union if union > 0 else 0.0, index))
            tious.sort(reverse=True)
            for t, threshold in enumerate(thresholds):
                for tiou, index in tious:
                    if tiou < threshold:
                        break
                    if (name, index) not in taken[t]:
                        taken[t].add((name, index))
                        hits[t, rank] = 1
                        break
        number = sum(len(found) for key, found in instances.items() if key[0] == label)
        column = []
        for row_hits in hits:
            area, best = 0.0, 0.0
            precision = row_hits.cumsum() / np.arange(1, len(rows) + 1)
            for rank in range(len(rows) - 1, -1, -1):
                best = max(best, precision[rank])
                area += best * row_hits[rank] / number
            column.append(area)
        columns.append(column)
    return np.array(columns).T


def every(step: int, table: InstanceTable) -> InstanceTable:
    """Only every ``step``-th recording."""
    kept = table.video_ids[::step]
    index = table.video_index_in(kept)
    part = table.select(index >= 0)
    return InstanceTable(kept, index[index >= 0], part.segments, part.labels, part.scores)


def run(
    name: str, truth: InstanceTable, per_video: int, classes: int, tiou: str, step: int
) -> None:
    """Time one case and print its line."""
    detections = made_up_detections(truth, per_video, classes)
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        detection_scores(truth, detections, tiou, recall_at=(1, 5))
        times.append(time.perf_counter() - started)
    ours = float(np.median(times))
    few, few_detections = every(step, truth), every(step, detections)
    scores: DetectionScores = detection_scores(few, few_detections, tiou)
    started = time.perf_counter()
    reference = plain_average_precision(few, few_detections, scores.tiou_thresholds.tolist())
    plain = (time.perf_counter() - started) * step
    difference = np.abs(reference - scores.ap).max()
    if difference > 1e-9:
        raise SystemExit(f"{name}: the two differ by {difference:.1e}")
    scaled = f", from every {step}th recording" if step > 1 else ""
    print(
        f"{name}: {len(truth.video_ids)} recordings, {len(detections)} detections: {ours:.3f} s "
        f"(median of {REPEATS}, with recall), plain loop {plain:.1f} s{scaled}; equal to "
        f"{difference:.0e}; ratio {plain / ours:.1f}"
    )


def many(
    number: int, *, videos: int, classes: int, per_video: int
) -> tuple[InstanceTable, InstanceTable]:
    """Instances, and so many detections around them, two of three with the right label."""
    rng = np.random.default_rng(0)
    video = np.repeat(np.arange(videos), per_video)
    start = rng.uniform(0, 20 * per_video, len(video))
    segments = np.stack([start, start + rng.uniform(1, 20, len(video))], axis=1)
    labels = rng.integers(0, classes, len(video))
    names = tuple(f"video_{index}" for index in range(videos))
    truth = InstanceTable(names, video, segments, labels, np.ones(len(video)))
    of = rng.integers(0, len(video), number)
    near = segments[of] + rng.normal(0, 0.3, (number, 2)) * np.diff(segments[of])
    right = rng.random(number) < 0.67
    found = np.where(right, labels[of], rng.integers(0, classes, number))
    scores = rng.random(number, dtype=np.float32).astype(np.float64)
    return truth, InstanceTable(names, video[of], np.sort(near), found, scores)


def memory(field: str) -> int:
    """Bytes, of ``VmRSS`` (now) or ``VmHWM`` (the peak)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return 1024 * int(line.split()[1])
    raise ValueError(f"/proc/self/status has no {field}")


def run_many(name: str, number: int, **sizes: int) -> None:
    """Time and peak of every figure; a line each."""
    truth, found = many(number, **sizes)
    classes = [f"class_{label}" for label in range(sizes["classes"])]
    plain = EvaluationProtocol(tiou_thresholds="0.5:0.05:0.95", recall_at=(1, 5))
    rounding = EvaluationProtocol(
        tiou_thresholds="0.5:0.05:0.95", decimals=(2, 4), normalized_above=0.1
    )
    figures: dict[str, Callable[[], object]] = {
        "mAP and Recall@kx": partial(plain.evaluate, truth, found, classes),
        "rounded, mAP and mAP_N": partial(rounding.evaluate, truth, found, classes),
        "best F1": partial(best_f1, truth, found),
        "orders of equal scores": partial(tie_range, plain, truth, found, classes),
        "AR@AN": partial(average_recall, truth, found),
    }
    for title, figure in figures.items():
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts again
        before, begin = memory("VmRSS"), time.process_time()
        figure()
        seconds, grown = time.process_time() - begin, memory("VmHWM") - before
        used = 1e6 * seconds / number / LIMITS[0], grown / number / LIMITS[1]
        print(
            f"{name}, {number} detections, {title}: {seconds:.1f} s, {grown / 2**20:.0f} MiB "
            f"({1e6 * seconds / number:.2f} microseconds and {grown / number:.0f} bytes each), "
            f"ratio {1 / max(used):.1f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detections", type=int, default=1_000_000)
    number = parser.parse_args().detections
    thumos, kind = ground_truth("thumos14/thumos14.json", "test", num_videos=212, num_classes=20)
    run(f"thumos14 ({kind} instances)", thumos, 200, 20, "0.3:0.1:0.7", 1)
    anet, kind = ground_truth(
        "activitynet13/activitynet13.json", "validation", num_videos=4926, num_classes=200
    )
    run(f"activitynet ({kind} instances)", anet, 100, 200, "0.5:0.05:0.95", 8)
    if Path("/proc/self/clear_refs").exists():
        videos = max(1, number // 100)
        run_many("200 classes", number, videos=videos, classes=200, per_video=4)
        run_many("one class", number, videos=videos, classes=1, per_video=4)
        run_many("long recordings", number, videos=10, classes=20, per_video=10_000)


if __name__ == "__main__":
    main()
