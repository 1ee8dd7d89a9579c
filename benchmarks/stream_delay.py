"""What accuracy costs which delay: a stream's mAP against the delay that it is bound to.

``python benchmarks/stream_delay.py --out docs/images/stream_delay.svg``: the demo's model on its
four validation recordings, a second of signal at a time. "in time" is the share of the shown
detections that came within the bound.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

from mmtal.apis import TemporalActionInferencer
from mmtal.config_files import demo_recording
from mmtal.datasets.features import open_features
from mmtal.evaluation.average_precision import detection_scores
from mmtal.registry import DATASETS
from mmtal.results.instance_table import InstanceTable
from mmtal.runtime.detections import Detection

THRESHOLDS = "0.3:0.1:0.7"


def stream(
    infer: TemporalActionInferencer, values: np.ndarray, **bounds: float
) -> list[tuple[Detection, float]]:
    """All detections, each with the seconds from its end until it was given out."""
    live = infer.stream(**bounds)
    found: list[tuple[Detection, float]] = []
    second = int(infer.dataset.fps)
    for start in range(0, len(values), second):
        pushed = live.push(values[start : start + second])
        found += [(d, live.time - d.end) for d in pushed]
    return found + [(d, live.time - d.end) for d in live.finish()]


def table(videos: dict[str, list[Detection]]) -> InstanceTable:
    return InstanceTable.from_videos(
        {
            name: dict(
                segments=np.array([d[:2] for d in found]).reshape(-1, 2),
                scores=np.array([d.score for d in found]),
                labels=np.array([d.label for d in found], dtype=int),
            )
            for name, found in videos.items()
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delays", nargs="+", type=float, default=[56, 60, 70, 80, 100, 140, 200])
    parser.add_argument("--max-duration", type=float, default=35)
    parser.add_argument("--out", help="picture of the curve")
    args = parser.parse_args()
    infer = TemporalActionInferencer("demo", device="cpu")
    settings = dict(infer.dataset, data_root=str(demo_recording().parents[1]))
    dataset = DATASETS.build(settings)
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    truth = {i["video_id"]: dict(segments=i["segments"], labels=i["labels"]) for i in infos}
    values = {i["video_id"]: open_features(i["feat_paths"]).read() for i in infos}
    truth_table = InstanceTable.from_videos(truth)

    def score(videos: dict[str, list[Detection]]) -> float:
        return 100 * detection_scores(truth_table, table(videos), THRESHOLDS).average_map

    whole = {name: list(infer(value)[0]) for name, value in values.items()}
    best, curve = score(whole), []
    print(f"whole recordings: mAP {best:.2f}")
    for bound in [None, *sorted(args.delays, reverse=True)]:
        bounds = dict(max_duration=args.max_duration, max_delay=bound)
        found = {name: stream(infer, value, **bounds) for name, value in values.items()}
        shown = [wait for f in found.values() for d, wait in f if d.score >= infer.threshold]
        delay = infer.stream(**bounds).delay
        mean_ap = score({name: [d for d, _ in f] for name, f in found.items()})
        curve.append((delay, mean_ap))
        print(
            f"delay {delay:6.1f} s: mAP {mean_ap:.2f}, {len(shown)} shown, median "
            f"{np.median(shown):.0f} s, 95 % {np.quantile(shown, 0.95):.0f} s, in time "
            f"{100 * np.mean(np.array(shown) <= delay):.0f} %; mAP to whole recordings' ratio "
            f"{mean_ap / best:.3f}",
            flush=True,
        )
    if args.out:
        figure, axes = plt.subplots(figsize=(5.2, 3), layout="constrained")
        axes.axhline(best, color="0.6", linewidth=1)
        axes.annotate("whole recordings", (curve[0][0], best), (0, 3), ha="right",
                      textcoords="offset points", color="0.4")  # fmt: skip
        axes.plot(*zip(*curve, strict=True), marker="o", color="C0")
        axes.set(xlabel="delay (s)", ylabel="mAP (%)")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(args.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
