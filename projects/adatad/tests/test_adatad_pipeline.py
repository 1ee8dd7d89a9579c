"""The same frames, windows, ground truth and pixels as in OpenTAD's pipeline (figures: data/)."""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from mmtal.datasets.frames import FrameArray
from mmtal.datasets.transforms.temporal import keep_inside
from mmtal.models.localizers.temporal_localizer import window_starts
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid
from projects.opentad_actionformer.opentad_actionformer import OpenTADTruncate

DATA = Path(__file__).parent / "data"
META = json.loads((DATA / "pipeline.json").read_text())
CASES = {case["name"]: case for case in META["cases"]}
FPS = 30


@cache
def figures() -> dict[str, np.ndarray]:
    with np.load(DATA / "pipeline.npz") as file:
        return dict(file)


def frames_of(name: str) -> FrameArray:
    """All pictures of a case's video: as many steps as have a first picture."""
    case = CASES[name]
    frames, per_step = case["results"]["total_frames"], case["init"]["scale_factor"]
    stride = case["results"].get("snippet_stride", per_step)
    load = TRANSFORMS.build(dict(type="LoadFrames", per_step=per_step))
    return load(
        dict(
            video_id=name, feat_paths=["x.mp4"], num_features=-(-frames // stride),
            grid=FeatureGrid(stride, 0, FPS),
        )
    )["feats"]  # fmt: skip


def indices(feats: FrameArray, name: str) -> np.ndarray:
    """Of the pictures shown at the times; the last step's are repeated up to a full window."""
    case = CASES[name]
    found = np.floor(feats.times.ravel() * FPS + 1e-6).astype(int)
    found = np.minimum(found, case["results"]["total_frames"] - 1)
    return np.pad(found, (0, case["n"] - len(found)), mode="edge")


@pytest.mark.parametrize("name", ["sw1_full", "sw1_short", "sw2_full", "sw2_short"])
def test_frames_of_windows(name: str) -> None:
    results, golden = CASES[name]["results"], figures()
    feats = frames_of(name)[results["feature_start_idx"] : results["feature_end_idx"] + 1]
    found = indices(feats, name)
    assert found[:: len(found) // len(golden[f"frames.{name}.inds_sub"])].tolist() == (
        golden[f"frames.{name}.inds_sub"].tolist()
    )
    assert found.sum() == CASES[name]["sum"]
    assert found[:6].tolist() == CASES[name]["first"] and found[-6:].tolist() == CASES[name]["last"]
    # a last step with half of its frames is none for OpenTAD
    assert len(feats) - golden[f"frames.{name}.masks"].sum() == (name == "sw2_short")


@pytest.mark.parametrize("name", ["trunc1_long", "trunc2_long"])
def test_frames_and_instances_of_random_windows(name: str) -> None:
    """Where theirs was drawn: the numbers come from another generator."""
    case, golden = CASES[name], figures()
    start = case["first"][0] // 4
    feats = frames_of(name)[start : start + 768]
    found = indices(feats, name)
    step = len(found) // len(golden[f"frames.{name}.inds_sub"])
    assert found[::step].tolist() == golden[f"frames.{name}.inds_sub"].tolist()
    assert found.sum() == case["sum"] and len(feats) == golden[f"frames.{name}.masks"].sum()
    segments, grid = np.array(case["results"]["gt_segments"]), FeatureGrid(4, 0, FPS)
    truncate = OpenTADTruncate(768, min_overlap=0.75)
    kept, inside = keep_inside(grid.to_seconds(segments), *truncate.bounds(grid, start, 768), 0.75)
    found = grid.window(start).to_grid(kept[inside])
    assert found == pytest.approx(np.array(case["gt_segments_out"]), abs=1e-4)
    assert np.array(case["results"]["gt_labels"])[inside].tolist() == case["gt_labels_out"]


@pytest.mark.parametrize("name", ["resize4_anet", "resize4_anet_short"])
def test_frames_of_a_whole_video(name: str) -> None:
    """A time between two pictures is that of the later one, for OpenTAD of the even one."""
    case, golden = CASES[name], figures()
    frames = case["results"]["total_frames"]
    feats = frames_of(name).spread(192, frames / FPS)
    found = indices(feats, name)
    exact = (np.arange(768) + 0.5) * frames / 768
    between = np.isclose(exact, np.round(exact), atol=1e-9)
    ours, theirs = found[::16], golden[f"frames.{name}.inds_sub"]
    assert np.array_equal(ours[~between[::16]], theirs[~between[::16]])
    assert (np.abs(ours - theirs) <= between[::16]).all()
    assert abs(found.sum() - case["sum"]) <= between.sum()
    resize = TRANSFORMS.build(dict(type="OpenTADResize", length=192, min_overlap=1e-6))
    if "gt_segments" in case["results"]:
        results = dict(
            feats=feats, grid=FeatureGrid(16, 0, FPS), duration=case["results"]["duration"],
            segments=np.array(case["results"]["gt_segments"]).clip(0), labels=np.zeros(2, int),
        )  # fmt: skip
        results = resize(results)
        found = results["grid"].to_grid(results["segments"])
        assert found == pytest.approx(np.array(case["gt_segments_out"]), abs=1e-9)


def test_windows_in_testing() -> None:
    """OpenTAD's, but each once: it tests a video of just one window twice."""
    expected: dict[str, list[int]] = {}
    for window in META["windows_test_overlap_0_5"]["windows"]:
        starts = expected.setdefault(window["video"], [])
        if window["start"] not in starts:
            starts.append(window["start"])
    assert len(expected) == 6
    for name, starts in expected.items():
        steps = -(-META["annotation"][name]["frame"] // 4)
        assert window_starts(steps, 768, 384) == starts, name


def test_windows_in_training_and_what_is_inside() -> None:
    """OpenTAD's windows of validation are those of TrainingWindows: more than 75 % inside."""
    cut = TRANSFORMS.build(dict(type="TrainingWindows", max_len=768, step=576, min_overlap=0.75))
    expected: dict[tuple[str, int], list] = {}
    for window in META["windows_val_overlap_0_25"]["windows"]:
        expected[window["video"], window["start"]] = window["gt_segments"]
    found = {}
    for name, entry in META["annotation"].items():
        fps = entry["frame"] / entry["duration"]
        grid, steps = FeatureGrid(4, 0, fps), -(-entry["frame"] // 4)
        segments = [a["segment"] for a in entry["annotations"] if a["label"] != "Ambiguous"]
        whole = (np.array(segments) * fps + 1e-9).astype(int) / fps  # in whole frames, as theirs
        results = dict(feats=np.zeros((steps, 1)), grid=grid, segments=whole)
        for start in cut.starts(steps):
            kept, inside = cut.keep(results, start)
            if inside.any():
                rows = grid.window(start).to_grid(kept[inside])
                found[name, start] = np.unique(rows.round(4), axis=0)  # without duplicates
    assert found.keys() == expected.keys()
    for key, rows in found.items():
        assert rows == pytest.approx(np.unique(np.array(expected[key]), axis=0), abs=1e-3), key


def test_pixels_in_testing() -> None:
    changes = FrameArray(Path("x"), np.zeros(4))
    for name in ("ResizeFrames", "CropFrames"):
        transform = TRANSFORMS.build(dict(type=name, size=160))
        changes = transform(dict(feats=changes, rng=np.random.default_rng(0)))["feats"]
    pictures = []
    for index in range(4):
        picture = np.random.RandomState(index).randint(0, 256, (240, 321, 3)).astype(np.uint8)
        for change in changes.changes:
            picture = change(picture)
        pictures.append(picture)
    values = np.stack(pictures).transpose(3, 0, 1, 2)[None]
    difference = np.abs(values.ravel()[::37].astype(int) - figures()["images.test_sub"])
    assert difference.max() <= 1 and (difference > 0).mean() < 1e-3, "rounded by another OpenCV"
