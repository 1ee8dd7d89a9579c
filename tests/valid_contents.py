"""Valid content of every kind of file that is read."""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from made_records import write_run

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
SOUNDS = dict(
    version="0.1", challenge="audio_based_interaction_detection", sls_pt=1, sls_tl=1, sls_td=1,
    t_mod=0, results=dict(a=[dict(interaction=1, score=0.5, segment=[1, 2])]),
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
BORIS = dict(
    time_format="hh:mm:ss", project_name="p", project_date="2026-01-01T10:00:00",
    project_format_version="7.0", project_description="",
    subjects_conf={"0": dict(key="a", name="anna", description="")},
    behaviors_conf={
        "0": dict(type="State event", code="groom", key="g", modifiers="", category=""),
        "1": dict(type="Point event", code="bark", key="b", modifiers="", category=""),
    },
    observations={
        "obs 1": {
            "file": {"1": ["/videos/a.mp4", "/videos/b.mp4"], "2": []}, "type": "MEDIA",
            "date": "2026-01-01T10:00:00", "description": "", "time offset": 0.0,
            "events": [
                [1.5, "anna", "groom", "slow|left", ""], [2.0, "ben", "groom", "", ""],
                [3.0, "", "bark", "", "loud"], [12.25, "ben", "groom", "", ""],
                [4.0, "anna", "groom", "slow|left", ""],
            ],
            "independent_variables": {"site": "north"},
            "media_info": {
                "length": {"/videos/a.mp4": 10.0, "/videos/b.mp4": 20.5},
                "fps": {"/videos/a.mp4": 25.0, "/videos/b.mp4": 25.0},
            },
        },
        "obs 2": {"file": [], "type": "LIVE", "events": []},
    },
)  # fmt: skip
BORIS_AGGREGATED = (
    "Observation id\tObservation date\tMedia duration (s)\tFPS (frame/s)\tSubject\tBehavior\t"
    "Modifier #1\tModifier #2\tBehavior type\tStart (s)\tStop (s)\tDuration (s)\tComment start\n"
    "obs 1\t2026\t10.0;20.5\t25.0;25.0\tanna\tgroom\tslow\tleft\tSTATE\t1.5\t4.0\t2.5\t\n"
    "obs 1\t2026\t10.0;20.5\t25.0;25.0\tben\tgroom\t\t\tSTATE\t2.0\t12.25\t10.25\t\n"
    "obs 1\t2026\t10.0;20.5\t25.0;25.0\tNo focal subject\tbark\t\t\tPOINT\t3.0\t3.0\tNA\tloud\n"
)
BORIS_TABULAR = (
    "Observation id\tMedia duration (s)\tFPS (frame/s)\tSubject\tBehavior\tModifier #1\t"
    "Modifier #2\tBehavior type\tTime\tComment\n"
    "obs 1\t10.0;20.5|9\t25.0;25.0\tanna\tgroom\tslow\tleft\tSTART\t1.5\t\n"
    "obs 1\t10.0;20.5|9\t25.0;25.0\tben\tgroom\t\t\tSTART\t2.0\t\n"
    "obs 1\t10.0;20.5|9\t25.0;25.0\tNo focal subject\tbark\t\t\tPOINT\t3.0\tloud\n"
    "obs 1\t10.0;20.5|9\t25.0;25.0\tanna\tgroom\tslow\tleft\tSTOP\t4.0\t\n"
    "obs 1\t10.0;20.5|9\t25.0;25.0\tben\tgroom\t\t\tSTOP\t12.25\t\n"
)
AUDACITY = "1.500000\t4.000000\trun\n\\\t100.0\t200.0\n5.000000\t5.000000\thop\n"
SHORT_TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
10
<exists>
1
"IntervalTier"
"act"
0
10
3
0
1.5
""
1.5
4
"run"
4
10
""
"""
TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 10
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "act"
        xmin = 0
        xmax = 10
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = ""
        intervals [2]:
            xmin = 1.5
            xmax = 4
            text = "run"
    item [2]:
        class = "TextTier"
        name = "moments"
        xmin = 0
        xmax = 10
        points: size = 1
        points [1]:
            number = 5
            mark = "hop"
"""
SRT = "1\n00:00:01,500 --> 00:00:04,000\nrun\n\n2\n00:00:05,000 --> 00:00:06,000\n<i>sit</i>\n"
VTT = (
    "WEBVTT - x\n\nNOTE y\n\n1\n00:01.500 --> 00:00:04.000 align:left\n<v Anna>run\n\n"
    "00:05.000 --> 00:06.000\nsit\n"
)
RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tAnnotation\n"
    + "".join(
        f"{n}\t{view}\t1\t{start}\t{end}\t100.0\t{label}\n"
        for n, start, end, label in ((1, 1.5, 4.0, "run"), (2, 5.0, 6.0, "sit"))
        for view in ("Waveform 1", "Spectrogram 1")
    )
)
BIDS = "onset\tduration\ttrial_type\n1.5\t2.5\trun\n5\t0\thop\n"
BENTO = (
    "Bento annotation file\nMovie file(s):  a.seq b.seq \n\nStimulus name: \n"
    "Annotation start frame: 1\nAnnotation stop frame: 20\nAnnotation framerate: 2\n\n"
    "List of channels:\nCh1\n\nList of annotations:\nrun\nsit\n\nCh1----------\n>run\n"
    "Start\t Stop\t Duration \n2\t4\t2.5\n\n>sit\nStart\t Stop\t Duration \n5.5\t6\t1\n\n"
)
FRAME_TABLE = ",background,run,sit\n" + "".join(
    f"{k},{int(not 3 <= k < 8 and not 10 <= k < 12)},{int(3 <= k < 8)},{int(10 <= k < 12)}\n"
    for k in range(14)
)
EVENT_LOG = (
    "Time,Animal,Behavior,Event type\n1.5,a,run,Start\n2,b,run,start\n4,a,run,STOP\n"
    "5.5,b,run,stop\n6,a,hop,point\n"
)
SOLOMON = "Time,Light,Behaviour\n" + "".join(
    f"{k / 2},{'off' * (k > 5)},{'run' * (3 <= k < 8)}{'sit' * (10 <= k < 12)}\n" for k in range(14)
)
SOCCERNET = dict(
    UrlLocal="epl/1 - 0/",
    annotations=[
        dict(gameTime="1 - 00:18", label="Corner", position="18250", team="home", visibility="x"),
        dict(gameTime="2 - 01:02", label="Goal", team="not applicable"),
    ],
)
SPOT = [
    dict(
        video="v1", num_frames=100, num_events=2, fps=25.0, width=1,
        events=[dict(frame=25, label="serve", comment="ace"),
                dict(frame=50, label="bounce", comment="", score=0.5)],
    ),
    dict(video="v2", num_frames=100, num_events=1, events=[dict(frame=50, label="bounce")]),
]  # fmt: skip
SHORT_TASKS = [
    dict(
        id=7, video="/data/upload/3/ab12cd34-clip_0.mp4", annotator=1, annotation_id=3,
        actions=[dict(ranges=[dict(start=1, end=50)], timelinelabels=["run"])],
    ),
    dict(id=8, video="clip_1.mp4"),
]  # fmt: skip
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
DLC = (
    "scorer,net,net,net,net,net,net",
    "individuals,m1,m1,m1,m2,m2,m2",
    "bodyparts,nose,nose,nose,nose,nose,nose",
    "coords,x,y,likelihood,x,y,likelihood",
    "0,1.5,2.5,0.9,3,4,0.8",
    "1,1.75,2.5,0.9,,,",
)
SLEAP = "track,frame_idx,a.x,a.y,a.score", "m1,0,1.5,2.5,0.9", "m2,0,3,4,0.8", "m1,2,1.75,2.5,0.5"
SENSOR = [f"{t:.2f},{t % 1:.3f},{-t % 0.7:.3f}" for t in np.arange(40) / 20]
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


def run_file(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_run(Path(folder), "A", 0, 0.3)
        return Path(folder, f"{RUN}{suffix}").read_bytes()


def text(content: Any) -> bytes:
    return json.dumps(content).encode()


def video() -> bytes:
    """Two thirds of a second, 32 x 32 pixels, with sound."""
    import av

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.mp4")
        with av.open(str(path), "w") as out:
            stream = out.add_stream("mpeg4", rate=15)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            for shade in range(10):
                picture = np.full((32, 32, 3), 20 * shade, np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            out.mux(stream.encode(None))
        return path.read_bytes()
