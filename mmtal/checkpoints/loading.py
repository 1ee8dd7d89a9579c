"""Load checkpoints without running anything in them, and save them as plain data.

A checkpoint can carry code in two ways. A pickle can call any function, so every file is read by
torch's ``weights_only`` unpickler with the short list of :mod:`mmtal.checkpoints.safe_globals`. And
MMEngine runs the config text in a checkpoint as Python (``Runner.resume``, ``BaseInferencer``), so
that text is moved to where nothing runs it.
"""

import hashlib
import importlib
import io
import os
import pickle
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import torch
from mmengine.dist import barrier, is_main_process
from mmengine.logging import HistoryBuffer, print_log

from mmtal.checkpoints.safe_globals import SAFE_GLOBALS

TRUST = "MMTAL_TRUST_CHECKPOINT"
"""Environment variable: the SHA-256 of the one file that may be unpickled in full."""

STARTS = b"PK", b"\x80"
"""First bytes of what ``torch.save`` writes: of a ZIP file, and of a pickle."""

_WEIGHTS = ("state_dict", "ema_state_dict")
_HOLDERS = ("state_dict_ema", "state_dict", "module", "model")
_HISTORY = {"log_history", "count_history", "max_length"}

MapLocation = str | torch.device | Callable[..., Any] | dict[str, Any] | None


def load_checkpoint_file(path: str | Path, map_location: MapLocation = None) -> Any:
    """What a checkpoint file, or its http(s) URL, holds, config texts out of MMEngine's reach.

    ValueError: it holds more than tensors and plain types, or is damaged.
    """
    path = _local_copy(str(path))
    if not path.is_file():
        if path.is_dir():
            raise ValueError(f"checkpoint {path} is a folder: give the .pth file in it")
        raise FileNotFoundError(f"checkpoint {path} does not exist")
    if path.suffix == ".safetensors":
        return _load_safetensors(path)
    try:
        with torch.serialization.safe_globals(SAFE_GLOBALS), warnings.catch_warnings():
            # Whatever else is wrong with such a file is said below.
            warnings.filterwarnings("ignore", "Detected pickle protocol")
            checkpoint = torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        checkpoint = _load_trusted(path, map_location, error)
    except Exception as error:  # torch and our stand-ins raise many kinds on a damaged file
        raise ValueError(
            f"{path} cannot be read as a checkpoint, it may be damaged or cut short: {error!r}"
        ) from error
    return _decode(checkpoint)


def _load_safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        library = importlib.import_module("safetensors.torch")
    except ImportError:
        raise ImportError(f"{path} is read with: pip install safetensors") from None
    try:
        return library.load_file(path)
    except Exception as error:  # of its own kind
        raise ValueError(f"{path} cannot be read as a checkpoint: {error}") from error


def notes_of(checkpoint: Any) -> Mapping[str, Any]:
    """What a checkpoint says of its weights, under ``meta``; empty: nothing."""
    meta = checkpoint.get("meta") if isinstance(checkpoint, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}


def _local_copy(address: str) -> Path:
    """The path that this is, or where a download is kept: torch's hub folder."""
    scheme, separator, _ = address.partition("://")
    if not separator:
        return Path(address).expanduser()
    if scheme not in ("http", "https"):
        raise ValueError(
            f"checkpoint {address} must be a path or an http(s) URL: download it and give its path"
        )
    name = (
        hashlib.sha256(address.encode()).hexdigest()[:8] + "-" + Path(urlparse(address).path).name
    )
    path = Path(torch.hub.get_dir()) / "checkpoints" / name

    def fetch() -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(address, str(path))

    if is_main_process():
        fetch()
    barrier()
    fetch()  # the other ranks find the file, unless they are on another machine
    return path


def _load_trusted(path: Path, map_location: MapLocation, error: pickle.UnpicklingError) -> Any:
    content = path.read_bytes()  # hashed and unpickled from one reading, so that both see the same
    digest = hashlib.sha256(content).hexdigest()
    if os.environ.get(TRUST) == digest:
        print_log(f"{path} is unpickled in full, as {TRUST} demands", logger="current")
        return torch.load(io.BytesIO(content), map_location=map_location, weights_only=False)
    if not content.startswith(STARTS):
        raise ValueError(
            f"{path} cannot be read as a checkpoint: torch.save has not written it"
        ) from error
    found = re.search(r"GLOBAL (\S+)", str(error))
    what = f"'{found[1]}'" if found else "more than tensors and plain types"
    raise ValueError(
        f"checkpoint {path} was refused and nothing in it was run: it holds {what}, and unpickling "
        f"that can run code. If you trust whoever made the file, run the command again with "
        f"{TRUST}={digest}"
    ) from error


