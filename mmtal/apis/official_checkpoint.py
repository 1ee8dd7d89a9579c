"""Checkpoints of the official ActionFormer release, renamed for mmtal."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor

from mmtal.engine.checkpoint import load_state_dict_file
from mmtal.registry import MODELS

# Official name -> ours; the first pattern that matches the whole name counts.
_BLOCK = r"backbone\.(?P<part>stem|branch)\.(?P<i>\d+)\."
_RULES = [
    (r"backbone\.proj\.(\d+)\.conv\.(\w+)", r"backbone.embedding.projections.\1.\2"),
    (r"backbone\.embd\.(\d+)\.conv\.(\w+)", r"backbone.embedding.convs.\1.\2"),
    (r"backbone\.embd_norm\.(\d+)\.(\w+)", r"backbone.embedding.norms.\1.\2"),
    (_BLOCK + r"ln1\.(\w+)", r"backbone.\g<part>.\g<i>.attn_norm.\3"),
    (_BLOCK + r"ln2\.(\w+)", r"backbone.\g<part>.\g<i>.mlp_norm.\3"),
    (_BLOCK + r"attn\.rel_pe", r"backbone.\g<part>.\g<i>.attn.rel_pos"),
    (_BLOCK + r"attn\.(\w+)\.conv\.weight", r"backbone.\g<part>.\g<i>.attn.\3.weight"),
    (_BLOCK + r"attn\.(\w+)\.(weight|bias)", r"backbone.\g<part>.\g<i>.attn.\3.\4"),
    (_BLOCK + r"mlp\.(\d)\.(\w+)", r"backbone.\g<part>.\g<i>.mlp.\3.\4"),
    (_BLOCK + r"drop_path_(attn|mlp)\.scale", r"backbone.\g<part>.\g<i>.\3_drop_path.scale"),
    (
        _BLOCK + r"(conv1|conv2|downsample)\.conv\.(\w+)",
        r"backbone.\g<part>.\g<i>.\3.\4",
    ),
    (r"neck\.fpn_norms\.(\d+)\.(\w+)", r"neck.norms.\1.\2"),
    (r"neck\.lateral_convs\.(\d+)\.conv\.(\w+)", r"neck.laterals.\1.\2"),
    (r"neck\.fpn_convs\.(\d+)\.conv\.(\w+)", r"neck.convs.\1.\2"),
    (r"(cls|reg)_head\.head\.(\d+)\.conv\.(\w+)", r"head.\1_tower.convs.\2.\3"),
    (r"(cls|reg)_head\.norm\.(\d+)\.(\w+)", r"head.\1_tower.norms.\2.\3"),
    (r"cls_head\.cls_head\.conv\.(\w+)", r"head.cls_conv.\1"),
    (r"reg_head\.offset_head\.conv\.(\w+)", r"head.reg_conv.\1"),
]
_LEVEL_SCALE = r"reg_head\.scale\.(\d+)\.scale"
_OURS_ONLY = ("head.loss_normalizer",)  # the release does not save it


def load_official_state_dict(
    source: str | Path | Mapping[str, Any], config: str | Path | Config
) -> dict[str, Tensor]:
    """Convert a checkpoint of the official release to a state dict of ``config``'s model.

    Args:
        source: A ``.pth.tar`` file of the release (its averaged weights, ``state_dict_ema``, are
            preferred), or such a checkpoint, or a state dict itself. ``module.`` prefixes are
            dropped.
        config: The mmtal config of the same model.

    Returns:
        A state dict that ``load_state_dict`` takes with ``strict=True``. What the release does
        not save (the loss normaliser) has the config's initial value.

    Raises:
        ValueError: A name is unknown, missing, or of another shape; all of them are listed.
    """
    checkpoint: Mapping[str, Any] = (
        load_state_dict_file(source) if isinstance(source, str | Path) else source
    )
    weights: Mapping[str, Tensor] = (
        checkpoint.get("state_dict_ema") or checkpoint.get("state_dict") or checkpoint
    )
    config = config if isinstance(config, Config) else Config.fromfile(config)
    expected = MODELS.build(config.model).state_dict()

    converted: dict[str, Tensor] = {}
    scales: dict[int, Tensor] = {}
    problems: list[str] = []
    for official, value in weights.items():
        official = official.removeprefix("module.")
        scale = re.fullmatch(_LEVEL_SCALE, official)
        name = official_to_mmtal(official)
        if scale and value.numel() == 1:
            scales[int(scale.group(1))] = value.reshape(())
        elif scale:
            problems.append(f"shape: {official} is {tuple(value.shape)}, but must be one number")
        elif name is None or name not in expected:
            problems.append(f"unknown: {official}")
        elif _without_ones(value.shape) != _without_ones(expected[name].shape):
            problems.append(
                f"shape: {official} is {tuple(value.shape)}, the config's model needs "
                f"{tuple(expected[name].shape)}"
            )
        else:
            converted[name] = value.reshape(expected[name].shape)
    levels = list(range(len(expected["head.level_scales"])))
    if sorted(scales) == levels:
        converted["head.level_scales"] = torch.stack([scales[level] for level in levels])
    elif scales:
        problems.append(
            f"shape: the checkpoint has level scales for levels {sorted(scales)}, the config's "
            f"model needs those of {levels}"
        )
    for name in _OURS_ONLY:
        converted[name] = expected[name]
    problems += [f"missing: {name}" for name in expected.keys() - converted.keys()]
    if problems:
        raise ValueError(
            "the checkpoint does not fit the config (is it the config of the same model?):\n  "
            + "\n  ".join(sorted(problems))
        )
    return converted


def _without_ones(shape: torch.Size) -> list[int]:
    """The release keeps norms as (1, C, 1) and projections as convolutions (C, C, 1)."""
    return [size for size in shape if size != 1]


def official_to_mmtal(name: str) -> str | None:
    """Our name of one parameter of the release; None where we have no such parameter."""
    for pattern, replacement in _RULES:
        match = re.fullmatch(pattern, name)
        if match:
            return match.expand(replacement)
    return None
