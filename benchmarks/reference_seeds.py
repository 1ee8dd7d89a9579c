"""mAP of the official release with the small recipe, what our small recipes are compared with.

Wants a checkout of the official release (``--reference DIR``) with its NMS compiled as its
INSTALL says and its Python requirements installed. It is trained on one CPU thread and tested as
its own ``train.py`` and ``eval.py`` do, but with the last epoch's raw weights, as in
``configs/_base_/small.py``; the detections are evaluated by the benchmark's protocol here. Each
run is added to ``--out``, runs that are there are not repeated.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch

from mmtal.evaluation.protocols import find_protocol
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_ground_truth

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data"))
WARMUP = 3

# benchmark: protocol, epochs after warm-up, what the release's data set class is told; on HAPT each
# person left out is a benchmark
CASES = {
    "salads50": ("salads50/split1", 25, dict(
        json_file="annotations/split1.json", feat_folder="features_split1", num_classes=17,
        input_dim=128, feat_stride=1, num_frames=1, max_seq_len=1280,
    )),
    "gtea": ("gtea/split1", 25, dict(
        json_file="annotations/split1.json", feat_folder="features_split1", num_classes=10,
        input_dim=128, feat_stride=1, num_frames=1, max_seq_len=2304,
    )),
    "sphere": ("sphere/fold0", 50, dict(
        json_file="annotator0_fold0.json", feat_folder="features", num_classes=20,
        input_dim=97, feat_stride=1, num_frames=1, max_seq_len=2304,
    )),
    **{f"sbhar-{person}": ("sbhar/loso", 20, dict(
        json_file=f"annotations/loso_sbj_{person}.json", feat_folder="features", num_classes=12,
        input_dim=150, feat_stride=25, num_frames=50, max_seq_len=2304,
    )) for person in range(30)},
}  # fmt: skip


def data_folder(benchmark: str) -> Path:
    return DATA / benchmark.split("-")[0]


def release_config(benchmark: str) -> dict:
    """The release's whole configuration for the small recipe."""
    from libs.core.config import DEFAULTS, _update_config

    _, epochs, dataset = CASES[benchmark]
    paths = {
        key: str(data_folder(benchmark) / dataset[key]) for key in ("json_file", "feat_folder")
    }
    config = deepcopy(DEFAULTS)
    changes = dict(
        dataset={
            **dataset, **paths, "file_prefix": None, "file_ext": ".npy", "default_fps": None,
            "trunc_thresh": 0.5, "crop_ratio": [0.9, 1.0],
        },
        model=dict(
            fpn_type="identity", max_buffer_len_factor=6.0, n_mha_win_size=9, n_head=4,
            embd_dim=128, fpn_dim=128, head_dim=128, backbone_arch=(2, 2, 5),
        ),
        opt=dict(learning_rate=5e-4, epochs=epochs, warmup_epochs=WARMUP, weight_decay=0.05),
        loader=dict(batch_size=2, num_workers=1),
        train_cfg=dict(
            init_loss_norm=100, clip_grad_l2norm=1.0, cls_prior_prob=0.01,
            center_sample="radius", center_sample_radius=1.5, head_empty_cls=[],
        ),
        test_cfg=dict(
            pre_nms_topk=2000, max_seg_num=200, min_score=0.001, multiclass_nms=True,
            nms_sigma=0.5,
        ),
    )  # fmt: skip
    for section, values in changes.items():
        config[section].update(values)
    _update_config(config)
    return config


def run_release(benchmark: str, seed: int) -> tuple[dict[str, dict], float]:
    """Train and test; returns detections by recording, and seconds of training."""
    from libs.datasets import make_data_loader, make_dataset
    from libs.modeling import make_meta_arch
    from libs.utils import fix_random_seed, make_optimizer, make_scheduler

    config = release_config(benchmark)
    generator = fix_random_seed(seed, include_cuda=True)
    train_set, test_set = (
        make_dataset("thumos", training, [subset], **config["dataset"])
        for training, subset in ((True, "training"), (False, "validation"))
    )
    loader = make_data_loader(train_set, True, generator, **config["loader"])
    model = make_meta_arch(config["model_name"], **config["model"])
    optimizer = make_optimizer(model, config["opt"])
    scheduler = make_scheduler(optimizer, config["opt"], len(loader))
    begin = time.perf_counter()
    for epoch in range(WARMUP + config["opt"]["epochs"]):
        model.train()
        for batch in loader:
            optimizer.zero_grad(set_to_none=True)
            model(batch)["final_loss"].backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
        print(f"\r{benchmark} seed {seed}: epoch {epoch + 1}", end="", file=sys.stderr)
    seconds = time.perf_counter() - begin
    model.eval()
    found = {}
    with torch.no_grad():
        for batch in make_data_loader(test_set, False, None, 1, 1):
            for video in model(batch):
                found[video["video_id"]] = {
                    name: video[name].numpy() for name in ("segments", "scores", "labels")
                }
    return found, seconds


def evaluate(benchmark: str, found: dict[str, dict]) -> dict:
    """What the protocol says of the detections; the release names classes by ``label_id``."""
    protocol, _, dataset = CASES[benchmark]
    path = data_folder(benchmark) / dataset["json_file"]
    truth, classes = read_ground_truth(path, "validation")
    entries = json.loads(path.read_text())["database"].values()
    names = {a["label_id"]: a["label"] for entry in entries for a in entry["annotations"]}
    label = np.array([classes.index(names[i]) for i in range(len(classes))])
    for video in found.values():
        video["labels"] = label[video["labels"]]
    detections = InstanceTable.from_videos(found)
    stamp = find_protocol(protocol).evaluate(
        truth, detections, classes, partial=benchmark.startswith("sbhar-")
    )
    return {name: stamp[name] for name in ("protocol", "metrics", "video_list_sha256")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--reference", type=Path, required=True, help="the release's checkout")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=CASES,
        metavar="BENCHMARK",
        default=["salads50", "gtea", "sphere"],
        help="default: salads50 gtea sphere; also sbhar-0 to sbhar-29, leaving that person out",
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(5)))
    parser.add_argument("--out", type=Path, default=Path("work_dirs/reference_seeds.json"))
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"skipped: needs {DATA} (set MMTAL_DATA to the folder that holds the data sets)")
    sys.path.insert(0, str(args.reference.resolve()))
    torch.set_num_threads(1)
    commit = subprocess.run(
        ["git", "-C", args.reference, "rev-parse", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    for benchmark in args.only:
        for seed in args.seeds:
            runs = json.loads(args.out.read_text()) if args.out.exists() else []
            if any((run["benchmark"], run["seed"]) == (benchmark, seed) for run in runs):
                continue
            found, seconds = run_release(benchmark, seed)
            run = dict(
                benchmark=benchmark, seed=seed, release=commit, train_seconds=round(seconds, 1),
                versions=dict(python=platform.python_version(), torch=torch.__version__),
                **evaluate(benchmark, found),
            )  # fmt: skip
            runs = json.loads(args.out.read_text()) if args.out.exists() else []
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(json.dumps([*runs, run], indent=1) + "\n")
            print(f"\r{benchmark} seed {seed}: mAP {100 * run['metrics']['mAP']:.2f}")
        values = [100 * run["metrics"]["mAP"] for run in runs if run["benchmark"] == benchmark]
        if len(values) > 1:
            print(
                f"{benchmark}: mAP {statistics.mean(values):.2f} +- {statistics.stdev(values):.2f}"
                f" ({len(values)} seeds)"
            )


if __name__ == "__main__":
    main()
