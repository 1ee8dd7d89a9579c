"""Results files, whatever they are packed in."""

import gzip
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mmtal.results.submissions.file_content import read_content

VALUE = {"results": {"a": []}}


def test_packed_files_are_known_by_their_content(tmp_path: Path) -> None:
    text = json.dumps(VALUE).encode()
    plain, packed, archive = (tmp_path / name for name in ("plain", "packed", "archive"))
    plain.write_bytes(b"\xef\xbb\xbf" + text)  # with a byte order mark, as Windows writes it
    packed.write_bytes(gzip.compress(text))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("test.json", text)
    assert [read_content(path).json for path in (plain, packed, archive)] == [VALUE] * 3


def test_text_and_pickle(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("a 1 2\nb 3 4\n")
    assert read_content(text).lines == ("a 1 2", "b 3 4")
    pickled = tmp_path / "pickled"
    pickled.write_bytes(pickle.dumps({"x": np.arange(2)}))
    assert read_content(pickled).pickle["x"].tolist() == [0, 1]


class _Harmful:
    def __reduce__(self) -> tuple:
        return print, ("this must never run",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),  # nested too deeply for Python
        (b'{"a": 1, "a": 2}', "'a' occurs more than once"),
        (b"\xff\xfe\x00", "is neither JSON nor text nor a pickle"),
        (gzip.compress(b"{}" * 99, mtime=0)[:-9], "is packed, but cannot be unpacked"),
        (b"PK\x03\x04 no archive", "is packed, but cannot be unpacked"),
        (pickle.dumps(_Harmful()), "was refused and nothing in it was run.*print"),
        (pickle.dumps([1, 2])[:-3], "damaged or cut short"),
    ],
)
def test_unusable_files(
    tmp_path: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_content(path)
    assert str(path) in str(error.value)
    assert capsys.readouterr().out == ""


def test_archive_with_several_files(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("one.json", "{}")
        file.writestr("two.json", "{}")
    with pytest.raises(
        ValueError, match=r"must hold one .json or .txt file, but holds one\.json, two\.json"
    ):
        read_content(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_content(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="is a folder, not a file"):
        read_content(tmp_path)
