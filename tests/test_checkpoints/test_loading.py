"""Checkpoints: nothing in a file is run, and training resumes from what is saved."""

import copy
import functools
import hashlib
import http.server
import itertools
import pickle
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.evaluator import Evaluator
from mmengine.hooks import EMAHook, Hook
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.runner import CheckpointLoader, Runner
from torch import nn

from mmtal.checkpoints.loading import (
    TRUST,
    load_checkpoint_file,
    load_state_dict_file,
    make_plain,
    to_plain,
)
from mmtal.checkpoints.weights import load_weights
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


class Toy(BaseModel):
    def __init__(self, outputs=1, init_cfg=None):
        super().__init__(init_cfg=init_cfg)
        self.linear = nn.Linear(2, outputs)

    def forward(self, inputs, mode="tensor"):
        if mode == "predict":
            return list(self.linear(inputs))
        return {"loss": self.linear(inputs).square().mean()}


class Points(torch.utils.data.Dataset):
    def __init__(self):
        self.metainfo = dict(classes=("a", "b"), dataset_name="points")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return {"inputs": torch.tensor([index, 1.0])}


RUNS = itertools.count()


def run(
    work_dir: Path,
    *,
    resume_from: Path | None = None,
    load_from: Path | None = None,
    hooks: tuple = (SafeCheckpointHook(),),
    outputs: int = 1,
    init_cfg: dict | None = None,
    scope: str = "mmtal",
    test: bool = False,
) -> Runner:
    """Train or test through MMEngine's plain runner."""
    torch.manual_seed(0)
    loader = dict(
        dataset=Points(),
        batch_size=2,
        sampler=dict(type="DefaultSampler", shuffle=True),
        collate_fn=dict(type="default_collate"),
    )
    source = resume_from or load_from
    runner = Runner(
        Toy(outputs, init_cfg),
        str(work_dir),
        train_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=3),
        test_dataloader=loader,
        test_evaluator=Evaluator([]),
        test_cfg={},
        optim_wrapper=dict(optimizer=dict(type="AdamW", lr=0.1)),
        param_scheduler=dict(type="ExponentialLR", gamma=0.9),
        default_hooks=dict(logger=dict(type="LoggerHook", interval=1)),
        custom_hooks=[EMAHook(), *hooks],
        randomness=dict(seed=0),
        load_from=source and str(source),
        resume=resume_from is not None,
        experiment_name=f"run{next(RUNS)}",  # a message hub of its own, as in a new process
        default_scope=scope,
        log_level="INFO",
    )
    if test:
        runner.test()
    else:
        runner.train()
    return runner


@pytest.mark.parametrize("hooks", [(SafeCheckpointHook(),), ()], ids=["ours", "MMEngine's"])
def test_training_resumes_to_the_same_state(tmp_path, hooks):
    whole = run(tmp_path / "whole", hooks=hooks)
    resumed = run(tmp_path / "resumed", resume_from=tmp_path / "whole" / "epoch_2.pth")
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
    loaded = load_checkpoint_file(path)
    assert "cfg" not in loaded["message_hub"]["runtime_info"]
    assert not {"cfg", "config"} & loaded["meta"].keys()
    assert not ran.exists()


# ---------------------------------------------------------------- which weights a run takes

OTHER = {"linear.weight": torch.ones(3, 2), "linear.bias": torch.ones(3)}
CASES = [
    ("another shape", OTHER, "2 of the model's 2 weights have another shape"),
    ("one missing", {"linear.weight": torch.ones(1, 2)}, "1 of the model's 2 weights are missing"),
    ("one more", {**Toy().state_dict(), "x": W}, "1 in the file are not in the model"),
    ("another model", {"x": W}, "2 of the model's 2 weights are missing, 1 in the file"),
]


@pytest.mark.parametrize("test", [False, True], ids=["train", "test"])
@pytest.mark.parametrize(
    ("weights", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_weights_of_another_model_are_one_error(tmp_path, weights, message, test):
    torch.save({"state_dict": weights}, tmp_path / "other.pth")
    with pytest.raises(ValueError) as error:
        run(tmp_path, load_from=tmp_path / "other.pth", test=test)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert ("may_differ" in str(error.value)) is not test  # tests of half a model mean nothing


class Start(Hook):
    """Keeps the model's and the averaged weights that training starts from."""

    def before_train(self, runner):
        average = next(hook for hook in runner.hooks if isinstance(hook, EMAHook)).ema_model.module
        self.weights = [copy.deepcopy(model.state_dict()) for model in (runner.model, average)]


def test_training_starts_from_weights_that_may_differ(tmp_path):
    torch.save({**OTHER, "linear.weight": torch.ones(1, 2)}, tmp_path / "w.pth")
    hook, start = SafeCheckpointHook(may_differ="linear.b"), Start()
    run(tmp_path, load_from=tmp_path / "w.pth", hooks=(hook, start))
    for weights in start.weights:
        assert torch.equal(weights["linear.weight"], torch.ones(1, 2))  # from the file
        assert weights["linear.bias"].shape == (1,)  # the model's own
    assert "1 weight of 2 are not loaded, as may_differ allows: linear.bias" in log(tmp_path)
    with pytest.raises(ValueError, match=r"another shape; for instance linear\.bias is"):
        run(tmp_path, load_from=tmp_path / "w.pth", hooks=(hook,), test=True)


def log(work_dir: Path) -> str:
    return "".join(path.read_text() for path in work_dir.rglob("*.log"))


def test_what_may_differ_must_exist(tmp_path):
    torch.save(Toy().state_dict(), tmp_path / "w.pth")
    with pytest.raises(ValueError, match="no weight's name begins with 'hed'"):
        run(tmp_path, load_from=tmp_path / "w.pth", hooks=(SafeCheckpointHook(may_differ="hed"),))


def test_weights_alone_cannot_be_resumed_from(tmp_path):
    torch.save({"state_dict": Toy().state_dict()}, tmp_path / "w.pth")
    with pytest.raises(ValueError, match="start a new one with load_from"):
        run(tmp_path, resume_from=tmp_path / "w.pth")


def test_a_part_is_initialized_from_a_part_of_a_checkpoint(tmp_path):
    torch.save(
        {"whole.linear.weight": torch.ones(1, 2), "whole.linear.bias": W[:1]}, tmp_path / "w"
    )
    with DefaultScope.overwrite_default_scope("mmtal"):
        model = Toy(
            init_cfg=dict(type="Pretrained", checkpoint=str(tmp_path / "w"), prefix="whole")
        )
        model.init_weights()
    assert torch.equal(model.linear.weight, torch.ones(1, 2))


@pytest.fixture
def scope_afterwards():
    yield
    init_default_scope("mmtal")


@pytest.mark.filterwarnings("ignore:The current default scope")
@pytest.mark.usefixtures("scope_afterwards")
def test_other_scopes_keep_mmengines_loader(tmp_path):
    """Runs of ours change nothing for a later run of another scope in the same process."""
    run(tmp_path)
    loaders = {loader.__module__ for loader in CheckpointLoader._schemes.values()}
    assert loaders == {"mmengine.runner.checkpoint"}
    torch.save({"state_dict": OTHER}, tmp_path / "other.pth")
    theirs = run(tmp_path, load_from=tmp_path / "other.pth", hooks=(), scope="mmengine")
    assert theirs.load_checkpoint.__func__ is Runner.load_checkpoint
