import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from mmtal.datasets.features import open_features, read_blocks, read_shape

ARRAYS = [".npy", ".npz", ".pt", ".h5"]
VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


def save(path: Path, array: np.ndarray, *, key: str = "feats") -> Path:
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, **{key: array, "other": np.zeros(1)})
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file[key], file["name"] = array, "other"
    elif path.suffix == ".csv":
        names = ",".join(f"{key}_{index}" for index in range(array.shape[1]))
        np.savetxt(path, array, delimiter=",", header=names, comments="")
    elif path.suffix == ".parquet":
        columns = {f"{key}_{index}": column for index, column in enumerate(array.T)}
        pq.write_table(pa.table(columns), path, row_group_size=3)
    else:
        torch.save(torch.from_numpy(array), path)
    return path


@pytest.mark.parametrize("ext", [*ARRAYS, ".csv", ".parquet"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_formats_and_dtypes_read_as_float32(tmp_path: Path, ext: str, dtype: str):
    path = save(tmp_path / f"a{ext}", VALUES.astype(dtype))
    features = open_features([path])
    assert read_shape(path) == (len(features), features.num_channels) == (4, 3)
    values = features[1:3].read()
    assert values.dtype == np.float32 and values.flags.c_contiguous
    np.testing.assert_array_equal(values, VALUES[1:3])
    for index in (slice(None, None, 2), slice(None, None, -1), slice(3, 0, -2), slice(4, 4)):
        np.testing.assert_array_equal(features[1:][index].read(), VALUES[1:][index])
    np.testing.assert_array_equal(features.windows(2, 2)[1:].read(), [[6, 9, 7, 10, 8, 11]])
    np.testing.assert_array_equal(np.vstack([b.values for b in read_blocks(path)]), VALUES)


def test_pt_dict_and_old_pt_format(tmp_path: Path):
    torch.save({"feats": torch.from_numpy(VALUES)}, tmp_path / "dict.pt")
    torch.save(torch.from_numpy(VALUES), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in ("dict.pt", "old.pt"):
        np.testing.assert_array_equal(open_features([tmp_path / name]).read(), VALUES)


@pytest.mark.parametrize("shape", [(1, 4, 3), (4, 1, 3), (4, 3, 1, 1)])
@pytest.mark.parametrize("ext", ARRAYS)
def test_axes_of_length_1_are_left_out(tmp_path: Path, ext: str, shape: tuple[int, ...]):
    path = save(tmp_path / f"a{ext}", VALUES.reshape(shape))
    assert read_shape(path) == (4, 3)
    np.testing.assert_array_equal(open_features([path]).read(), VALUES)
    np.testing.assert_array_equal(np.vstack([b.values for b in read_blocks(path)]), VALUES)


@pytest.mark.parametrize("key", ["feats", "features", "anything"])
def test_an_array_with_a_usual_name_or_alone_needs_no_key(tmp_path: Path, key: str):
    np.savez(tmp_path / "a.npz", **{key: VALUES})
    torch.save({key: torch.from_numpy(VALUES), "fps": 30}, tmp_path / "a.pt")
    for name in ("a.npz", "a.pt"):
        assert read_shape(tmp_path / name) == (4, 3)
        np.testing.assert_array_equal(open_features([tmp_path / name]).read(), VALUES)


def test_bfloat16_and_tensors_that_repeat_values(tmp_path: Path):
    torch.save(torch.from_numpy(VALUES).bfloat16().repeat(99, 9), tmp_path / "a.pt")
    (block,) = read_blocks(tmp_path / "a.pt")
    np.testing.assert_array_equal(block.values, np.tile(VALUES, (99, 9)))
    torch.save(torch.zeros(1, 3).expand(10**6, 3), tmp_path / "b.pt")
    with pytest.raises(ValueError, match=r"b\.pt cannot be read: .*contiguous"):
        read_shape(tmp_path / "b.pt")


def test_fortran_order_npy(tmp_path: Path):
    path = save(tmp_path / "a.npy", np.asfortranarray(VALUES))
    np.testing.assert_array_equal(open_features([path]).read(), VALUES)


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_sources_are_joined_over_channels_and_cut(tmp_path: Path, extra: int):
    first = save(tmp_path / "a.npy", VALUES)
    second = save(tmp_path / "b.npy", np.ones((4 + extra, 2), np.float16))
    values = open_features([first, second]).read()
    np.testing.assert_array_equal(values, np.hstack([VALUES, np.ones((4, 2))]))


def test_sources_of_other_lengths_are_refused(tmp_path: Path):
    first = save(tmp_path / "a.npy", VALUES)
    second = save(tmp_path / "b.npy", np.ones((7, 2)))
    with pytest.raises(ValueError, match=r"a\.npy has 4, .*b\.npy has 7.*same feature stride"):
        open_features([first, second])


def test_only_the_window_is_read(tmp_path: Path):
    """A sparse file far larger than the memory could hold: reading all of it would fail."""
    path = tmp_path / "huge.npy"
    shape = (1 << 30, 512)  # 2 TB of float32
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": shape}
        )
        offset = file.tell()
        row = 1 << 29
        file.seek(offset + row * 512 * 4)
        file.write(np.ones(512, "<f4").tobytes())
        try:
            file.truncate(offset + shape[0] * shape[1] * 4)
        except OSError:
            pytest.skip("this file system has no files of 2 TB")
    features = open_features([path])
    assert len(features) == shape[0]
    values = features[row - 1 : row + 2].read()
    np.testing.assert_array_equal(values.sum(axis=1), [0, 512, 0])
    np.testing.assert_array_equal(features[:: 1 << 29].read().sum(axis=1), [0, 512])


def test_windows_are_flattened_channel_by_channel():
    from mmtal.datasets.features import FeatureArray

    signal = np.stack([np.arange(5), 10 + np.arange(5)], axis=1).astype(np.float32)
    windows = FeatureArray((signal,)).windows(3, 2)
    assert (len(windows), windows.num_channels) == (2, 6)
    expected = [[0, 1, 2, 10, 11, 12], [2, 3, 4, 12, 13, 14]]
    np.testing.assert_array_equal(windows.read(), expected)
    np.testing.assert_array_equal(windows[1:].read(), expected[1:])


class Harmful:
    """Would leave a file behind if it were unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("ext", [".npy", ".npz", ".pt"])
def test_pickles_are_never_loaded(tmp_path: Path, ext: str):
    mark, path = tmp_path / "executed", tmp_path / f"a{ext}"
    if ext == ".pt":
        torch.save(Harmful(mark), path)
    else:
        objects = np.array([[Harmful(mark)]], dtype=object)
        np.save(path, objects) if ext == ".npy" else np.savez(path, feats=objects)
    with pytest.raises(ValueError, match=rf"a\{ext}.*(save|Save)"):
        open_features([path])
    assert not mark.exists()


@pytest.mark.parametrize("ext", ARRAYS)
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(4, np.float32), r"\(T, C\).*1 dimension.*\(4,\)"),
        (np.zeros((2, 4, 3), np.float32), r"\(T, C\).*3 dimension"),
        (np.zeros((0, 3), np.float32), r"not be empty.*\(0, 3\)"),
        (np.zeros((4, 3), np.int64), r"float16, float32, float64.*int64.*astype"),
    ],
)
def test_other_layouts_are_refused(tmp_path: Path, ext: str, array: np.ndarray, message: str):
    path = save(tmp_path / f"a{ext}", array)
    for function in (read_shape, lambda path: open_features([path])):
        with pytest.raises(ValueError, match=rf"a\{ext}: .*{message}"):
            function(path)


@pytest.mark.parametrize("ext", [*ARRAYS, ".csv", ".parquet"])
def test_damaged_files_are_named(tmp_path: Path, ext: str):
    path = save(tmp_path / f"a{ext}", VALUES)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=rf"a\{ext}( .*Write the file again|, line \d.*3 fields)"):
        read_shape(path)


def test_other_errors(tmp_path: Path):
    several = save(tmp_path / "a.npz", VALUES, key="x")
    with pytest.raises(ValueError, match=r"no array 'feats' or .*\['x', 'other'\].*feature_key"):
        read_shape(several)
    assert read_shape(several, key="x") == (4, 3), "the advice works"
    torch.save({"x": torch.zeros(2, 2)}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"no array 'y', only \['x'\]"):
        read_shape(tmp_path / "a.pt", key="y")
    with pytest.raises(ValueError, match=r"must end in \.npy, \.npz, \.pt, .*\.csv"):
        read_shape(tmp_path / "a.doc")
    with pytest.raises(FileNotFoundError, match=r"absent\.npy"):
        open_features([tmp_path / "absent.npy"])


def test_hdf5_that_claims_too_much_or_lies_elsewhere(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("feats", (1 << 30, 512), "f4", chunks=(1024, 512))
    with pytest.raises(ValueError, match=r"a\.h5 cannot be read: .*would become"):
        read_shape(tmp_path / "a.h5")
    np.save(tmp_path / "values", VALUES)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        elsewhere = [(str(tmp_path / "values.npy"), 128, 48)]
        file.create_dataset("feats", (4, 3), "f4", external=elsewhere)
    with pytest.raises(ValueError, match=r"b\.h5 cannot be read: .*lie in other files"):
        read_shape(tmp_path / "b.h5")


def test_only_what_is_used_is_read_of_hdf5_and_parquet(tmp_path: Path, monkeypatch):
    from mmtal.datasets import lazy_rows

    values = np.zeros((3000, 4), np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("group/feats", data=values, chunks=(100, 4), compression="gzip")
    columns = dict.fromkeys("abcd", values[:, 0])
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=100)
    rows: list[int] = []
    read = lazy_rows._matrix
    monkeypatch.setattr(lazy_rows, "_matrix", lambda table: rows.append(len(table)) or read(table))
    for name in ("a.h5", "a.parquet"):
        assert open_features([tmp_path / name])[1050:1250].read().shape == (200, 4)
    assert rows == [300]


def test_parquet_with_a_column_of_lists_or_of_texts(tmp_path: Path):
    pq.write_table(pa.table({"features": list(VALUES)}), tmp_path / "a.parquet", row_group_size=3)
    np.testing.assert_array_equal(open_features([tmp_path / "a.parquet"]).read(), VALUES)
    pq.write_table(pa.table({"x": [1.0], "label": ["run"]}), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"b\.parquet .*'label' must hold numbers, but"):
        read_shape(tmp_path / "b.parquet")


@pytest.mark.parametrize(("ext", "module"), [(".h5", "h5py"), (".parquet", "pyarrow.parquet")])
def test_a_missing_library_is_named(tmp_path: Path, monkeypatch, ext: str, module: str):
    path = save(tmp_path / f"a{ext}", VALUES)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValueError, match=rf"a\{ext}: pip install 'mmtal\[(hdf5|parquet)\]'"):
        read_shape(path)
