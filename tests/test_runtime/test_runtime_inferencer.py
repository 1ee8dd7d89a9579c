"""The inferencer of exported models finds what PyTorch's finds: recordings, windows, streams.

Most cases run the network in PyTorch, behind the interface of a session; what onnxruntime makes of
it is tested in ``test_export.py``, and here once.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "test_inference"))
from inference_case import EVENTS, UNCAPPED, assert_same, features, make_case
from test_export import MODELS
from test_streaming import RAW, run

from mmtal import apis
from mmtal.inference.export import RawPredictions, export
from mmtal.inference.export_description import describe
from mmtal.runtime import TemporalActionInferencer, inferencer
from mmtal.runtime.description import Description

RESIZED = """
test_dataloader['dataset'].update(pipeline=[
    dict(type='LoadFeatures'),
    dict(type='Normalize'),
    dict(type='ResizeFeatures', length=64),
    dict(type='PackInputs'),
])
"""
CASES = {
    "local attention": "",
    "absolute positions": MODELS["local and global attention, absolute positions"],
    "raw signals": RAW,
    "resized and normalized": RESIZED,
    "TriDet": MODELS["TriDet"],
    "events": EVENTS,
    "full padding": MODELS["TemporalMaxer"],
    "hard NMS": "model['head']['nms'] = dict(method='hard', tiou_thr=0.3, min_score=0.02)",
    "no NMS": "model['head']['nms'] = None",
    "voting": "model['head']['nms'] = dict(method='linear', tiou_thr=0.4, min_score=0.01, "
    "class_agnostic=True, voting_thr=0.6)",
}

UNBOUNDED = (MODELS["TriDet"], MODELS["TemporalMaxer"])


def refuse(model: dict) -> None:
    """What takes seconds to find out."""
    raise ValueError("its predictions depend on all features")


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Both inferencers of a model whose config ends with this text."""

    def make(text: str = "", *, options: dict | None = None, **settings):
        case = make_case(tmp_path, text)
        if text in UNBOUNDED:
            monkeypatch.setattr("mmtal.inference.inferencer.reach_of", refuse)
        ours = apis.TemporalActionInferencer(*case, "cpu", options=options, **settings)
        description = Description.from_json(describe(ours, for_runtime=True).to_json(), "a file")
        network = RawPredictions(ours.model)

        def run(features: np.ndarray, mask: np.ndarray) -> list[np.ndarray]:
            with torch.no_grad():
                raw = network(torch.from_numpy(features), torch.from_numpy(mask))
            return [x.numpy() for x in raw]

        monkeypatch.setattr(inferencer, "_open", lambda path, threads: (run, description))
        return ours, TemporalActionInferencer("model.onnx", **settings)

    return make


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_recordings_of_any_length(text, pair):
    ours, exported = pair(text)
    channels = exported.given_channels
    values = [features(n, seed=n, channels=channels) for n in (20, 63, 64, 96, 97, 400)]
    for expected, found in zip(ours(values, fps=12), exported(values, fps=12), strict=True):
        assert (found.video_id, found.classes) == (expected.video_id, expected.classes)
        assert found.duration == pytest.approx(expected.duration)
        assert_same(found, expected)


@pytest.mark.parametrize(
    ("text", "window"), [("", 100), (RAW, 230), ("model['head'].update(pre_nms_topk=40)", 100)]
)
def test_windows(text, window, pair):
    ours, exported = pair(text, window=window, max_duration=9)
    values = features(600, channels=exported.given_channels)
    [expected], [found] = ours(values, fps=2), exported(values, fps=2)
    assert_same(found, expected)


@pytest.mark.parametrize("text", ["", RAW, EVENTS], ids=["features", "signal", "events"])
def test_streams(text, pair):
    ours, exported = pair(text, options=UNCAPPED, max_duration=9)
    values = features(500, channels=exported.given_channels)
    [expected] = ours(values, fps=2)
    assert_same(run(exported.stream(fps=2, step=4), values, largest=60), expected)


def test_limits_grow_with_the_recording_unless_they_are_given(pair):
    values = features(900)  # ten times the longest in training
    lengths = []
    for options in (None, {"model.head.max_per_video": 100, "model.head.pre_nms_topk": 150}):
        ours, exported = pair("model['head'].update(max_per_video=20)", options=options)
        [expected], [found] = ours(values, fps=1), exported(values, fps=1)
        assert_same(found, expected)
        lengths.append(len(found))
    assert lengths[0] > 20
    assert lengths[0] != lengths[1] == 100


def test_inputs_by_file_folder_and_source(pair, tmp_path):
    _, exported = pair()
    first, second = features(80), features(90, seed=1)
    folder = tmp_path / "features" / "day"
    folder.mkdir(parents=True)
    np.save(folder / "a.npy", first)
    np.savez(folder / "b.npz", other=first, feats=second)
    expected = exported({"day/a": first, "day/b": second}, fps=1)
    for inputs in (tmp_path / "features", {"day/a": folder / "a.npy", "day/b": second}):
        found = exported(inputs, fps=1)
        assert [f.to_dict() for f in found] == [e.to_dict() for e in expected]
    [joined] = exported((first[:, :2], first[:, 2:]), fps=1, score_thr=0.1)
    assert joined.to_dict()["detections"] == expected[0].above(0.1).to_dict()["detections"]


