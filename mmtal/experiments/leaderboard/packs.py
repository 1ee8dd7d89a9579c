"""Packs of finished runs: one file for a method on a benchmark, which never changes.

A pack is a zip archive of what the runs left. Its name, such as
``gtea-ActionFormer__small.1.5f0c1d2b3a49.zip``, ends in a number that counts the packs of the
method, and in the first digits of the SHA-256 of the file. Later runs make a further pack; where
two packs hold the same run, the one of the higher number counts.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from mmtal.experiments.leaderboard.record import Record, read_record, run_name
from mmtal.utils.files import whole_file
from mmtal.utils.reading import file_exists, open_zip, read_file

_NAME = re.compile(r"(?P<title>.+)\.(?P<number>[1-9]\d*)\.(?P<sha256>[0-9a-f]{12})\.zip")
_COMPRESSED = (".npz", ".gz")


def find_records(folder: str | Path, *, loose: bool = True) -> dict[str, Path]:
    """The record of each run in a folder, by the run's name, sorted.

    The path leads into a pack where the record has no file of its own (``loose=False``: leave such
    files out); the other files of a run lie beside its record. A folder that does not exist holds
    none. ValueError: a pack is damaged, or two packs of the same number hold the same run.
    """
    found: dict[str, Path] = {}
    numbers: dict[str, int] = {}
    for pack, number in find_packs(folder).items():
        for file in list_pack(pack):
            if file.endswith(".json"):
                name = file.removesuffix(".json")
                if numbers.get(name) == number:
                    raise ValueError(
                        f"{name} is in {found[name].parent} and in {pack}, packs of the same "
                        "number: move one of them out of this folder"
                    )
                found[name], numbers[name] = pack / file, number
    if loose:
        found |= {path.stem: path for path in Path(folder).glob("*.json")}
    return dict(sorted(found.items()))


def pack_runs(folder: str | Path) -> dict[Path, int]:
    """Move the runs that have files of their own into a new pack for each method.

    Packs that are there stay as they are. A run that is in one already, with the same content, is
    not packed a second time. Returned is the number of runs in each new pack. ValueError: a record
    cannot be read, or a pack is damaged; nothing was changed.
    """
    packed = find_records(folder, loose=False)
    methods: dict[str, list[Record]] = {}
    for path in Path(folder).glob("*.json"):
        record = read_record(path)
        title = run_name(record.benchmark, record.method, None, 0).removesuffix("-seed0")
        methods.setdefault(title, []).append(record)
    made = {}
    for title, records in sorted(methods.items()):
        files = {record.name: _files(record, Path(folder)) for record in records}
        new = {
            name: content
            for name, content in files.items()
            if name not in packed
            or content != _files(read_record(packed[name]), packed[name].parent)
        }
        if new:
            path = write_pack(folder, title, {k: v for own in new.values() for k, v in own.items()})
            list_pack(path)  # what is deleted next can be read
            made[path] = len(new)
        for name in {name for own in files.values() for name in own}:
            Path(folder, name).unlink()
    return made


def _files(record: Record, place: Path) -> dict[str, bytes]:
    """What a run left, by the names of the files."""
    paths = (
        place / f"{record.name}.json", record.matches_path(place), record.results_path(place),
    )  # fmt: skip
    return {path.name: read_file(path) for path in paths if file_exists(path)}


def find_packs(folder: str | Path) -> dict[Path, int]:
    """The packs of a folder and their numbers, ascending.

    ValueError: a zip archive has no name of a pack.
    """
    packs = {path: int(_parse(path)["number"]) for path in Path(folder).glob("*.zip")}
    return dict(sorted(packs.items(), key=lambda item: (item[1], item[0])))


def list_pack(path: Path) -> list[str]:
    """Names of the files in a pack; ValueError: it is not the file that was once written."""
    expected = _parse(path)["sha256"]
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if not sha256.startswith(expected):
        raise ValueError(
            f"{path} is damaged or was changed: the SHA-256 of the file must begin with "
            f"{expected}, as its name says, but is {sha256}; restore it, such as with git checkout"
        )
    with open_zip(path) as archive:
        names = archive.namelist()
    for name in names:
        if Path(name).name != name:
            raise ValueError(f"{path} must hold files without folders, but holds '{name:.100}'")
    return names


def write_pack(folder: str | Path, title: str, files: Mapping[str, bytes]) -> Path:
    """Write the next pack of a method, whose runs' names begin with ``title``: content by name."""
    numbers = [n for path, n in find_packs(folder).items() if _parse(path)["title"] == title]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)  # of a fixed date
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # on every system
            stored = name.endswith(_COMPRESSED)
            kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compress_type=kind)
    sha256 = hashlib.sha256(content.getvalue()).hexdigest()
    path = Path(folder, f"{title}.{max(numbers, default=0) + 1}.{sha256[:12]}.zip")
    with whole_file(path) as temporary:
        temporary.write_bytes(content.getvalue())
    return path


def _parse(path: Path) -> re.Match[str]:
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ValueError(
            f"{path} must be a pack of runs, named TITLE.NUMBER.SHA256.zip, but is not: move it "
            "out of this folder"
        )
    return found
