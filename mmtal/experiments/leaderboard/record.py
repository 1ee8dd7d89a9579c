"""Records of runs, complete enough to repeat them, and packs: one file for a method, never changed.

A pack is a zip archive of what the runs left. Its name, such as
``gtea-ActionFormer__small.1.5f0c1d2b3a49.zip``, ends in a number that counts the packs of the
method, and in the first digits of the SHA-256 of the file. Later runs make a further pack; where
two packs hold the same run, the one of the higher number counts.
"""

import dataclasses
import functools
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from mmtal.renames import update_names
from mmtal.utils.files import whole_file, write_json
from mmtal.utils.reading import file_exists, open_zip, parse_json, read_file, read_json

RESULTS_SUFFIX = ".results.json.gz"
MATCHES_SUFFIX = ".matches.npz"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one training and test gave.

    Attributes:
        benchmark: Row group of the leaderboard, such as ``salads50``.
        method: Row of the leaderboard, such as ``ActionFormer, small``.
        seed: Of everything random.
        fold: Name of the part that was left out, such as ``12``; None: the data have one split.
        config_file: Where the config came from.
        config_text: The whole config as it was run, as JSON that MMEngine can load, without
            what differs between runs of a row (seed, fold) and between machines (paths).
        config_sha256: Of ``config_text``.
        data: ``annotations_sha256``, ``features_sha256``, ``video_list_sha256`` of the test set,
            ``num_videos``.
        git: ``commit``, and ``dirty`` (bool) for changes that were not committed; empty where the
            code was no checkout.
        versions: Of packages.
        device: What it ran on, such as ``NVIDIA H100`` (and whether its matrix products were in
            TF32) or ``CPU, 1 thread``.
        seconds: ``train`` and ``test``; after an interruption those since the last start, and
            ``resumed_at_epoch``.
        peak_memory: ``ram_mib``, and ``gpu_mib`` on a GPU.
        scores: Protocol's name to what :meth:`EvaluationProtocol.evaluate` said: ``metrics``
            (name to value in [0, 1]), ``ap_per_class``, and the rest of its stamp.
        finished: ISO date and time, UTC.
    """

    benchmark: str
    method: str
    seed: int
    fold: str | None
    config_file: str
    config_text: str
    config_sha256: str
    data: Mapping[str, Any]
    git: Mapping[str, Any]
    versions: Mapping[str, str]
    device: str
    seconds: Mapping[str, float]
    peak_memory: Mapping[str, float]
    scores: Mapping[str, Mapping[str, Any]]
    finished: str

    @property
    def name(self) -> str:
        """File name without suffix, unique in a leaderboard."""
        return run_name(self.benchmark, self.method, self.fold, self.seed)

    @property
    def config(self) -> dict[str, Any]:
        """The config by today's names."""
        content: dict[str, Any] = update_names(json.loads(self.config_text))[0]
        return content

    def results_path(self, folder: str | Path) -> Path:
        """Where the detections of this run lie: results JSON, gzipped, in a folder or pack."""
        return Path(folder) / f"{self.name}{RESULTS_SUFFIX}"

    def matches_path(self, folder: str | Path) -> Path:
        """Where hits and false positives of this run lie: see :mod:`.matches`; likewise."""
        return Path(folder) / f"{self.name}{MATCHES_SUFFIX}"


@functools.cache
def recipe_of(config_text: str) -> str:
    """SHA-256 of what makes the figures in a config's text: equal for all runs of a row.

    Names are today's. Default hooks and the log processor are left out, since they watch, log and
    save: what takes part in training is a custom hook.
    """
    content = update_names(json.loads(config_text))[0]
    for key in ("default_hooks", "log_processor"):
        content.pop(key, None)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def run_name(benchmark: str, method: str, fold: str | None, seed: int) -> str:
    """See :attr:`Record.name`."""
    part = "" if fold is None else f"-fold{fold}"
    text = f"{benchmark}-{method}{part}-seed{seed}"
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in text)


def write_record(folder: str | Path, record: Record) -> Path:
    """Write ``<folder>/<record.name>.json``, whole or not at all."""
    path = Path(folder) / f"{record.name}.json"
    write_json(path, dataclasses.asdict(record), indent=1)
    return path


def read_record(path: str | Path) -> Record:
    """Read one record, whose path may lead into a pack; ValueError says what is wrong."""
    content = read_json(path)
    fields = {field.name for field in dataclasses.fields(Record)}
    found = set(content) if isinstance(content, dict) else set()
    if found != fields:
        raise ValueError(
            f"{path} is no record of a run: missing {sorted(fields - found)}, "
            f"unknown {sorted(found - fields)}"
        )
    _check_types(path, content)
    record = Record(**content)
    if Path(path).stem != record.name:
        raise ValueError(f"{path} holds the record {record.name}: give the file that name")
    return record


def _check_types(path: str | Path, content: Mapping[str, Any]) -> None:
    kinds: dict[str, Any] = {field.name: field.type for field in dataclasses.fields(Record)}
    wrong = [
        name
        for name, kind in kinds.items()
        if not isinstance(content[name], Mapping if get_origin(kind) is Mapping else kind)
    ]
    for name, stamp in content["scores"].items() if "scores" not in wrong else ():
        metrics = stamp.get("metrics", {}) if isinstance(stamp, Mapping) else None
        if not isinstance(metrics, Mapping):
            wrong.append(f"scores of {name}")
    if "config_text" not in wrong and not isinstance(
        parse_json(f"{path}, config_text", content["config_text"]), Mapping
    ):
        wrong.append("config_text")
    if wrong:
        raise ValueError(f"{path} is no record of a run: of another type are {', '.join(wrong)}")


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