BAD = {
    "channels": (features(50, channels=5), "has 5 channels, but the model expects 6"),
    "dimensions": (np.zeros((1, 50, 6)), r"of the shape \(T, C\)"),
    "NaN": (np.full((50, 6), np.nan), "features must be numbers of at most 1e"),
    "no file": ("nowhere.npy", "nowhere.npy does not exist"),
    "no array": (__file__, "is no .npy or .npz file of numbers"),
    "sources": ((features(50)[:, :3], features(40)[:, 3:]), "the sources must be as long"),
}


@pytest.mark.parametrize(("value", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_named(value, message, pair):
    _, exported = pair()
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        exported(value, fps=1)
    if not isinstance(value, str):
        with pytest.raises(ValueError, match=r"channels|shape|at most|as long"):
            exported.stream(fps=1).push(value)


def test_what_cannot_be_cut_says_so(pair):
    _, exported = pair(CASES["absolute positions"], window=30)
    with pytest.raises(ValueError, match="cannot predict in windows or in a stream: it has global"):
        exported(features(200), fps=1)
    _, exported = pair(RESIZED)
    with pytest.raises(ValueError, match=r"'(resize|normalize)' needs the whole recording"):
        exported.stream(fps=1)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(FileNotFoundError, match="does not exist"):
        TemporalActionInferencer(path)
    path.write_bytes(b"text")
    with pytest.raises(ValueError, match="no ONNX file that onnxruntime can run"):
        TemporalActionInferencer(path)
    with pytest.raises(ValueError, match="backend must be 'onnx'"):
        TemporalActionInferencer(path, backend="torch")
    with pytest.raises(ValueError, match="no ONNX file that onnxruntime can run"):
        apis.TemporalActionInferencer(path, backend="onnx")
    with pytest.raises(ValueError, match="backend must be 'torch' or 'onnx', but got 'tf'"):
        apis.TemporalActionInferencer("demo", backend="tf")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ([], "at least one recording, but are empty"),
        (["a/x.npy", "b/x.npy"], "'x' occurs twice"),
        ("empty.npz", "empty.npz is no .npy or .npz file of numbers: it holds no array"),
        ("bomb.npz", "bomb.npz .* would become 300,000,.* or more"),
        ("torn.npz", "torn.npz is no .npy or .npz file of numbers: File is not a zip file"),
        ("a.csv", "a.csv is no .npy or .npz file of numbers: it begins like neither"),
        ("objects.npy", "objects.npy is no .npy or .npz file of numbers: .*Python objects"),
    ],
)
def test_damaged_files_and_repeated_names_are_refused(inputs, said, pair, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, exported = pair()
    for name in ("a/x.npy", "b/x.npy", "objects.npy"):
        Path(name).parent.mkdir(exist_ok=True)
        np.save(name, np.array([{}]) if name == "objects.npy" else features(50))
    Path("a.csv").write_text("1,2\n3,4\n")
    np.savez("empty.npz")
    np.savez("torn.npz", feats=features(50))
    Path("torn.npz").write_bytes(Path("torn.npz").read_bytes()[:500])
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feats.npy", bytes(300_000_000))
    with pytest.raises(ValueError, match=said):
        exported(inputs, fps=1)


SCRIPT = """
import json, sys, time
began = time.perf_counter()
from mmtal.runtime import TemporalActionInferencer
took = time.perf_counter() - began
[found] = TemporalActionInferencer(sys.argv[1], backend="onnx")(sys.argv[2], fps=1)
heavy = [name for name in ("torch", "mmengine", "cv2", "matplotlib") if name in sys.modules]
print(json.dumps(dict(found=found.to_dict(), heavy=heavy, took=took)))
"""


def test_a_file_is_enough_and_neither_pytorch_nor_mmengine_is_imported(tmp_path):
    text = """
model['backbone'] = dict(
    _delete_=True, type='ConvNet', in_channels=6, embed_channels=16, depths=(1, 1, 2),
    max_seq_len=max_seq_len)
"""
    ours = apis.TemporalActionInferencer(*make_case(tmp_path, text), "cpu")
    values = features(150)
    np.save(tmp_path / "a.npy", values)
    export(ours, tmp_path / "model.onnx", to="onnx")
    command = [sys.executable, "-c", SCRIPT, tmp_path / "model.onnx", tmp_path / "a.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["heavy"] == []
    assert result["took"] < 5, "under one second on an idle machine"
    [expected] = ours(values, fps=1)
    found = [[d["label_id"], *d["segment"], d["score"]] for d in result["found"]["detections"]]
    wanted = [[d.label, d.start, d.end, d.score] for d in expected]
    np.testing.assert_allclose(found, wanted, atol=1e-4)
