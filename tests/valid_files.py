"""Small valid files of every kind that is read, and what reads each."""

import hashlib
import json
import pickle
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from made_records import write_run
from valid_contents import (
    ANNOTATIONS,
    AUDACITY,
    BENTO,
    BIDS,
    BORIS,
    BORIS_AGGREGATED,
    BORIS_TABULAR,
    CHARADES,
    CHECKPOINT,
    CLASSES,
    CLIPS,
    COLUMNS,
    DLC,
    EGO4D,
    ELAN,
    EPIC,
    EVENT_LOG,
    FIGURES,
    FRAME_TABLE,
    HDF5,
    NPY,
    NPZ,
    PARQUET,
    PT,
    RANKED,
    RAVEN,
    RESULTS,
    RUN,
    SAMPLES,
    SCORES,
    SENSOR,
    SERIES,
    SHORT_TASKS,
    SHORT_TEXTGRID,
    SLEAP,
    SOCCERNET,
    SOLOMON,
    SOUNDS,
    SPEC,
    SPOT,
    SRT,
    TASKS,
    TEXTGRID,
    VIA,
    VTT,
    lines,
    run_file,
    text,
    video,
)
from valid_models import DESCRIPTION, onnx_file

from mmtal.checkpoints import files as checkpoint_files
from mmtal.checkpoints.loading import load_state_dict_file
from mmtal.datasets.features import open_features, read_blocks, read_shape
from mmtal.evaluation.recording_hits import find_hits
from mmtal.experiments.leaderboard.matches import read_matches
from mmtal.experiments.leaderboard.published import read_published
from mmtal.experiments.leaderboard.record import find_records, pack_runs, read_record, recipe_of
from mmtal.experiments.leaderboard.spec import read_spec
from mmtal.experiments.search.space import Dimension, read_space
from mmtal.experiments.search.trial_store import TrialResult, TrialStore
from mmtal.preparation.importers import (
    ImportOptions,
    Source,
    import_annotations,
    read_class_names,
)
from mmtal.preparation.importers.durations import read_lengths
from mmtal.preparation.importers.formats import excel
from mmtal.preparation.verification import verify
from mmtal.preparation.verification.feature_file import scan_file
from mmtal.results.fusion.external_scores import load_score_file, read_external_scores
from mmtal.results.result_files import (
    read_ground_truth,
    read_recordings,
    read_results,
    score_threshold,
)
from mmtal.results.submissions.converting import read_official_list
from mmtal.runtime import TemporalActionInferencer
from mmtal.structures import RecordingView
from mmtal.visualization.curves import read_training_log
from mmtal.visualization.video import burn_timeline


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


def matches(path: Path) -> None:
    read_matches(path, "made/up")


def recipe(path: Path) -> None:
    record = read_record(path)
    assert isinstance(record.config, dict)
    recipe_of(record.config_text)


def checkpoint(path: Path) -> None:
    load_state_dict_file(path)
    checkpoint_files.read_foreign_checkpoint(path)


def burnt(path: Path) -> None:
    segments, labels = np.array([[0.1, 0.4]]), np.zeros(1, int)
    view = RecordingView("a", 0.6, segments, labels, segments, np.ones(1), labels)
    out = path.with_name("out.mp4")
    burn_timeline(path, out, view, ["run"], find_hits(view), warn=lambda _: None)


def predicted(path: Path) -> None:
    TemporalActionInferencer(path)(np.zeros((5, 2)), fps=1.0)


def described(path: Path) -> None:
    model = path.with_name(f"{path.name}.onnx")
    model.write_bytes(onnx_file(path.read_bytes()))
    predicted(model)


def unpacked(path: Path) -> None:
    content, folder = path.read_bytes(), path.with_name("packs")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    name = f"{path.name}.1.{hashlib.sha256(content).hexdigest()[:12]}.zip"
    folder.joinpath(name).write_bytes(content)
    for record in find_records(folder).values():
        read_record(record)


def searched(path: Path) -> None:
    for ended in open_store(path).finished:
        assert ended.state.is_finished()


def pack() -> bytes:
    """The runs of a method, as they are committed."""
    with tempfile.TemporaryDirectory() as folder:
        write_run(Path(folder), "A", 0, 0.3)
        (path,) = pack_runs(folder)
        return path.read_bytes()


def workbook() -> bytes:
    """An Excel workbook of annotations."""
    return excel.write(ANNOTATIONS["database"])


