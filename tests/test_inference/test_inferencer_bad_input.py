"""Bad input of the inferencer is one error."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from inference_case import RAW, features, make_case

from mmtal.apis import TemporalActionInferencer
from mmtal.inference.recordings import find_recordings


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_case(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def infer(case: tuple[Path, Path]) -> TemporalActionInferencer:
    return TemporalActionInferencer(*case, "cpu")


GOOD = features(40)
BAD = {
    "other channels": (features(40, channels=7), "7 channels, but the model expects 6"),
    "no feature": (GOOD[:0], r"not be empty, but got \(0, 6\)"),
    "one dimension": (GOOD[:, 0], r"shape \(T, C\).* but got \(40,\)"),
    "a batch": (np.stack([GOOD, GOOD]), r"shape \(T, C\).* but got \(2, 40, 6\)"),
    "a name that leaves the folder": ({"../x": GOOD}, r"'../x': must have a name that can be"),
    "no numbers": (np.full((4, 6), "x"), "must be numbers"),
    "NaN": (
        np.where(np.arange(240).reshape(40, 6) == 9, np.nan, GOOD),
        "feature 1 has nan in .* 3",
    ),
    "absurd": (np.where(np.arange(240).reshape(40, 6) == 9, -1e20, GOOD), r"has -1e\+20 in"),
    "nothing": ([], "at least one recording"),
    "empty tuple": ((), "an empty tuple has no features"),
    "sources of other lengths": ((GOOD, GOOD[:9]), "must agree in length"),
    "a number": (3, "must be an array or a tensor"),
    "no such file": ("nowhere.npy", "nowhere.npy does not exist"),
    "unknown ending": (__file__, "must end in .npy, .npz, .pt, .*.slp"),
    "a folder without features": (Path(__file__).parent, "holds no feature file"),
    "one name twice": ([GOOD, {"a": 1}], "must be an array"),
}


@pytest.mark.parametrize(("value", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_error_and_writes_nothing(infer, tmp_path, value, message):
    inputs = {"good": GOOD, "bad": value} if isinstance(value, np.ndarray) else value
    with pytest.raises((ValueError, FileNotFoundError, TypeError), match=message):
        infer(inputs, fps=1, out_file=tmp_path / "o" / "r.json", show_dir=tmp_path / "p")
    assert not list(tmp_path.iterdir())


def test_only_the_demo_comes_with_a_checkpoint():
    with pytest.raises(ValueError, match="mmtal ships one for the config 'demo' alone"):
        TemporalActionInferencer("thumos_i3d")


def test_damaged_files_and_equal_names_are_named(infer, tmp_path):
    np.save(tmp_path / "clip.npy", GOOD)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "clip.npy").read_bytes()[:300])
    with pytest.raises(ValueError, match=r"cut.npy cannot be read"):
        infer(tmp_path / "cut.npy", fps=1)
    with pytest.raises(ValueError, match=r"occur twice: 'clip'"):
        infer([tmp_path / "clip.npy"] * 2, fps=1)


def test_a_recording_shorter_than_a_window_of_samples_is_named(tmp_path):
    infer = TemporalActionInferencer(*make_case(tmp_path, RAW), "cpu")
    with pytest.raises(ValueError, match="'short' has 3 samples, fewer than one window of 4"):
        infer({"short": features(3, channels=2)})
    with pytest.raises(ValueError, match=r"has 3 channels, 12 after the pipeline, .* expects 8"):
        infer(features(30, channels=3))


def test_bad_arguments(case, infer, tmp_path):
    with pytest.raises(ValueError, match=r"window must be at least \d\d s"):
        TemporalActionInferencer(*case, "cpu", window=20)(features(100), fps=1)
    for name in ("window", "max_duration"):
        with pytest.raises(ValueError, match=f"{name} must be > 0 seconds or None, but got 0"):
            TemporalActionInferencer(*case, "cpu", **{name: 0})
    with pytest.raises(ValueError, match="device 'tpu' cannot be used here"):
        TemporalActionInferencer(*case, "tpu")
    with pytest.raises(ValueError, match="batch_size must be >= 1, but got 0"):
        infer(GOOD, fps=1, batch_size=0)
    with pytest.raises(ValueError, match="score_thr must be >= 0, but got nan"):
        infer(GOOD, fps=1, score_thr=float("nan"))
    with pytest.raises(ValueError, match="fps must be > 0, but got 0"):
        infer(GOOD, fps=0)
    with pytest.raises(ValueError, match="is a folder"):
        infer(GOOD, fps=1, out_file=tmp_path)
    with pytest.raises(ValueError, match="nothing reads 'max_seq_len'"):
        TemporalActionInferencer(*case, "cpu", options={"max_seq_len": 3})


def test_checkpoints_of_other_models_and_unsafe_ones_are_refused(case, tmp_path):
    config, checkpoint = case
    other = {"model.backbone.embed_channels": 32}
    with pytest.raises(ValueError, match=r"is not one of the config's model.* another shape"):
        TemporalActionInferencer(config, checkpoint, "cpu", options=other)
    with pytest.raises(FileNotFoundError, match=r"nowhere.pth does not exist"):
        TemporalActionInferencer(config, tmp_path / "nowhere.pth")
    torch.save(dict(state_dict={}, evil=functools.partial(print)), tmp_path / "evil.pth")
    with pytest.raises(ValueError, match=r"refused and nothing in it was run: .*partial"):
        TemporalActionInferencer(config, tmp_path / "evil.pth")


def test_files_of_another_ending_are_said(tmp_path: Path) -> None:
    """A folder is read by one ending; what is left out is named, but for tables beside it."""
    for name in ("a.npy", "b.npy"):
        np.save(tmp_path / name, np.zeros((4, 2), np.float32))
    for name in ("a.csv", "c.csv"):
        (tmp_path / name).write_text("0,1\n1,2\n")
    with pytest.warns(UserWarning, match=r"1 file of another ending than a\.npy: not read.*c\.csv"):
        found = find_recordings(tmp_path, file_prefix="", file_ext=".npy", key=None)
    assert [recording.name for recording in found] == ["a", "b"]
