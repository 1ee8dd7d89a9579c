"""A resumed training is one of today's settings, or it is refused before its first step."""

import errno
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.fileio import LocalBackend
from mmengine.logging import MessageHub

sys.path.insert(0, str(Path(__file__).parent))
from toy_training import toy_config, train

from mmtal.checkpoints.latest import latest_readable_checkpoint
from mmtal.checkpoints.loading import load_checkpoint_file
from mmtal.engine.hooks.safe_checkpoint_hook import _look_here

DONE = 3
"""Epochs of the training that is resumed; it asked for six."""


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work dir of a training that was ended after three of its six epochs."""
    folder = tmp_path_factory.mktemp("half")
    config = toy_config(folder)
    config.custom_hooks = [dict(type="StopHook", after=DONE)]
    with pytest.raises(KeyboardInterrupt):
        train(config)
    return folder


@pytest.fixture
def work_dir(half: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(half, tmp_path / "copy"))


def text(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({}, "", id="as before"),
        pytest.param(dict(epochs=9), "epochs 6 -> 9", id="more epochs"),
        pytest.param(dict(epochs=4), "epochs 6 -> 4", id="fewer epochs, but more than are done"),
        pytest.param(
            dict(optim_wrapper__optimizer__lr=0.5), "lr 0.1 -> 0.5", id="another learning rate"
        ),
        pytest.param(
            dict(optim_wrapper__optimizer__weight_decay=0.01),
            "weight_decay 0.05 -> 0.01",
            id="another weight decay",
        ),
        pytest.param(
            dict(batch_size=4),
            "steps per epoch 4 -> 2",
            id="other batches: epochs count, not steps",
        ),
        pytest.param(
            dict(param_scheduler__0__end=1, param_scheduler__1__begin=1),
            "LinearLR.end 8 -> 4",
            id="another warm-up",
        ),
        pytest.param(
            dict(epochs=8, batch_size=1, optim_wrapper__optimizer__lr=0.2),
            "epochs 6 -> 8, lr 0.1 -> 0.2, steps per epoch 4 -> 8",
            id="all at once",
        ),
        pytest.param(
            dict(param_scheduler=dict(_delete_=True, type="MultiStepLR", milestones=[2, 4])),
            "",
            id="another schedule, by epochs",
        ),
    ],
)
def test_steps_are_those_of_a_training_with_the_settings_of_now(
    work_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict, said: str
) -> None:
    schedule = changes.pop("param_scheduler", None)
    configs = [toy_config(folder, **changes) for folder in (work_dir, tmp_path / "whole")]
    for config in configs if schedule else ():
        config.param_scheduler = [{k: v for k, v in schedule.items() if k != "_delete_"}]
    whole = train(configs[1])
    text(capsys)
    resumed = train(configs[0], resume=True)
    steps = len(whole) // configs[0].train_cfg.max_epochs
    assert resumed == whole[DONE * steps :]
    line = text(capsys)
    assert said in line
    assert ("resumed with other settings" in line) == bool(changes or schedule)


def test_a_training_by_steps_goes_on_likewise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def config(name: str, steps: int) -> object:
        made = toy_config(tmp_path / name, default_hooks__checkpoint__by_epoch=False)
        made.train_cfg = dict(by_epoch=False, max_iters=steps, val_interval=100)
        made.train_dataloader.sampler = dict(type="InfiniteSampler")
        made.param_scheduler = [
            dict(type="LinearLR", start_factor=0.1, end=4, by_epoch=False),
            dict(type="CosineAnnealingLR", begin=4, by_epoch=False),
        ]
        return made

    train(config("first", 10))
    whole = train(config("whole", 15))
    assert train(config("first", 15), resume=True) == whole[10:]
    assert "iters 10 -> 15" in text(capsys)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            dict(epochs=2), r"trained for 3 epochs of 6, .*max_epochs=2", id="fewer than are done"
        ),
        pytest.param(
            dict(epochs=3), r"none is left of train_cfg\.max_epochs=3", id="as many as are done"
        ),
        pytest.param(dict(randomness__seed=4), r"has the seed 3, .* seed 4", id="another seed"),
        pytest.param(
            dict(model__width=2), r"2 of the model's 2 weights have another shape", id="model"
        ),
        pytest.param(
            dict(optim_wrapper__optimizer=dict(_delete_=True, type="SGD", lr=0.1)),
            r"another optimizer than the config's SGD",
            id="another optimizer",
        ),
        pytest.param(
            dict(optim_wrapper__constructor="DefaultOptimWrapperConstructor"),
            r"another optimizer than",
            id="other groups of parameters",
        ),
    ],
)
def test_what_no_training_can_go_on_with_is_refused(
    work_dir: Path, changes: dict, message: str
) -> None:
    before = {path.name: path.read_bytes() for path in work_dir.iterdir() if path.is_file()}
    with pytest.raises(ValueError, match=message):
        train(toy_config(work_dir, **changes), resume=True)
    after = {path.name: path.read_bytes() for path in work_dir.iterdir() if path.is_file()}
    assert after == before  # the saved config, above all


def test_a_finished_training_may_be_resumed_as_it_is(tmp_path: Path) -> None:
    train(toy_config(tmp_path, epochs=2, param_scheduler__1__begin=1, param_scheduler__0__end=1))
    again = toy_config(tmp_path, epochs=2, param_scheduler__1__begin=1, param_scheduler__0__end=1)
    assert train(again, resume=True) == []


def test_nothing_to_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(train(toy_config(tmp_path), resume=True)) == 24
    assert f"no checkpoint in {tmp_path} yet" in text(capsys)


def test_a_copied_work_dir_leaves_the_original_alone(half: Path, work_dir: Path) -> None:
    before = {path.name: path.read_bytes() for path in half.glob("*.pth")}
    train(toy_config(work_dir), resume=True)
    assert {path.name: path.read_bytes() for path in half.glob("*.pth")} == before
    assert [path.name for path in work_dir.glob("best_*")] == ["best_score_epoch_6.pth"]
    hub = load_checkpoint_file(work_dir / "epoch_6.pth")["message_hub"]["runtime_info"]
    assert Path(hub["best_ckpt"]).parent == work_dir


def test_a_copied_work_dir_has_its_own_last_checkpoint(tmp_path: Path) -> None:
    hub = MessageHub.get_instance("copied")
    (tmp_path / "epoch_3.pth").write_bytes(b"")
    for path, expected in (("/far/epoch_3.pth", "epoch_3.pth"), ("/far/epoch_2.pth", None)):
        hub.update_info("last_ckpt", path)
        _look_here(SimpleNamespace(out_dir=str(tmp_path)), SimpleNamespace(message_hub=hub))
        assert hub.get_info("last_ckpt") == (str(tmp_path / expected) if expected else path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:500]), id="cut short"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(Path.unlink, id="gone"),
    ],
)
def test_a_damaged_checkpoint_costs_one_epoch(
    work_dir: Path, tmp_path: Path, damage: object, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(work_dir / "epoch_3.pth")
    is_torn = (work_dir / "epoch_3.pth").exists()
    whole = train(toy_config(tmp_path / "whole"))
    text(capsys)
    assert train(toy_config(work_dir), resume=True) == whole[8:]
    assert ("epoch_2.pth, the newest that can be read" in text(capsys)) == is_torn


def test_a_full_disk_names_the_file_and_costs_no_checkpoint(
    work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = toy_config(work_dir, default_hooks__checkpoint__max_keep_ckpts=1)
    put = LocalBackend.put

    def full(self: LocalBackend, content: bytes, path: str) -> None:
        put(self, content[:500], path)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LocalBackend, "put", full)
    with pytest.raises(OSError, match=r"cannot write .*epoch_4\.pth: No space left"):
        train(config, resume=True)
    monkeypatch.undo()
    assert not list(work_dir.glob(".*.pth"))
    assert latest_readable_checkpoint(work_dir) == work_dir / "epoch_3.pth"
    assert [path.name for path in work_dir.glob("best_*")] == ["best_score_epoch_3.pth"]
    assert len(train(config, resume=True)) == 12


def test_a_kill_while_the_best_is_saved_leaves_whole_files(
    work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = LocalBackend.put

    def killed(self: LocalBackend, content: bytes, path: str) -> None:
        put(self, content[:500], path)
        raise SystemExit  # what is not caught

    monkeypatch.setattr(LocalBackend, "put", killed)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)  # nothing is tidied up
    with pytest.raises(SystemExit):
        train(toy_config(work_dir), resume=True)
    monkeypatch.undo()
    for name in ("epoch_2", "epoch_3", "best_score_epoch_3"):
        load_checkpoint_file(work_dir / f"{name}.pth")
    assert latest_readable_checkpoint(work_dir) == work_dir / "epoch_3.pth"
