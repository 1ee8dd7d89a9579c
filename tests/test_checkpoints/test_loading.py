"""Checkpoints: nothing in a file is run, and training resumes from what is saved."""

import functools
import hashlib
import http.server
import pickle
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from torch import nn

from mmtal.checkpoints.loading import (
    TRUST,
    load_checkpoint_file,
    load_state_dict_file,
    make_plain,
    to_plain,
)
from mmtal.checkpoints.weights import load_weights
from tests.test_checkpoints.toy_runs import run


class Call:
    """Pickles as a call of ``function``."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def touch(path: Path) -> Call:
    return Call(eval, f"open({str(path)!r}, 'w').close()")


def history(*values: float) -> HistoryBuffer:
    return HistoryBuffer(list(values), [1] * len(values))


def hub(**scalars: HistoryBuffer) -> dict:
    return dict(log_scalars=OrderedDict(scalars), runtime_info={}, resumed_keys={})


READERS = {
    "file": load_checkpoint_file,
    "state dict": load_state_dict_file,
    "weights": lambda path: load_weights(nn.Linear(1, 1), path),
    "load_from": lambda path: run(path.parent / "run", load_from=path),
    "resume": lambda path: run(path.parent / "run", resume_from=path),
    "test": lambda path: run(path.parent / "run", load_from=path, test=True),
    "pretrained": lambda path: run(
        path.parent / "run", init_cfg=dict(type="Pretrained", checkpoint=str(path))
    ),
}
WRITERS = {
    "zip": torch.save,
    "legacy": functools.partial(torch.save, _use_new_zipfile_serialization=False),
    "bare pickle": lambda content, path: path.write_bytes(pickle.dumps(content)),
}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_malicious_pickle_is_refused_and_runs_nothing(tmp_path, read, write):
    ran, path = tmp_path / "ran", tmp_path / "bad.pth"
    write({"state_dict": {"weight": torch.zeros(1, 1)}, "meta": touch(ran)}, path)
    with pytest.raises(ValueError, match=r"bad\.pth"):
        read(path)
    assert not ran.exists()


@pytest.mark.parametrize(
    "content",
    [
        Call(getattr, torch.Tensor, "__init__"),  # the real getattr opens any object
        Call(getattr, np.dtype, "__init__"),  # also those under a stand-in's name
        Call(np.dtype, "O8"),  # object pointers from bytes
        np.array([{}], dtype=object),
        Call(np.frombuffer, b"", "f4"),  # a NumPy function that is not on the list
        Call(HistoryBuffer.register_statistics, print),
    ],
)
def test_the_safe_list_does_not_open_more_than_a_message_hub_needs(tmp_path, content):
    torch.save({"state_dict": {}, "extra": content}, tmp_path / "bad.pth")
    with pytest.raises(ValueError, match=r"bad\.pth"):
        load_checkpoint_file(tmp_path / "bad.pth")


def test_the_refusal_names_the_culprit_and_how_to_trust_the_file(tmp_path, monkeypatch):
    ran, path = tmp_path / "ran", tmp_path / "bad.pth"
    torch.save({"state_dict": {}, "meta": touch(ran)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setenv(TRUST, "0" * 64)
    with pytest.raises(ValueError, match=rf"'(builtins\.)?eval'.*{TRUST}={digest}"):
        load_checkpoint_file(path)
    assert not ran.exists()
    monkeypatch.setenv(TRUST, digest)
    assert load_checkpoint_file(path)["state_dict"] == {}
    assert ran.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"\x80\x02}"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "cut.pth").write_bytes(content)
    with pytest.raises(ValueError, match=r"cut\.pth .*(Error\(|was refused)"):
        load_checkpoint_file(tmp_path / "cut.pth")


@pytest.mark.parametrize("content", [b'{"a": 1}', b"\0\0\0 ftypisom", b"text"])
def test_what_is_no_checkpoint_is_not_to_be_trusted(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.mp4 cannot be read as a checkpoint") as error:
        load_checkpoint_file(tmp_path / "a.mp4")
    assert TRUST not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pth"):
        load_checkpoint_file(tmp_path / "none.pth")


@pytest.mark.parametrize("address", ["open-mmlab://resnet", "torchvision://r", "s3://b/x.pth"])
def test_addresses_that_only_mmengine_knows_are_refused(address):
    with pytest.raises(ValueError, match="download it and give its path"):
        load_checkpoint_file(address)


def test_a_url_is_downloaded_once_and_read_safely(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    served = tmp_path / "served"
    served.mkdir()
    torch.save({"state_dict": {"weight": torch.ones(1)}}, served / "good.pth")
    torch.save({"state_dict": {}, "meta": touch(tmp_path / "ran")}, served / "bad.pth")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        good = load_checkpoint_file(f"{base}/good.pth")
        with pytest.raises(ValueError, match=r"bad\.pth was refused"):
            load_checkpoint_file(f"{base}/bad.pth")
        server.shutdown()
    assert good["state_dict"]["weight"] == 1
    assert not (tmp_path / "ran").exists()
    again = load_checkpoint_file(f"{base}/good.pth")  # the server is gone
    assert again["state_dict"].keys() == good["state_dict"].keys()


def test_mmengines_own_message_hub_loads(tmp_path):
    buffer = history(3.0, 1.0)
    buffer.update(0.5, 2)
    content = {"message_hub": hub(loss=buffer), "meta": {"lr": np.float64(0.1)}, "state_dict": {}}
    torch.save(content, tmp_path / "own.pth")
    loaded = load_checkpoint_file(tmp_path / "own.pth")
    back = loaded["message_hub"]["log_scalars"]["loss"]
    assert type(back) is HistoryBuffer
    assert [part.tolist() for part in back.data] == [[3.0, 1.0, 0.5], [1, 1, 2]]
    assert back.statistics("mean", 2) == buffer.statistics("mean", 2)
    assert loaded["meta"]["lr"] == 0.1


def test_what_the_hook_saves_needs_no_safe_globals(tmp_path):
    content = {
        "state_dict": nn.Linear(2, 1).state_dict(),
        "message_hub": hub(loss=history(3.0, 1.0), empty=HistoryBuffer()),
        "meta": {"dataset_meta": ConfigDict(classes=("a", "b"), root=Path("x")), "n": np.int64(3)},
    }
    make_plain(content)
    torch.save(content, tmp_path / "plain.pth")
    torch.load(tmp_path / "plain.pth", weights_only=True)
    loaded = load_checkpoint_file(tmp_path / "plain.pth")
    scalars = loaded["message_hub"]["log_scalars"]
    assert [part.tolist() for part in scalars["loss"].data] == [[3.0, 1.0], [1, 1]]
    assert type(scalars["empty"]) is HistoryBuffer
    assert loaded["meta"] == {"dataset_meta": {"classes": ("a", "b"), "root": "x"}, "n": 3}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),  # a subclass of float, which pickles as NumPy's
        (np.array([[1, 2]]), [[1, 2]]),
        ((1, [None, True]), (1, [None, True])),
        ({"a": {1, 2}}, {"a": {1, 2}}),
    ],
)
def test_plain_values(value, expected):
    plain = to_plain(value, "meta")
    assert plain == expected
    assert type(plain) is type(expected)


def test_what_cannot_be_saved_is_named():
    with pytest.raises(TypeError, match=r"meta\.dataset_meta\[1\] holds a object"):
        to_plain({"dataset_meta": [0, object()]}, "meta")


W = torch.ones(2)


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": {"w": W}, "meta": {}},  # MMEngine; with EMAHook this is the average
        {"state_dict_ema": {"module.w": W}, "state_dict": {"module.w": 0 * W}},  # official
        {"w": W},  # nothing else
    ],
)
def test_weights_come_from_every_layout(tmp_path, content):
    torch.save(content, tmp_path / "weights.pth.tar")
    weights = load_state_dict_file(tmp_path / "weights.pth.tar")
    assert list(weights) == ["w"]
    assert torch.equal(weights["w"], W)


@pytest.mark.parametrize("content", [W, {}, {"epoch": 3}, {"state_dict": {"w": 1.0}}])
def test_a_file_without_weights_is_named(tmp_path, content):
    torch.save(content, tmp_path / "none.pth")
    with pytest.raises(ValueError, match=r"none\.pth must hold"):
        load_state_dict_file(tmp_path / "none.pth")
