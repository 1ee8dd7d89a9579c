"""Small valid files of every kind that is read, and what reads each."""

import io
import json
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from made_records import write_run

from mmtal.checkpoints import files as checkpoint_files
from mmtal.checkpoints.loading import load_state_dict_file
from mmtal.datasets.features import open_features, read_blocks, read_shape
from mmtal.experiments.leaderboard.matches import read_matches
from mmtal.experiments.leaderboard.published import read_published
from mmtal.experiments.leaderboard.record import read_record, recipe_of
from mmtal.experiments.leaderboard.spec import read_spec
from mmtal.experiments.search.space import read_space
from mmtal.preparation.importers import (
    ImportOptions,
    Source,
    import_annotations,
    read_class_names,
)
from mmtal.preparation.importers.durations import read_lengths
from mmtal.preparation.verification import verify
from mmtal.preparation.verification.feature_file import scan_file
from mmtal.results.fusion.external_scores import read_external_scores
from mmtal.results.fusion.score_files import load_score_file
from mmtal.results.result_files import (
    read_ground_truth,
    read_recordings,
    read_results,
    score_threshold,
)
from mmtal.results.submissions.converting import read_official_list
from mmtal.visualization.training_log import read_training_log

CLASSES = ["run", "sit", "walk", "BaseballPitch", "BasketballDunk"]
DETECTIONS = [
    dict(label="run", score=0.5, segment=[1.0, 2.5]),
    dict(label="sit", score=0.25, segment=[3, 4]),
]
RESULTS = dict(
    version="1", results=dict(a=DETECTIONS, b=[]), external_data={},
    mmtal=dict(operating_point=dict(score_thr=0.3)),
)  # fmt: skip
EPIC = dict(
    version="0.2", challenge="action_detection", sls_pt=1, sls_tl=1, sls_td=1,
    results=dict(a=[dict(verb=1, noun=2, action="1,2", score=0.5, segment=[1, 2])]),
)  # fmt: skip
EGO4D = dict(
    version="1.0", challenge="ego4d_moment_queries", detect_results=dict(a=DETECTIONS),
    retrieve_results=dict(a=DETECTIONS),
)  # fmt: skip
COLUMNS = {
    "video-id": ["a", "b"], "t-start": np.array([1.0, 2.0]), "t-end": np.array([2.0, 3.0]),
    "label": np.array([0, 1]), "score": np.array([0.5, 0.25]),
}  # fmt: skip
ANNOTATIONS = dict(
    database={
        name: dict(
            subset=subset, duration=9.5, fps=30, group="g",
            annotations=[dict(label="run", label_id=0, segment=[1.5, 4.0]),
                         dict(label="sit", label_id=1, segment=[5, 6])],
        )
        for name, subset in (("a", "training"), ("b", "test"))
    }
)  # fmt: skip
FIGURES = """
sources: {paper: {title: A paper, url: "https://example.org"}}
data: {i3d: {features: I3D, obtain: from there}}
figures:
  - protocol: thumos14/official-212
    method: A
    data: i3d
    source: paper
    percent: {mAP: 66.8, "mAP@0.50": 71.0}
    note: x
"""
SPEC = """
defaults: {benchmark: b, config: actionformer/thumos_i3d, data: ., protocols: thumos14/official-212}
rows:
  - {method: one, seeds: 0-4}
  - {method: two, seeds: [1], options: {optim_wrapper.optimizer.lr: 1e-4}}
"""
CLIPS = dict(
    videos=[
        dict(
            video_uid="v", split="train",
            clips=[
                dict(
                    clip_uid="c", video_start_sec=10.0, video_end_sec=110.0, video_start_frame=300,
                    video_end_frame=3300,
                    annotations=[
                        dict(
                            annotator_uid="x",
                            labels=[
                                dict(primary=True, label="wash", video_start_time=20.0,
                                     video_end_time=25.0, video_start_frame=600,
                                     video_end_frame=750)
                            ],
                        )
                    ],
                )
            ],
        )
    ]
)  # fmt: skip
TASKS = [
    dict(
        id=7, file_upload="ab12cd34-clip_0.mp4",
        data=dict(video="/data/upload/3/ab12cd34-clip_0.mp4"),
        annotations=[
            dict(
                id=1, was_cancelled=False, ground_truth=False,
                result=[
                    dict(
                        type="timelinelabels", from_name="actions",
                        value=dict(ranges=[dict(start=1, end=50)], timelinelabels=["run"]),
                    ),
                    dict(type="choices", from_name="ok", value=dict(choices=["y"])),
                ],
            ),
            dict(id=2, was_cancelled=True, result=[]),
        ],
    ),
]  # fmt: skip
SERIES = [
    dict(
        id=1, data=dict(csv="walks/person_1.csv", person="p1"),
        annotations=[
            dict(
                result=[
                    dict(
                        type="timeserieslabels", from_name="label", to_name="ts",
                        value=dict(start=1.5, end=4, instant=False, timeserieslabels=["walk"]),
                    )
                ]
            )
        ],
    )
]  # fmt: skip
VIA = dict(
    project=dict(pid="x", data_format_version="3.1.1", vid_list=["1"]), config={},
    attribute={"1": dict(aname="action", type=2, options=dict(r="run", j="jump"))},
    file={"1": dict(fid=1, fname="clip_0.mp4", type=4, loc=1, src="")},
    view={"1": dict(fid_list=[1])},
    metadata={
        "1_a": {"vid": "1", "flg": 0, "z": [1.5, 4.0], "xy": [], "av": {"1": "r,j"}},
        "1_b": {"vid": "1", "flg": 0, "z": [6], "xy": [2, 1, 1, 2, 2], "av": {"1": "j"}},
    },
)  # fmt: skip
ELAN = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" FORMAT="3.0" VERSION="3.0">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/videos/clip_0.mp4" MIME_TYPE="video/mp4"/>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1500"/>
    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="4000"/>
    <TIME_SLOT TIME_SLOT_ID="ts3"/>
    <TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="8000"/>
  </TIME_ORDER>
  <TIER LINGUISTIC_TYPE_REF="a" TIER_ID="action">
    <ANNOTATION>
      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
        <ANNOTATION_VALUE>run</ANNOTATION_VALUE>
      </ALIGNABLE_ANNOTATION>
    </ANNOTATION>
    <ANNOTATION>
      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
        <ANNOTATION_VALUE>sit</ANNOTATION_VALUE>
      </ALIGNABLE_ANNOTATION>
    </ANNOTATION>
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="b" PARENT_REF="action" TIER_ID="tool">
    <ANNOTATION>
      <REF_ANNOTATION ANNOTATION_ID="a2" ANNOTATION_REF="a1">
        <ANNOTATION_VALUE>rope</ANNOTATION_VALUE>
      </REF_ANNOTATION>
    </ANNOTATION>
    <ANNOTATION>
      <REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a1" PREVIOUS_ANNOTATION="a2">
        <ANNOTATION_VALUE>knot</ANNOTATION_VALUE>
      </REF_ANNOTATION>
    </ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>
