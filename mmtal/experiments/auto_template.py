"""Suggest a config for data that no config was written for."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from mmtal.datasets.extraction import read_extraction
from mmtal.datasets.feature_files import is_feature_file, list_feature_files
from mmtal.datasets.features import ARRAYS, ENDINGS
from mmtal.experiments.extracting import extract_missing
from mmtal.preparation.suggestion import (
    Budget,
    Settings,
    choose_settings,
    config_text,
    explanation,
    summarize,
)
from mmtal.preparation.verification import verify
from mmtal.preparation.verification.report import plain
from mmtal.utils.files import write_text
from mmtal.utils.media_files import videos_in
from mmtal.utils.reading import read_json


def auto_template(data_path: str | Path, work_dir: str | Path, **data: Any) -> Path:
    """Verify a data set and write ``suggested_config.py``, which fits it, to the work dir.

    ``data`` are more arguments of :func:`suggest_config`. FileNotFoundError: annotations or
    features cannot be found, see :func:`find_own_data`. ValueError: they are ambiguous, or cannot
    be used; what is wrong has been printed.
    """
    ann_file, features = find_own_data(data_path)
    gpu = torch.cuda.get_device_properties(0).total_memory if torch.cuda.is_available() else None
    path = Path(work_dir) / "suggested_config.py"
    name, budget = Path(data_path).resolve().name, Budget(gpu_bytes=gpu)
    suggest_config(ann_file, features, path, name=name, budget=budget, verbose=True, **data)
    print(f"the config: {path}")
    return path


def suggest_config(
    ann_file: str | Path,
    features: Sequence[str | Path],
    out: str | Path,
    *,
    name: str,
    budget: Budget,
    verbose: bool = False,
    subsets: Sequence[str] | None = None,
    spotting: bool = False,
    **data: Any,
) -> Settings:
    """Verify a data set, write a config that fits it to ``out``, and print why it is as it is.

    ``verbose``: print the report of the verification even if the data can be used. ``subsets``
    are those to train and to test on, ``data`` more arguments of both verify and summarize.
    ``spotting``: find events without duration by a head of their own, not as widened segments.
    ValueError: the data cannot be used; what is wrong has been printed.
    """
    chosen = subsets if all(subsets or ()) else None  # an empty name: not chosen
    report = verify(ann_file, features=features, subset=chosen, **data)
    if verbose or not report.ok:
        print(report.format())
    if not report.ok:
        first = report.findings[0]
        where = "" if first.recording is None else f"recording '{first.recording}': "
        raise ValueError(
            f"{ann_file}: the data cannot be used ({first.kind}: {plain(where + first.value)}), "
            f"see the report above. To fix it: {first.remedy}"
            + (
                ""
                if first.instance is None
                else "; or leave such instances out: mmtal data verify "
                f"--ann {ann_file} --features {' '.join(map(str, features))} --fix cleaned.json"
            )
        )
    summary = summarize(ann_file, features=features, subsets=subsets, **data)
    settings = choose_settings(summary, budget, spotting=spotting)
    write_text(out, config_text(summary, settings, name=name))
    print(explanation(settings))
    return settings


def find_own_data(data_path: str | Path) -> tuple[Path, list[Path]]:
    """Annotation file and feature folders of a data set; missing features of videos are extracted.

    The annotations are ``annotations.json``, else the only annotation JSON in the folder or in
    ``annotations/``. The features are in ``features/`` (where it holds folders only: one for each
    source), else in the only folder that holds feature files. FileNotFoundError: there are none.
    ValueError: there are several.
    """
    root = Path(data_path)
    if not root.is_dir():
        raise FileNotFoundError(f"--data-path {root} is not a folder")
    places = [root / "annotations.json", root / "annotations" / "annotations.json"]
    files = [path for path in places if path.is_file()][:1] or [
        path for folder in (root, root / "annotations") for path in sorted(folder.glob("*.json*"))
        if _database(path) is not None
    ]  # fmt: skip
    folder = root / "features"
    sources = [path for path in _folders(folder) if _holds_features(path)]
    below = list_feature_files(folder)
    recordings = (_database(files[0]) if files else None) or {}  # perhaps P01/P01_02
    if _holds_features(folder) or recordings.keys() & {os.path.splitext(f)[0] for f in below}:
        features = [[folder]]
    elif sources:
        features = [sources]
    else:
        arrays = [path for path in _folders(root) if _holds_features(path, ARRAYS)]
        tables = list(filter(_holds_features, _folders(root)))
        if videos_in(root):  # beside them, tables of other names are annotations
            tables = [p for p in tables if recordings.keys() & {f.stem for f in p.iterdir()}]
        features = [[path] for path in arrays or tables]
    if len(files) == 1 and not features and extract_missing(files[0], root, folder):
        features = [[folder]]
    elif len(files) == 1 and len(features) == 1:
        for source in filter(read_extraction, features[0]):
            extract_missing(files[0], root, source)
    for what, found, wanted in (
        ("annotation file", files, "annotations.json"),
        (
            "folder of feature files",
            features,
            "features/ with a .npy or .csv per recording, or videos",
        ),
    ):
        if not found:
            raise FileNotFoundError(f"--data-path {root} holds no {what}: expected {wanted}")
        if len(found) > 1:
            names = ", ".join(str(f if isinstance(f, Path) else f[0]) for f in found[:5])
            names += ", ..." if len(found) > 5 else ""
            raise ValueError(
                f"--data-path {root} holds more than one {what} ({names}): "
                "choose with 'mmtal data suggest --ann FILE --features DIR', and give the "
                "config that it writes"
            )
    return files[0], features[0]


def _folders(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir()) if path.is_dir() else []


def _holds_features(folder: Path, endings: tuple[str, ...] = ENDINGS) -> bool:
    return folder.is_dir() and any(
        p.name.endswith(endings) and p.is_file() and is_feature_file(p) for p in folder.iterdir()
    )


def _database(path: Path) -> dict[str, Any] | None:
    """Recordings by name; None: it is no annotation file."""
    try:
        content = read_json(path, pairs=dict)
    except (ValueError, OSError):
        return None
    database = content.get("database") if isinstance(content, dict) else None
    return database if isinstance(database, dict) else None
