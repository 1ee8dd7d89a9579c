"""Which checkpoint a training goes on from."""

from pathlib import Path

import pytest
import torch

from mmtal.checkpoints.latest import latest_checkpoint, latest_readable_checkpoint


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("epoch_9", "epoch_10", "epoch_11", "best_tal_mAP_epoch_12"):
        torch.save(dict(state_dict=dict(weight=torch.ones(1))), folder / f"{name}.pth")
    (folder / "weights.pth").touch()  # no number: not of a training
    return folder


@pytest.mark.parametrize(
    ("pointer", "expected", "why"),
    [
        (None, "epoch_11", "no pointer, as after a kill: by number, not by the alphabet"),
        ("", "epoch_11", "an empty pointer, as after a full disk"),
        ("\n", "epoch_11", "nothing but a line end"),
        ("/gone/epoch_10.pth", "epoch_10", "renamed or moved: the name beside it counts"),
        ("epoch_10.pth", "epoch_10", "a name alone"),
        ("/gone/epoch_12.pth", "epoch_11", "nothing of that name is here"),
        ("/gone/epo", "epoch_11", "cut short"),
        ("/gone/weights.pth\n", "weights", "a name of the user's own"),
    ],
)
def test_pointers(work_dir: Path, pointer: str | None, expected: str, why: str) -> None:
    if pointer is not None:
        (work_dir / "last_checkpoint").write_text(pointer)
    assert latest_checkpoint(work_dir) == work_dir / f"{expected}.pth"


def test_a_copy_does_not_read_the_original(work_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "epoch_9.pth").write_bytes((work_dir / "epoch_9.pth").read_bytes())
    (copy / "last_checkpoint").write_text(str(work_dir / "epoch_11.pth"))
    assert latest_checkpoint(copy) == copy / "epoch_9.pth"
    (copy / "epoch_9.pth").unlink()  # CheckpointHook's out_dir: there are none in the work dir
    assert latest_checkpoint(copy) == work_dir / "epoch_11.pth"


@pytest.mark.parametrize("pointer", [None, "", "/gone/epoch_1.pth"])
def test_no_checkpoint(tmp_path: Path, pointer: str | None) -> None:
    if pointer is not None:
        (tmp_path / "last_checkpoint").write_text(pointer)
    assert latest_checkpoint(tmp_path) is None
    assert latest_readable_checkpoint(tmp_path) is None


def test_damaged_ones_are_passed_over_and_named(
    work_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = work_dir / "epoch_11.pth"
    torn.write_bytes(torn.read_bytes()[:-200])
    (work_dir / "last_checkpoint").write_text(str(torn))
    assert latest_readable_checkpoint(work_dir) == work_dir / "epoch_10.pth"
    for path in work_dir.glob("epoch_*.pth"):
        path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"no checkpoint in .* can be read: .*epoch_11.*epoch_9"):
        latest_readable_checkpoint(work_dir)