def _decode(checkpoint: Any) -> Any:
    """Undo :func:`to_plain` for the message hub, and take config texts out of MMEngine's reach."""
    if not isinstance(checkpoint, dict):
        return checkpoint
    hub, meta = checkpoint.get("message_hub"), checkpoint.get("meta")
    if isinstance(hub, dict):
        for name, history in hub.get("log_scalars", {}).items():
            hub["log_scalars"][name] = _rebuild(history)
        hub.get("runtime_info", {}).pop("cfg", None)
    if isinstance(meta, dict):
        texts = [meta.pop(key) for key in ("cfg", "config") if key in meta]
        if texts:
            meta["config_text"] = texts[0]
    return checkpoint


def _rebuild(history: Any) -> Any:
    if isinstance(history, HistoryBuffer):
        return HistoryBuffer(*history.data, max_length=history.max_length)
    if isinstance(history, dict) and history.keys() == _HISTORY:
        values, counts = (history[key].cpu().numpy() for key in ("log_history", "count_history"))
        return HistoryBuffer(values, counts, history["max_length"])
    return history


def to_plain(value: Any, where: str) -> Any:
    """A copy of ``value`` made of Python's plain types and tensors; tensors are not copied.

    NumPy values, ``HistoryBuffer`` and paths are converted, containers entered. TypeError names the
    place of anything else, which no one could load with ``weights_only=True``.
    """
    if value is None or type(value) in (bool, int, float, complex, str, bytes):
        return value
    if isinstance(value, torch.Tensor | torch.dtype | torch.device):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist(), where)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, HistoryBuffer):
        values, counts = (torch.from_numpy(part.copy()) for part in value.data)
        return dict(log_history=values, count_history=counts, max_length=value.max_length)
    if isinstance(value, Mapping):
        return {key: to_plain(item, f"{where}.{key}") for key, item in value.items()}
    for kind in (list, tuple, set):
        if isinstance(value, kind):
            return kind(to_plain(item, f"{where}[{i}]") for i, item in enumerate(value))
    raise TypeError(
        f"{where} holds a {type(value).__qualname__}, which a checkpoint cannot hold: use numbers, "
        "strings, lists, dicts or tensors"
    )


def make_plain(checkpoint: dict[str, Any]) -> None:
    """Turn all of a checkpoint but its weights into plain types, in place."""
    for key in checkpoint.keys() - set(_WEIGHTS):
        checkpoint[key] = to_plain(checkpoint[key], key)


def load_state_dict_file(path: str | Path) -> dict[str, torch.Tensor]:
    """The weights in a checkpoint file, on the CPU; see :func:`weights_in`.

    ValueError: it is refused, damaged, or holds no weights.
    """
    return weights_in(load_checkpoint_file(path, map_location="cpu"), path)


def weights_in(checkpoint: Any, source: str | Path) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint, without ``module.`` before their names.

    Averaged weights (EMA) where it holds them: the official release keeps them in
    ``state_dict_ema``; MMEngine's EMAHook swaps them into ``state_dict`` when it saves. Backbones'
    are often in ``module`` or ``model``. What is nothing but a state dict will do too. ValueError:
    it holds no weights.
    """
    weights = checkpoint
    if isinstance(checkpoint, dict):
        weights = next((checkpoint[k] for k in _HOLDERS if checkpoint.get(k)), checkpoint)
    if not isinstance(weights, dict) or not weights:
        raise ValueError(
            f"{source} must hold a state dict, but it holds a {type(weights).__name__}"
        )
    return checked_tensors(weights, source)


def checked_tensors(weights: Any, source: str | Path) -> dict[str, torch.Tensor]:
    """Tensors by name, without ``module.`` before it; ValueError: some entries are none."""
    wrong = ["state_dict"]
    if isinstance(weights, Mapping):
        wrong = [
            str(name)
            for name, value in weights.items()
            if not (isinstance(name, str) and isinstance(value, torch.Tensor))
        ]
    if wrong:
        raise ValueError(
            f"{source} must hold 'state_dict_ema', 'state_dict' or tensors by name alone, but "
            f"these entries are not: {', '.join(wrong[:5])}"
        )
    return {name.removeprefix("module."): tensor for name, tensor in weights.items()}