def store() -> bytes:
    """The trials of a search, one of them ended."""
    with tempfile.TemporaryDirectory() as folder:
        made = open_store(Path(folder, "a.db"))
        trial, _ = made.ask()
        made.tell(trial, TrialResult(0.5))
        return Path(folder, "a.db").read_bytes()


def open_store(path: Path) -> TrialStore:
    """The store of a search for one learning rate."""
    space = [Dimension.parse("learning_rate", "log(1e-4, 1e-2)")]
    values = {"learning_rate": 1e-3}
    return TrialStore(path, space=space, template=values, identity=dict(data="a"), seed=0)


@dataclass(frozen=True)
class Case:
    """A file and its reader.

    Attributes:
        name: Of the file.
        content: Valid.
        read: Gets the path.
        packed: Whether it may be gzipped or in an archive.
        slow: Whether reading takes a tenth of a second.
    """

    name: str
    content: bytes
    read: Callable[[Path], Any]
    packed: bool = False
    slow: bool = False

    @property
    def structured(self) -> bool:
        """Whether it is JSON."""
        return self.name.endswith(".json") and self.content.count(b"\n{") == 0


CASES = {
    "results, ActivityNet": Case("a.json", text(RESULTS), results, packed=True),
    "results, EPIC": Case("a.json", text(EPIC), results, packed=True),
    "results, EPIC-Sounds": Case("a.json", text(SOUNDS), results, packed=True),
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
    "import, EPIC-Sounds": Case(
        "EPIC_Sounds_train.csv",
        lines(
            "annotation_id,video_id,start_timestamp,stop_timestamp,start_sample,stop_sample,"
            "class,class_id",
            "P01_01_0,P01_01,00:00:01.14,00:00:02.10,27360,50400,rustle,1",
            "P01_01_1,P01_01,00:00:03.14,00:00:04.10,75360,98400,water,0",
        ),
        imported,
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
    "import, Label Studio's short form": Case("a.json", text(SHORT_TASKS), imported),
    "import, BORIS": Case("a.boris", text(BORIS), imported, packed=True),
    "import, BORIS aggregated": Case("a.tsv", BORIS_AGGREGATED.encode(), imported),
    "import, BORIS tabular": Case("a.tsv", BORIS_TABULAR.encode(), imported),
    "import, Audacity": Case("a.txt", AUDACITY.encode(), imported),
    "import, TextGrid": Case(
        "a.TextGrid", TEXTGRID.encode(), lambda path: imported(path, labels=("act", "moments"))
    ),
    "import, short TextGrid": Case("a.TextGrid", SHORT_TEXTGRID.encode(), imported),
    "import, SRT": Case("a.srt", SRT.encode(), imported),
    "import, VTT": Case("a.vtt", VTT.encode(), imported),
    "import, FIR-Image": Case(
        "labels.csv", lines("a_01.csv,35,60,walk,60,79,sitdown,", "b_01.csv,10,20,walk"), imported
    ),
    "import, Raven": Case("a.txt", RAVEN.encode(), imported),
    "import, BIDS": Case("a_events.tsv", BIDS.encode(), imported),
    "import, Bento": Case("a.annot", BENTO.encode(), imported),
    "import, table of frames": Case("a.csv", FRAME_TABLE.encode(), imported),
    "import, log of events": Case("a.csv", EVENT_LOG.encode(), imported),
    "import, table of labels": Case(
        "a.csv", SOLOMON.encode(), lambda path: imported(path, labels=("Behaviour",))
    ),
    "import, SoccerNet": Case("a.json", text(SOCCERNET), imported),
    "import, E2E-Spot": Case("a.json", text(SPOT), imported),
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
    "pose, DeepLabCut": Case("a.csv", lines(*DLC), features),
    "pose, SLEAP": Case("a.csv", lines(*SLEAP), features),
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
    "exported model": Case("a.onnx", onnx_file(DESCRIPTION), predicted),
    "what an exported model says of itself": Case("a.json", DESCRIPTION, described),
    "training log": Case(
        "a.json",
        lines(
            '{"lr": 1e-4, "loss": 2.5, "epoch": 1, "iter": 10, "step": 10}',
            '{"mAP": 0.5, "step": 1}',
            '{"lr": 1e-4, "loss": 1.5, "epoch": 2, "iter": 10, "step": 20}',
        ),
        read_training_log,
    ),
    "import, Excel": Case("a.xlsx", workbook(), imported),
    "video": Case("a.mp4", video(), burnt, slow=True),
    "pack of runs": Case("a.zip", pack(), unpacked),
    "store of a search": Case("a.db", store(), searched, slow=True),
}
