"""Runs that start from a checkpoint: what is loaded, and what is refused."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.hooks import EMAHook, Hook
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.runner import CheckpointLoader, Runner

from mmtal.checkpoints.loading import load_checkpoint_file
from mmtal.engine.hooks import SafeCheckpointHook
from tests.test_checkpoints.toy_runs import Toy, run


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

W = torch.ones(2)
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