"""
SCORES = dict(results=dict(a=[0.5, 0.5], b=[0.1, 0.9]), classes=["x", "y"])
RANKED = dict(results=dict(a=[dict(label="x", score=0.5)], b=[dict(label="y", score=1)]))
CHARADES = dict(a=dict(duration=9.0, subset="training", actions=[[1, 2.0, 3.0]]))
RUN = "made-A-seed0"


def dumped(write: Callable[[io.BytesIO], Any]) -> bytes:
    data = io.BytesIO()
    write(data)
    return data.getvalue()


def lines(*texts: str) -> bytes:
    return "\n".join(texts).encode() + b"\n"


FEATURES = np.arange(12, dtype=np.float32).reshape(4, 3)
NPY = dumped(lambda file: np.save(file, FEATURES))
NPZ = dumped(lambda file: np.savez_compressed(file, feats=FEATURES))
HDF5 = dumped(lambda file: h5py.File(file, "w").create_dataset("feats", data=FEATURES))
PARQUET = dumped(lambda file: pq.write_table(pa.table(dict(a=FEATURES[0], b=FEATURES[1])), file))
SENSOR = [f"{t:.2f},{t % 1:.3f},{-t:.3f}" for t in np.arange(40) / 20]
SAMPLES = dumped(
    lambda file: pq.write_table(
        pa.table({"timestamp": np.arange(40) * 20 + 1.7e12, "acc": np.cos(np.arange(40))}), file
    )
)
PT = dumped(lambda file: torch.save(torch.from_numpy(FEATURES), file))
WEIGHTS = {"head.cls_conv.bias": torch.zeros(3), "head.cls_conv.weight": torch.ones(3, 2)}
CHECKPOINT = dumped(
    lambda file: torch.save(
        dict(state_dict=WEIGHTS, meta=dict(epoch=1, cfg="raise SystemExit"), message_hub={}), file
    )
)


def results(path: Path) -> None:
    read_recordings(path)
    score_threshold(path)
    read_results(path, CLASSES, part="verb" if b"verb" in path.read_bytes() else None)


def imported(path: Path, **options: Any) -> None:
    import_annotations([Source(path)], options=ImportOptions(fps=30.0, unit="seconds", **options))


def listed(path: Path) -> None:
    source = path.with_name("annotations.json")
    source.write_text(json.dumps(ANNOTATIONS))
    import_annotations([Source(source)], lists=[Source(path, "x")])


def truth(path: Path) -> None:
    read_ground_truth(path, "training")


def verified(path: Path) -> None:
    verify(path).format()


def official(path: Path) -> None:
    read_official_list(path, "training" if path.suffix == ".json" else None)


def features(path: Path) -> None:
    shape = read_shape(path)
    values = open_features([path]).read()
    blocks = [block.values for block in read_blocks(path)]
    assert shape == values.shape and sum(part.size for part in blocks) == values.size


def scanned(path: Path) -> None:
    found = scan_file(path, key=None)
    assert not found.problem or path.name in found.text


def told(path: Path) -> None:
    path.with_name("a.csv").write_text("counter,y,x,label\n0,1,2,run\n1,3,4,sit\n")
    features(path.with_name("a.csv"))


def npy_scores(path: Path) -> None:
    load_score_file(path, videos=["a", "b", "c", "d"])


def run_file(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_run(Path(folder), "A", 0, 0.3)
        return Path(folder, f"{RUN}{suffix}").read_bytes()


def matches(path: Path) -> None:
    read_matches(path, "made/up")


def recipe(path: Path) -> None:
    record = read_record(path)
    assert isinstance(record.config, dict)
    recipe_of(record.config_text)


def checkpoint(path: Path) -> None:
    load_state_dict_file(path)
    checkpoint_files.read_foreign_checkpoint(path)


@dataclass(frozen=True)
class Case:
    """A file and its reader.

    Attributes:
        name: Of the file.
        content: Valid.
        read: Gets the path.
        packed: Whether it may be gzipped or in an archive.
    """

    name: str
    content: bytes
    read: Callable[[Path], Any]
    packed: bool = False

    @property
    def structured(self) -> bool:
        """Whether it is JSON."""
        return self.name.endswith(".json") and self.content.count(b"\n{") == 0


def text(content: Any) -> bytes:
    return json.dumps(content).encode()


CASES = {
    "results, ActivityNet": Case("a.json", text(RESULTS), results, packed=True),
    "results, EPIC": Case("a.json", text(EPIC), results, packed=True),
    "results, Ego4D": Case("a.json", text(EGO4D), results, packed=True),
    "results, THUMOS": Case("a.txt", lines("a 1.0 2.5 7 0.5", "b 3 4 9 0.25"), results),
    "results, pickle": Case("a.pkl", pickle.dumps(COLUMNS), results),
    "results, table": Case(
        "a.csv", lines("video-id,t-start,t-end,label,score", "a,1,2,0,0.5", "b,2,3,1,0.25"), results
    ),
    "annotations": Case("a.json", text(ANNOTATIONS), truth, packed=True),
    "annotations, verified": Case("a.json", text(ANNOTATIONS), verified),
    "official list": Case("a.json", text(ANNOTATIONS), official),
    "official list, Ego4D": Case("a.json", text(CLIPS), official),
    "official list, EPIC": Case("a.csv", lines("video_id,x", "P01_01,1", "P01_02,2"), official),
    "import, ActivityNet": Case("a.json", text(ANNOTATIONS), imported, packed=True),
    "import, table": Case(
        "a.csv",
        lines(
            "recording,start,end,label,subset,duration",
            'a,1,2.5,"run, fast",training,9',
            "b,0:03,4,sit,test,",
        ),
        imported,
    ),
    "import, THUMOS": Case("Run_val.txt", lines("video_validation_1 1.5 2.5", "b 3 4"), imported),
    "import, EPIC": Case(
        "EPIC_100_train.csv",
        lines(
            "narration_id,video_id,start_timestamp,stop_timestamp,verb_class,noun_class",
            "P01_01_0,P01_01,00:00:01.14,00:00:02.10,3,10",
            "P01_01_1,P01_01,00:00:03.14,00:00:04.10,2,11",
        ),
        lambda path: imported(path, labels=("verb",)),
    ),
    "import, Ego4D": Case("a.json", text(CLIPS), imported),
    "import, Charades": Case("a.json", text(CHARADES), imported),
    "import, Charades' table": Case(
        "a.csv", lines("id,actions,length", "a,c092 1.0 2.0;c147 0.0 3.5,9.5", "b,,4"), imported
    ),
    "import, frames": Case("a.txt", lines("run", "run", "background", "sit", "sit"), imported),
    "import, Label Studio": Case("a.json", text(TASKS), imported),
    "import, Label Studio's series": Case("a.json", text(SERIES), imported),
    "import, VIA": Case("a.json", text(VIA), imported),
    "import, ELAN": Case(
        "a.eaf", ELAN.encode(), lambda path: imported(path, labels=("action", "tool"))
    ),
    "import, ELAN's text": Case(
        "a.txt",
        lines(
            "act\t\t00:00:01.500\t1.5\t00:00:03.000\t3.0\t00:00:01.500\t1.5\trun",
            "act\t\t00:00:04.000\t4.0\t00:00:05.000\t5.0\t00:00:01.000\t1.0\tsit",
        ),
        imported,
    ),
    "list of recordings": Case("a.txt", lines("a", "features/b.npy"), listed),
    "durations": Case("a.csv", lines("video,duration,fps", "a,0:09.5,30", "b,9,25"), read_lengths),
    "class names": Case("a.txt", lines("0 run", "1 sit"), read_class_names),
    "class names, table": Case("a.csv", lines("id,key", "0,run", "1,sit"), read_class_names),
    "features, npy": Case("a.npy", NPY, features),
    "features, npz": Case("a.npz", NPZ, features),
    "features, pt": Case("a.pt", PT, features),
    "features, h5": Case("a.h5", HDF5, features),
    "features, parquet": Case("a.parquet", PARQUET, features),
    "features, csv": Case("a.csv", lines("a,b", "1,2.5", "3,-4"), features),
    "samples, csv": Case("a.csv", lines("time,x [g],y [g]", *SENSOR), features),
    "samples, parquet": Case("a.parquet", SAMPLES, features),
    "scan, npy": Case("a.npy", NPY, scanned),
    "scan, npz": Case("a.npz", NPZ, scanned),
    "scan, pt": Case("a.pt", PT, scanned),
    "scan, h5": Case("a.h5", HDF5, scanned),
    "scan, samples": Case("a.csv", lines("time,x [g],y [g]", *SENSOR), scanned),
    "what tables say": Case(
        "tables.yaml", lines("time: counter", "unit: 0.01", "max_gap: 1", "channels: [x, y]"), told
    ),
    "class scores": Case("a.json", text(SCORES), read_external_scores),
    "class scores, ranked": Case("a.json", text(RANKED), load_score_file),
    "class scores, pickle": Case(
        "a.pkl", pickle.dumps(dict(a=np.array([0.5, 0.5]), b=np.array([0.1, 0.9]))), load_score_file
    ),
    "class scores, npy": Case("a.npy", NPY, npy_scores),
    "published figures": Case("a.yaml", FIGURES.encode(), read_published),
    "leaderboard's spec": Case(
        "a.yaml", SPEC.encode(), lambda path: read_spec(path, need_data=False)
    ),
    "search space": Case(
        "a.yaml",
        lines(
            "learning_rate: log(5e-5, 2e-4)", "batch_size: int(1, 8, 2)", "epochs: choice(3, 'x')"
        ),
        read_space,
    ),
    "record of a run": Case(f"{RUN}.json", run_file(".json"), read_record),
    "matches of a run": Case(f"{RUN}.matches.npz", run_file(".matches.npz"), matches),
    "recipe in a record": Case(f"{RUN}.json", run_file(".json"), recipe),
    "checkpoint": Case("a.pth", CHECKPOINT, checkpoint),
    "training log": Case(
        "a.json",
        lines(
            '{"lr": 1e-4, "loss": 2.5, "epoch": 1, "iter": 10, "step": 10}',
            '{"mAP": 0.5, "step": 1}',
            '{"lr": 1e-4, "loss": 1.5, "epoch": 2, "iter": 10, "step": 20}',
        ),
        read_training_log,
    ),
}
