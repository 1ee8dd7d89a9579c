"""Files that would stop, block or drown a plain loop over ``np.load``."""

import os
import re
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from mmtal.datasets.features import read_blocks
from mmtal.preparation.verification.feature_file import in_parallel, scan_file

VALUES = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


def npy(path: Path, shape: tuple, content: bytes = b"") -> Path:
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(content)
    return path


def long_header(path: Path) -> Path:
    """Version 2.0 of the format, whose header claims to have 4 GB."""
    path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{")
    return path


def bomb(path: Path) -> Path:
    """600 MB of zeros in 600 kB."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("feats.npy", "w", force_zip64=True) as file,
    ):
        header = {"descr": "<f4", "fortran_order": False, "shape": (150_000_000, 1)}
        np.lib.format.write_array_header_1_0(file, header)
        zeros = bytes(1_000_000)
        for _ in range(600):
            file.write(zeros)
    return path


def short_npz(path: Path) -> Path:
    """The array in the archive is shorter than it says."""
    with zipfile.ZipFile(path, "w") as archive:
        npy(path.with_suffix(".part"), (1 << 30, 1), b"1234")
        archive.write(path.with_suffix(".part"), "feats.npy")
    return path


def repeated(path: Path) -> Path:
    """A tensor of 10^12 values that all are the same one."""
    torch.save(torch.zeros(1, 1).expand(10**6, 10**6), path)
    return path


def cut(path: Path) -> Path:
    np.save(path, VALUES)
    path.write_bytes(path.read_bytes()[:-100])
    return path


def cut_npz(path: Path) -> Path:
    np.savez_compressed(path, feats=VALUES)
    path.write_bytes(path.read_bytes()[:-100])
    return path


def flipped_npz(path: Path) -> Path:
    """One bit of the values is another one: the archive's checksum tells."""
    np.savez(path, feats=VALUES)
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    path.write_bytes(content)
    return path


def hole(path: Path) -> Path:
    """2 GB that were never written."""
    npy(path, (1 << 29, 1))
    os.truncate(path, path.stat().st_size + (1 << 31))
    return path


def symlink(target: str):
    return lambda path: path.symlink_to(target) or path


# name of the file, how it is made, kind, what is said
FILES = {
    "truncated": ("a.npy", cut, "unusable", "480 bytes, but 380 are there"),
    "claims 4 GB": ("a.npy", lambda p: npy(p, (1 << 30, 1)), "unusable", "4294967296 bytes, but 0"),
    "claims 10^18": ("a.npy", lambda p: npy(p, (10**9, 10**9)), "unusable", "but 0 are there"),
    "claims 10^40": ("a.npy", lambda p: npy(p, (10**20, 10**20)), "unusable", "but 0 are there"),
    "claims nothing of all": ("a.npy", lambda p: npy(p, (0, 10**18)), "empty", "must not be empty"),
    "claims less than nothing": ("a.npy", lambda p: npy(p, (-3, 2)), "unusable", r"\(-3, 2\)"),
    "header of 4 GB": ("a.npy", long_header, "unusable", "4294967295 bytes"),
    "bomb": ("a.npz", bomb, "unusable", r"would become 600,\d+,\d+"),
    "npz with a short array": ("a.npz", short_npz, "unusable", "but 4 are there"),
    "npz truncated": ("a.npz", cut_npz, "unusable", "cannot be read"),
    "npz damaged": ("a.npz", flipped_npz, "unusable", "CRC"),
    "tensor repeated": ("a.pt", repeated, "unusable", "contiguous"),
    "text": ("a.pt", lambda p: p.write_text("hello") and p, "unusable", "cannot be read"),
    "no bytes": ("a.npy", lambda p: p.touch() or p, "empty", "0 bytes"),
    "folder": ("a.npy", lambda p: p.mkdir() or p, "unusable", "is a folder"),
    "pipe": ("a.npy", lambda p: os.mkfifo(p) or p, "unusable", "is a pipe"),
    "device": ("a.npy", symlink("/dev/zero"), "unusable", "is a pipe, socket or device"),
    "link to itself": ("a.npy", symlink("a.npy"), "unusable", "round in a circle"),
    "link to nothing": ("a.npy", symlink("b.npy"), "missing", "links to b.npy, not there"),
    "name too long": ("a" * 300 + ".npy", lambda p: p, "unusable", "name too long"),
    "hole": ("a.npy", hole, "unusable", "only .* of them are on the disk"),
}


@pytest.fixture
def little_memory():
    """Anything that takes 512 MB more than there is fails."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20), hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.parametrize("case", FILES)
def test_harmful_file_is_a_finding(tmp_path: Path, case: str, little_memory):
    name, make, kind, text = FILES[case]
    scan = scan_file(make(tmp_path / name), key="feats")
    assert scan.problem.split()[0] == kind
    assert re.search(text, scan.text, re.IGNORECASE), scan.text
    assert name in scan.text


def test_forbidden_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.npy"
    np.save(path, VALUES)
    if os.geteuid():
        path.chmod(0)
    else:  # root may read everything

        def refuse(*args, **kwargs):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    scan = scan_file(path, key="feats")
    assert scan.problem == "unusable feature file" and "Permission denied" in scan.text


def test_one_bad_file_stops_nothing(own):
    (own.features / "r0.npy").unlink()
    os.mkfifo(own.features / "r0.npy")
    npy(own.features / "r1.npy", (1 << 30, 1))
    (own.features / "loop").symlink_to(own.features)
    report = own.verify()
    assert report.counts() == {"unusable feature file": 2}
    assert report.statistics["features"]["recordings_read"] == 4


def variants(path: Path, values: np.ndarray) -> list[Path]:
    """The same values in every format and order that can hold them."""
    np.save(path / "c.npy", values)
    np.save(path / "f.npy", np.asfortranarray(values))
    np.savez(path / "c.npz", feats=values)
    np.savez_compressed(path / "f.npz", feats=np.asfortranarray(values))
    if values.dtype.isnative:
        torch.save(torch.from_numpy(values), path / "t.pt")
    return [path / name for name in ("c.npy", "f.npy", "c.npz", "f.npz", "t.pt")][
        : 5 if values.dtype.isnative else 4
    ]


@pytest.mark.parametrize("size", [1, 7, 40, 121])
def test_blocks_hold_every_value_once(tmp_path: Path, monkeypatch, size: int):
    """Also where a line of the file is longer than a block."""
    monkeypatch.setattr("mmtal.datasets.features.BLOCK", size)
    for path in variants(tmp_path, VALUES):
        found = np.full(VALUES.shape, np.nan, np.float32)
        for block in read_blocks(path):
            rows, columns = block.values.shape
            assert rows * columns <= max(size, 3 if path.suffix == ".pt" else 1)
            part = found[block.row : block.row + rows, block.channel : block.channel + columns]
            assert np.isnan(part).all()
            part[...] = block.values
        np.testing.assert_array_equal(found, VALUES)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
@pytest.mark.parametrize("size", [5, 1 << 22])
def test_what_is_found_in_any_format(tmp_path: Path, monkeypatch, size: int, dtype):
    monkeypatch.setattr("mmtal.datasets.features.BLOCK", size)
    values = np.random.default_rng(1).normal(size=(30, 4)).astype(dtype)
    values[:, 2] = 0.25
    values[20, 1], values[21, 1], values[20, 3] = np.nan, np.inf, -np.inf
    for path in variants(tmp_path, values):
        scan = scan_file(path, key="feats")
        assert (scan.length, scan.channels, scan.problem) == (30, 4, "")
        assert scan.nonfinite.startswith("1 NaN, 2 infinite, first in feature 20, channel")
        assert scan.constant_channels.tolist() == [False, False, True, False]


def test_same_values_have_the_same_digest(tmp_path: Path):
    first, _, second, _, third = (scan_file(p, key="feats") for p in variants(tmp_path, VALUES))
    assert first.digest == second.digest == third.digest
    np.save(tmp_path / "o.npy", VALUES + 1e-6)
    assert scan_file(tmp_path / "o.npy", key="feats").digest != first.digest


def test_one_feature_is_not_constant(tmp_path: Path):
    np.save(tmp_path / "a.npy", VALUES[:1])
    assert not scan_file(tmp_path / "a.npy", key="feats").constant_channels.any()


def test_results_come_in_order_and_an_interruption_ends_the_work():
    assert list(in_parallel(lambda x: x * x, range(200), text="")) == [x * x for x in range(200)]
    assert list(in_parallel(abs, [], text="")) == []
    begun = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise KeyboardInterrupt
        return item

    with pytest.raises(KeyboardInterrupt):
        list(in_parallel(work, range(10_000), text=""))
    assert len(begun) <= 100


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    """200 MB of features with less than 100 MB."""
    path = tmp_path / "large.npy"
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (50_000, 1000)}
        np.lib.format.write_array_header_1_0(file, header)
        block = np.random.default_rng(0).normal(size=(1000, 1000)).astype("<f4").tobytes()
        for _ in range(50):
            file.write(block)
    code = (
        "import sys; from pathlib import Path\n"
        "from mmtal.preparation.verification.feature_file import scan_file\n"
        "from mmtal.utils.processor import peak_memory\n"
        "before = peak_memory(); scan = scan_file(Path(sys.argv[1]), key='feats')\n"
        "assert scan.length == 50_000 and not scan.problem, scan\n"
        "print((peak_memory() - before) // 2**20)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100
