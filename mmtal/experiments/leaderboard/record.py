"""Record of one run, complete enough to repeat it."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from mmtal.renames import update_names
from mmtal.utils.files import write_json
from mmtal.utils.reading import parse_json, read_json

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
