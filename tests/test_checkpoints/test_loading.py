"""Checkpoints: nothing in a file is run, and training resumes from what is saved."""

import functools
import hashlib
import http.server
import itertools
import pickle
import threading
from collections import OrderedDict
from pathlib import Path

import mmengine.runner
import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.hooks import EMAHook
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import CheckpointLoader, Runner
from torch import nn

from mmtal.checkpoints import loading as checkpoint_module
from mmtal.checkpoints.loading import (
    TRUST,
    load_checkpoint_file,
    load_state_dict_file,
    make_plain,
    to_plain,
)
from mmtal.engine.hooks import SafeCheckpointHook


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
    "mmtal": load_checkpoint_file,
    "mmengine": lambda path: mmengine.runner.load_checkpoint(nn.Linear(1, 1), str(path)),
    "weights": load_state_dict_file,
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


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pth"):
        load_checkpoint_file(tmp_path / "none.pth")


def test_every_scheme_of_mmengine_goes_through_ours():
    loaders = CheckpointLoader._schemes
    assert len(loaders) >= 10
    assert {loader.__module__ for loader in loaders.values()} == {checkpoint_module.__name__}


@pytest.mark.parametrize("address", ["open-mmlab://resnet", "torchvision://r", "s3://b/x.pth"])
def test_schemes_whose_loader_would_trust_the_file_are_refused(address):
    with pytest.raises(ValueError, match="download it and give its path"):
        CheckpointLoader.load_checkpoint(address)


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
        good = CheckpointLoader.load_checkpoint(f"{base}/good.pth")
        with pytest.raises(ValueError, match=r"bad\.pth was refused"):
            CheckpointLoader.load_checkpoint(f"{base}/bad.pth")
        server.shutdown()
    assert good["state_dict"]["weight"] == 1
    assert not (tmp_path / "ran").exists()
    again = CheckpointLoader.load_checkpoint(f"{base}/good.pth")  # the server is gone
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


class Toy(BaseModel):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, inputs, mode="tensor"):
        return {"loss": self.linear(inputs).square().mean()}


class Points(torch.utils.data.Dataset):
    def __init__(self):
        self.metainfo = dict(classes=("a", "b"), dataset_name="points")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return {"inputs": torch.tensor([index, 1.0])}


RUNS = itertools.count()


def run(work_dir: Path, *, resume_from: Path | None = None, safe: bool = True) -> Runner:
    torch.manual_seed(0)
    loader = dict(dataset=Points(), batch_size=2, sampler=dict(type="DefaultSampler", shuffle=True))
    runner = Runner(
        Toy(),
        str(work_dir),
        train_dataloader=dict(loader, collate_fn=dict(type="default_collate")),
        train_cfg=dict(by_epoch=True, max_epochs=3),
        optim_wrapper=dict(optimizer=dict(type="AdamW", lr=0.1)),
        param_scheduler=dict(type="ExponentialLR", gamma=0.9),
        default_hooks=dict(logger=dict(type="LoggerHook", interval=1)),
        custom_hooks=[EMAHook(), SafeCheckpointHook()] if safe else [EMAHook()],
        randomness=dict(seed=0),
        load_from=resume_from and str(resume_from),
        resume=resume_from is not None,
        experiment_name=f"run{next(RUNS)}",  # a message hub of its own, as in a new process
        default_scope="mmtal",
        log_level="WARNING",
    )
    runner.train()
    return runner


@pytest.mark.parametrize("safe", [True, False], ids=["SafeCheckpointHook", "MMEngine's own"])
def test_training_resumes_to_the_same_state(tmp_path, safe):
    whole = run(tmp_path / "whole", safe=safe)
    resumed = run(tmp_path / "resumed", resume_from=tmp_path / "whole" / "epoch_2.pth", safe=safe)
    assert resumed.iter == whole.iter == 6
    for ours, theirs in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    scalars = [runner.message_hub.get_scalar("train/loss").data[0] for runner in (resumed, whole)]
    np.testing.assert_array_equal(*scalars)


@pytest.mark.parametrize("key", ["config", "cfg"])
def test_config_text_in_a_checkpoint_is_not_run(tmp_path, key):
    run(tmp_path)
    path, ran = tmp_path / "epoch_2.pth", tmp_path / "ran"
    content = torch.load(path, weights_only=True)
    text = f"open({str(ran)!r}, 'w').close()\ngpu_ids = []"
    content["meta"][key] = content["message_hub"]["runtime_info"]["cfg"] = text
    torch.save(content, path)
    assert run(tmp_path, resume_from=path).iter == 6
    loaded = CheckpointLoader.load_checkpoint(str(path))
    assert "cfg" not in loaded["message_hub"]["runtime_info"]
    assert not {"cfg", "config"} & loaded["meta"].keys()
    assert not ran.exists()
