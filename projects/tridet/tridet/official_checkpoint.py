"""Checkpoints of the TriDet release, renamed for this project.

Run as ``python -m projects.tridet.tridet.official_checkpoint CHECKPOINT CONFIG OUT``.
"""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor

from mmtal.apis.official_checkpoint import official_to_mmtal
from mmtal.apis.run import load_config, run_tool
from mmtal.engine.checkpoint import load_state_dict_file
from mmtal.registry import MODELS

# Official name -> ours, where ActionFormer's release has no such parameter.
_BLOCK = r"(backbone\.(?:stem|branch)\.\d+)\."
_LAYERS = {
    "ln": "norm",
    "gn": "mlp_norm",
    "psi": "psi",
    "fc": "fc",
    "convw": "conv_w",
    "convkw": "conv_kw",
    "global_fc": "phi",
    "drop_path_out": "sgp_drop_path",
}
_BOUNDARIES = {"start": "0", "end": "1"}
_LEVEL_SCALE = r"reg_head\.scale\.(\d+)\.scale"
_OURS_ONLY = "head.loss_normalizer"  # the release does not save it


def tridet_to_mmtal(name: str) -> str | None:
    """Our name of one parameter of the release; None where we have no such parameter."""
    match = re.fullmatch(rf"{_BLOCK}({'|'.join(_LAYERS)})\.(\w+)", name)
    if match:
        return f"{match[1]}.{_LAYERS[match[2]]}.{match[3]}"
    match = re.fullmatch(r"(start|end)_head\.(.+)", name)
    if match:
        ours = official_to_mmtal(f"cls_head.{match[2]}")  # built like the class branch
        index = _BOUNDARIES[match[1]]
        for part in ("tower", "conv"):
            if ours and ours.startswith(f"head.cls_{part}."):
                return ours.replace(f"cls_{part}", f"boundary_{part}s.{index}")
        return None
    return official_to_mmtal(name)


def load_tridet_state_dict(
    source: str | Path | Mapping[str, Any], config: str | Path | Config
) -> dict[str, Tensor]:
    """Convert a checkpoint of the TriDet release to a state dict of ``config``'s model.

    Args:
        source: A ``.pth.tar`` file of the release (its averaged weights, ``state_dict_ema``, are
            preferred), or such a checkpoint, or a state dict itself. ``module.`` prefixes are
            dropped; files are read without running anything they hold.
        config: The config of the same model.

    Returns:
        A state dict that ``load_state_dict`` takes with ``strict=True``. What the release does
        not save (the loss normaliser) has the config's initial value.

    Raises:
        ValueError: The file is unsafe or damaged, or a name is unknown, missing, or of another
            shape; all of them are listed.
    """
    checkpoint: Mapping[str, Any] = (
        load_state_dict_file(source) if isinstance(source, str | Path) else source
    )
    weights = checkpoint.get("state_dict_ema") or checkpoint.get("state_dict") or checkpoint
    config = config if isinstance(config, Config) else Config.fromfile(config)
    expected = MODELS.build(config.model).state_dict()
    converted = {_OURS_ONLY: expected[_OURS_ONLY]}
    scales: dict[int, Tensor] = {}
    problems: list[str] = []
    for official, value in weights.items():
        official = official.removeprefix("module.")
        scale, name = re.fullmatch(_LEVEL_SCALE, official), tridet_to_mmtal(official)
        if scale and value.numel() == 1:
            scales[int(scale[1])] = value.reshape(())
        elif name is None or name not in expected:
            problems.append(f"unknown: {official}")
        elif _without_ones(value) != _without_ones(expected[name]):
            problems.append(
                f"shape: {official} is {tuple(value.shape)}, the config's model needs "
                f"{tuple(expected[name].shape)}"
            )
        else:
            converted[name] = value.reshape(expected[name].shape)
    levels = len(expected["head.level_scales"])
    if sorted(scales) == list(range(levels)):
        converted["head.level_scales"] = torch.stack([scales[level] for level in range(levels)])
    problems += [f"missing: {name}" for name in expected.keys() - converted.keys()]
    if problems:
        raise ValueError(
            "the checkpoint does not fit the config (is it the config of the same model?):\n  "
            + "\n  ".join(sorted(problems))
        )
    return converted


def _without_ones(value: Tensor) -> list[int]:
    """The release keeps norms as (1, C, 1), and a window of 1 makes a kernel size of 1."""
    return [size for size in value.shape if size != 1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Convert a checkpoint of the TriDet release.")
    parser.add_argument("checkpoint", help="file of the release, .pth.tar")
    parser.add_argument("config", help="config of the same model, of projects/tridet/configs")
    parser.add_argument("out", help="file to write, .pth; every tool takes it as a checkpoint")
    args = parser.parse_args()
    weights = load_tridet_state_dict(args.checkpoint, load_config(args.config))
    torch.save(dict(state_dict=weights, meta={}), args.out)
    print(f"{len(weights)} arrays of {args.checkpoint} written to {args.out}")


if __name__ == "__main__":
    run_tool(main)
