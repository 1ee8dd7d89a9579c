"""The inferencer finds what ``mmtal test`` finds, whatever form the recordings have."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from inference_case import CLASSES, RAW, UNCAPPED, assert_same, features, make_case, save_model
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmtal.apis import Detections, TemporalActionInferencer
from mmtal.inference import inferencer
from mmtal.inference.detections import format_detections
from mmtal.registry import DATASETS, INFERENCERS


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_case(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def infer(case: tuple[Path, Path]) -> TemporalActionInferencer:
    return TemporalActionInferencer(*case, "cpu")


@pytest.fixture(scope="module")
def parts(case: tuple[Path, Path]) -> TemporalActionInferencer:
    return TemporalActionInferencer(*case, "cpu", window=100)


@pytest.fixture
def folder(case: tuple[Path, Path]) -> Path:
    return case[0].parent / "data" / "features"


def same(first: Detections, second: Detections) -> bool:
    return first.to_dict()["detections"] == second.to_dict()["detections"]


# ---------------------------------------------------------------- equality


def test_finds_exactly_what_testing_finds(infer, folder):
    dataset = DATASETS.build(infer.config.test_dataloader.dataset)
    for index, video_id in enumerate(dataset.metainfo["video_ids"]):
        item = dataset[index]
        [sample] = infer.model.test_step({key: [value] for key, value in item.items()})
        [found] = infer(folder / f"{video_id}.npy")
        assert found.video_id == video_id
        assert found.duration == sample.duration, "the annotation file knows it"
        assert len(found) > 10
        for key in ("segments", "scores", "labels"):
            np.testing.assert_array_equal(getattr(found, key), sample.pred_instances[key].numpy())


def test_a_batch_finds_what_one_by_one_finds(infer):
    lengths = [90, 1, 33, 97, 250, 96, 4, 128]  # shorter and longer than max_seq_len
    recordings = {f"r{n}": features(n, seed=n) for n in lengths}
    alone = infer(recordings, fps=1)
    for size in (3, 8):
        for one, other in zip(alone, infer(recordings, fps=1, batch_size=size), strict=True):
            assert one.video_id == other.video_id
            np.testing.assert_allclose(one.segments, other.segments, atol=1e-4)
            np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
            np.testing.assert_array_equal(one.labels, other.labels)


def test_every_form_of_input_gives_the_same(infer, tmp_path):
    values = features(70)
    np.save(tmp_path / "clip.npy", values)
    np.savez(tmp_path / "other.npz", feats=values)
    torch.save(torch.from_numpy(values), tmp_path / "third.pt")
    for sub in ("one", "left", "right"):
        (tmp_path / sub).mkdir()
    np.save(tmp_path / "one" / "clip.npy", values)
    np.save(tmp_path / "left" / "clip.npy", values[:, :2])
    np.save(tmp_path / "right" / "clip.npy", values[:, 2:])
    [expected] = infer(values, fps=1)
    forms = {
        "tensor": torch.from_numpy(values),
        "tensor that needs a gradient": torch.from_numpy(values).requires_grad_(True),
        "double": values.astype(np.float64),
        "a batch of one": values[None],
        ".npy": tmp_path / "clip.npy",
        ".npz": str(tmp_path / "other.npz"),
        ".pt": tmp_path / "third.pt",
        "folder": tmp_path / "one",
        "list": [values],
        "dict": {"clip": values},
        "sources": (values[:, :4], values[:, 4:]),
        "sources in files": (tmp_path / "left" / "clip.npy", tmp_path / "right" / "clip.npy"),
        "folders of sources": (tmp_path / "left", tmp_path / "right"),
        "sources that differ in length": (values[:, :4], np.pad(values[:, 4:], ((0, 2), (0, 0)))),
    }
    for form, value in forms.items():
        [found] = infer(value, fps=1)
        assert same(found, expected), form
    named = infer([tmp_path / "clip.npy", values, tmp_path / "one" / "clip.npy"][:2], fps=1)
    assert [r.video_id for r in named] == ["clip", "recording_1"]


def test_recordings_in_folders_below_are_named_after_them(infer, tmp_path):
    for name in ("P01/a", "P02/a", "日本" * 40):
        path = tmp_path / "in" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, features(70))
    found = infer(tmp_path / "in", fps=1, show_dir=tmp_path / "out")
    assert [result.video_id for result in found] == ["P01/a", "P02/a", "日本" * 40]
    assert len(list((tmp_path / "out").glob("*.png"))) == 3


def test_raw_signals_become_features_as_in_the_config(tmp_path):
    infer = TemporalActionInferencer(*make_case(tmp_path, RAW), "cpu")
    signal = features(500, channels=2)
    windows = np.lib.stride_tricks.sliding_window_view(signal, 4, axis=0)[::2].reshape(249, 8)
    batch = dict(inputs=[torch.from_numpy((windows - np.float32(0.1)) / 2)], data_samples=[None])
    logits, _ = infer.model.forward(
        **{k: infer.model.data_preprocessor(batch)[k] for k in ("inputs", "masks")}
    )
    [found] = infer(signal)
    assert found.duration == 501 / 8, "as TemporalDataset has it"
    assert found.scores[0] == pytest.approx(max(x.sigmoid().max().item() for x in logits), abs=1e-6)
    windowed = TemporalActionInferencer(infer.config, infer.checkpoint, "cpu", window=30)
    assert_same(windowed(signal)[0], found)


# ---------------------------------------------------------------- windows


@pytest.mark.parametrize("length", [96, 97, 160, 163, 400, 401, 999])
def test_windows_find_what_one_pass_finds(parts, length):
    values = features(length, seed=length)
    parts.window = float("inf")
    [expected] = parts(values, fps=1)
    for window in (90, 95, 203):  # seconds are features here
        parts.window = window
        assert_same(parts(values, fps=1)[0], expected)


def test_the_best_of_a_level_are_taken_from_all_windows(case):
    options = {"model.head.pre_nms_topk": 25, "model.head.max_per_video": 1000}
    values = features(700)
    [expected] = TemporalActionInferencer(*case, "cpu", options=options)(values, fps=1)
    parts = TemporalActionInferencer(*case, "cpu", window=100, options=options)
    assert_same(parts(values, fps=1)[0], expected)


def test_windows_read_no_more_than_they_need(parts, tmp_path, monkeypatch):
    np.save(tmp_path / "long.npy", features(3000))
    parts.window = 120
    read, pack = [], parts.pipeline.pack
    note = lambda results: read.append(len(results["feats"])) or pack(results)  # noqa: E731
    monkeypatch.setattr(parts.pipeline, "pack", note)
    parts(tmp_path / "long.npy", fps=1)
    assert max(read) == 120
    assert sum(read) < 3000 * 4


def test_long_detections_are_dropped_before_nms(case):
    values = features(300)
    limited = TemporalActionInferencer(*case, "cpu", max_duration=6, options=UNCAPPED)
    in_windows = TemporalActionInferencer(*case, "cpu", max_duration=6, window=90, options=UNCAPPED)
    [found] = limited(values, fps=1)
    lengths = found.segments[:, 1] - found.segments[:, 0]
    assert lengths.max() <= 6 + 1e-3
    assert_same(in_windows(values, fps=1)[0], found)


NOT_LOCAL = {
    "global attention": ("model['backbone'].update(window=-1)", "global attention"),
    "global attention of one level": ("model['backbone'].update(window=[5, 5, -1])", "global"),
    "absolute positions": ("model['backbone'].update(abs_pos=True)", "absolute positions"),
    "a norm over the recording": (
        "custom_imports = dict(imports='projects.temporalmaxer.temporalmaxer')\n"
        "model['neck'] = dict(type='SharedNormNeck', norm='group')",
        "GroupNorm",
    ),
}


@pytest.mark.parametrize(("text", "reason"), NOT_LOCAL.values(), ids=NOT_LOCAL)
def test_models_that_see_everything_are_not_cut(tmp_path, monkeypatch, text, reason):
    case = make_case(tmp_path, text)
    values = features(200)
    [expected] = TemporalActionInferencer(*case, "cpu")(values, fps=1)
    with pytest.raises(ValueError, match=rf"cannot predict in windows.*{reason}"):
        TemporalActionInferencer(*case, "cpu", window=100)(values, fps=1)
    with pytest.raises(ValueError, match=reason):
        TemporalActionInferencer(*case, "cpu").stream(fps=1)
    monkeypatch.setattr(inferencer, "ONE_PASS", 100)
    said = []
    monkeypatch.setattr(inferencer, "print_log", lambda text, *args: said.append(text))
    [found] = TemporalActionInferencer(*case, "cpu")(values, fps=1)
    assert same(found, expected)
    assert "Predict in one pass: that is done now" in said[0]


# ---------------------------------------------------------------- names, fps, results


def test_classes_are_those_given_or_of_the_checkpoint_or_of_the_annotations(case, tmp_path):
    config, checkpoint = case
    own = TemporalActionInferencer(config, checkpoint, "cpu", classes=["a", "b", "c"])
    assert own.classes == ("a", "b", "c")
    assert TemporalActionInferencer(config, checkpoint, "cpu").classes == CLASSES
    bare = save_model(config, tmp_path / "bare.pth", meta={})
    assert TemporalActionInferencer(config, bare, "cpu").classes == CLASSES
    nowhere = {"test_dataloader.dataset.ann_file": "nowhere.json"}
    unnamed = TemporalActionInferencer(config, bare, "cpu", options=nowhere)
    assert unnamed.classes == ("class_0", "class_1", "class_2")
    with pytest.raises(ValueError, match="classes must name the model's 3 classes, but names 2"):
        TemporalActionInferencer(config, checkpoint, "cpu", classes=["a", "b"])


def test_seconds_follow_the_frames_per_second(infer, folder):
    values = features(60)
    [slow] = infer(values, fps=1)
    [fast] = infer(values, fps=4)
    np.testing.assert_allclose(fast.segments, slow.segments / 4, atol=1e-5)
    assert fast.duration == slow.duration / 4
    both = infer({"a": values, "b": values}, fps={"a": 1, "b": 4})
    assert [r.duration for r in both] == [slow.duration, fast.duration]
    assert infer(folder / "rec_0.npy")[0].duration > 0, "the annotation file has its fps"
    with pytest.raises(ValueError, match="'recording_0': its frames per second are unknown"):
        infer(values)


def test_results_are_easy_to_use(infer, tmp_path):
    out, pictures = tmp_path / "results" / "r.json", tmp_path / "pictures"
    found, empty = infer(
        {"a/b": features(60), "a_b": features(20)},
        fps=1, out_file=out, show_dir=pictures, score_thr=0.05,
    )  # fmt: skip
    assert found.scores.min() >= 0.05
    assert (np.diff(found.scores) <= 0).all(), "highest score first"
    first = next(iter(found))
    assert first.name == found.names[0] == CLASSES[found.labels[0]]
    assert 0 <= first.start < first.end <= 61
    assert len(found.above(2.0)) == 0
    assert found.above(2.0).to_dict() == dict(video_id="a/b", duration=61.0, detections=[])
    written = json.loads(out.read_text())["results"]
    assert written["a/b"] == found.to_dict()["detections"]
    assert {p.name for p in pictures.iterdir()} == {"a%2Fb.png", "a_b.png"}
    table = format_detections([found, empty.above(2.0)])
    assert "a/b (1:01)" in table and "a_b (0:21): 0 found" in table
    assert "... and 60 more" in format_detections([found] * 68)


POINT = dict(score_thr=0.62, f1=0.5, precision=0.5, recall=0.5, tiou=0.5)
THRESHOLDS = [
    ("the checkpoint's", dict(operating_point=POINT), {}, 0.62, "where F1 was best in validation"),
    ("none of its own", {}, {}, 0.3, "since the checkpoint has no threshold of its own"),
    ("the user's", dict(operating_point=POINT), dict(score_thr=0.4), 0.4, None),
]


@pytest.mark.parametrize(
    ("why", "meta", "options", "threshold", "source"), THRESHOLDS, ids=[c[0] for c in THRESHOLDS]
)
def test_people_see_what_scores_high_enough(
    case, tmp_path, monkeypatch, why, meta, options, threshold, source
):
    drawn = []
    monkeypatch.setattr(
        "mmtal.inference.detections.draw_detections",
        lambda *_, score_thr, pictures: drawn.append(score_thr),
    )
    monkeypatch.setattr("mmtal.inference.inferencer.save_figure", lambda *_: None)
    checkpoint = save_model(case[0], tmp_path / "m.pth", meta=meta)
    infer = TemporalActionInferencer(case[0], checkpoint, "cpu")
    out = tmp_path / "r.json"
    [found] = infer({"a": features(60)}, fps=1, out_file=out, show_dir=tmp_path, **options)
    high = int((found.scores >= threshold).sum())
    whole = len(TemporalActionInferencer(*case, "cpu")(features(60), fps=1)[0])
    assert 0 < high < whole
    assert drawn == [threshold]
    assert len(found.above()) == high
    assert (
        len(json.loads(out.read_text())["results"]["a"])
        == len(found)
        == (high if options else whole)
    )
    table = format_detections([found])
    assert f"a (1:01): {high} found" in table
    note = f"shown: score >= {threshold}, {source}; {whole - high} of {whole} detections lie below"
    assert table.splitlines()[-1] == note if source else "shown" not in table


def test_the_table_is_in_order_of_time_and_names_the_best():
    scores = np.linspace(0.9, 0.31, 60, dtype=np.float32)
    starts = np.random.default_rng(0).permutation(60).astype(np.float32)
    found = Detections(
        video_id="a", duration=61.0, segments=np.stack([starts, starts + 1], 1), scores=scores,
        labels=np.zeros(60, np.int64), classes=("run",),
    )  # fmt: skip
    rows = [line.split("|")[1:-1] for line in format_detections([found]).splitlines()[3:-1]]
    assert rows[0][0].strip() == "a (1:01): 60 found, best 40:" and len(rows) == 40
    shown = [float(row[1]) for row in rows]
    assert shown == sorted(starts[:40].tolist())
    assert not found.above(1).names and "0 found" in format_detections([found.above(1)])


def test_is_registered_and_takes_names_and_configs(case, infer):
    init_default_scope("mmtal")
    built = INFERENCERS.build(
        dict(type="TemporalActionInferencer", config=str(case[0]), checkpoint=case[1], device="cpu")
    )
    config = Config.fromfile(case[0])
    before = config.to_dict()
    other = TemporalActionInferencer(config, case[1], "cpu", options=UNCAPPED)
    assert config.to_dict() == before, "the caller's config stays as it is"
    assert built.classes == other.classes == infer.classes
    assert other.model.head.max_per_video == 10**6
    with pytest.raises(FileNotFoundError, match="thumos_i3d"):
        TemporalActionInferencer("thumos", case[1])


def test_the_limits_follow_the_length_and_are_said(infer, monkeypatch):
    said = []
    monkeypatch.setattr(inferencer, "print_log", lambda text, *_: said.append(text))
    monkeypatch.setattr(infer.model.head, "max_per_video", 3)
    monkeypatch.setattr(infer.model, "made_for", 50.0)
    monkeypatch.setattr(infer, "threshold", 0.01)
    short, long = infer([features(60), features(500)], fps=1, batch_size=2)
    assert (len(short), len(long)) == (3, 30)
    assert len(said) == 1 and "max_per_video was reached in 2 of 2" in said[0]
    monkeypatch.setattr(infer, "window", 200.0)  # windows find the same
    [windowed] = infer(features(500), fps=1)
    assert_same(windowed, long)
