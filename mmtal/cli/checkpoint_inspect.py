"""Describe a checkpoint file without running anything in it."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmtal.cli.options import print_json, shared

ARGUMENTS = shared("checkpoint", "--json")


def run(args: Namespace) -> None:
    facts = inspect(args.checkpoint)
    if args.json:
        print_json(args, facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {number:.4f}" for key, number in value.items())
        elif isinstance(value, list):
            value = f"{len(value)}: {', '.join(value)}" if value else None
        print(f"{name:16}{'not in the file' if value is None else value}")


def inspect(path: str | Path) -> dict[str, Any]:
    """Facts about a checkpoint, of mmtal or another codebase, by their names."""
    from torch import Tensor

    from mmtal.checkpoints.files import format_of
    from mmtal.checkpoints.loading import load_checkpoint_file, notes_of

    content = load_checkpoint_file(path, map_location="cpu")
    content = content if isinstance(content, Mapping) else {}
    stored = {key: content[key] for key in WEIGHTS if isinstance(content.get(key), Mapping)}
    stored = stored or {"state_dict": content}
    weights = {
        str(name).removeprefix("module."): value
        for name, value in next(iter(stored.values())).items()
        if isinstance(value, Tensor)
    }
    if not weights:
        raise ValueError(f"{path} holds no weights")
    meta = notes_of(content)
    epoch = meta.get("epoch", content.get("epoch"))
    dataset_meta = meta.get("dataset_meta") or {}
    try:
        codebase = format_of(weights, path)
    except ValueError:
        codebase = "unknown"
    return {
        "format": codebase,
        "size (MB)": round(Path(path).stat().st_size / 1e6, 2),
        "weights": ", ".join(stored),
        "tensors": len(weights),
        "values": sum(value.numel() for value in weights.values()),
        "type": ", ".join(sorted({str(v.dtype).removeprefix("torch.") for v in weights.values()})),
        "epoch": epoch,
        "iteration": meta.get("iter"),
        "seed": meta.get("seed"),
        "time": meta.get("time"),
        "mmengine": meta.get("mmengine_version"),
        "optimizer": "yes" if "optimizer" in content else "no",
        "metrics": last_metrics(content.get("message_hub")),
        "classes": list(dataset_meta.get("classes") or ()),
    }


WEIGHTS = ("state_dict", "ema_state_dict", "state_dict_ema")


def last_metrics(hub: Any) -> dict[str, float] | None:
    """What the last validation before the file was written found."""
    scalars = hub.get("log_scalars", {}) if isinstance(hub, Mapping) else {}
    found = {
        name.removeprefix("val/"): float(history.current())
        for name, history in scalars.items()
        if name.startswith("val/") and name.rpartition("/")[2] not in ("time", "data_time")
    }
    return found or None
