"""Inspect and convert checkpoint files of mmtal and of other codebases."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor

from mmtal.checkpoints.bridge import Conversion, check_arithmetic, from_mmtal, to_mmtal
from mmtal.checkpoints.loading import (
    checked_tensors,
    load_checkpoint_file,
    load_state_dict_file,
    notes_of,
    weights_in,
)
from mmtal.checkpoints.names import FIRST_PARTS, OFFICIAL, SCHEMES, NamingScheme, Rule
from mmtal.config_files import read_config, resource_root
from mmtal.registry import MODELS
from mmtal.utils.files import whole_file

MMTAL = "mmtal"
FORMATS = (MMTAL, *SCHEMES)
_BIAS = "head.cls_conv.bias"
_FIRST_PARTS = {MMTAL: ("head.",), **FIRST_PARTS}


@dataclass(frozen=True)
class ForeignCheckpoint:
    """A checkpoint file.

    Attributes:
        format: Whose it is, one of ``FORMATS``.
        plain: The weights as the optimizer left them; None where the file lacks them.
        averaged: Their moving average (EMA); None where the file has none.
        epoch: Finished epochs, 0 where the file does not say.
    """

    format: str
    plain: dict[str, Tensor] | None
    averaged: dict[str, Tensor] | None
    epoch: int

    def weights(self, which: str | None) -> tuple[dict[str, Tensor], str]:
        """The chosen weights and their name, ``ema`` (None prefers it) or ``plain``.

        ValueError: the file does not have them.
        """
        found = {"ema": self.averaged, "plain": self.plain}
        which = which or ("plain" if self.averaged is None else "ema")
        weights = found[which]
        if weights is None:
            other = next(name for name, value in found.items() if value is not None)
            raise ValueError(f"the checkpoint has no {which} weights, only {other} ones")
        return weights, which


def read_foreign_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Read a checkpoint of mmtal, the official release or OpenTAD, running nothing it holds.

    ValueError: it is refused, damaged, or no checkpoint of a known method.
    """
    content = load_checkpoint_file(path, map_location="cpu")
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a state dict, but it holds a {type(content).__name__}")
    if "state_dict" not in content and "state_dict_ema" not in content:
        content = {"state_dict": content}
    plain, averaged = content.get("state_dict"), content.get("state_dict_ema")
    meta = notes_of(content)
    if meta.get("weights") == "ema":  # written by us
        plain, averaged = None, plain
    if "ema_state_dict" in content:  # MMEngine swaps the average into state_dict when it saves
        raw = content["ema_state_dict"].items()
        plain, averaged = {k: v for k, v in raw if k.startswith("module.")}, plain
    sets = [None if w is None else checked_tensors(w, path) for w in (plain, averaged)]
    some = next((weights for weights in reversed(sets) if weights), None)
    if not some:
        raise ValueError(f"{path} holds no weights")
    epoch = content.get("epoch", meta.get("epoch"))
    epoch = epoch if isinstance(epoch, int) else 0
    return ForeignCheckpoint(format_of(some, path), sets[0], sets[1], epoch)


def format_of(weights: Mapping[str, Tensor], path: str | Path) -> str:
    """Whose the weights are: one of ``FORMATS``, by their names.

    ValueError: they are not those of a known method.
    """
    for name, starts in _FIRST_PARTS.items():
        if any(key.startswith(starts) for key in weights):
            return name
    raise ValueError(
        f"{path} is no checkpoint of a known method: expected names that begin with "
        + ", ".join(
            f"'{start}' ({name})" for name, starts in _FIRST_PARTS.items() for start in starts
        )
        + f", but got names such as '{next(iter(weights))}'"
    )


def scheme_between(source: str, target: str) -> NamingScheme:
    """The names of the other codebase, of a conversion from or to mmtal, both in ``FORMATS``.

    ValueError: there is nothing to convert, or only by way of mmtal.
    """
    if source == target:
        others = " or ".join(name for name in FORMATS if MMTAL in (name, target) and name != target)
        raise ValueError(f"the checkpoint is one of '{source}' already: choose --to {others}")
    if MMTAL not in (source, target):
        raise ValueError(
            f"the checkpoint is one of '{source}', which cannot be written as '{target}': convert "
            "it to mmtal first"
        )
    return SCHEMES[target if source == MMTAL else source]


def convert(
    weights: Mapping[str, Tensor], config: Config, *, source: str, target: str
) -> Conversion:
    """Rename the weights of a config's model; what does not match is in the result's rows.

    ValueError: there is nothing to convert, or the config's model computes otherwise.
    """
    scheme = scheme_between(source, target)
    model = MODELS.build(config.model)
    check_arithmetic(model, scheme)
    rename = from_mmtal if source == MMTAL else to_mmtal
    return rename(weights, model, scheme)


def find_fitting_config(weights: Mapping[str, Tensor], scheme: NamingScheme, source: str) -> Path:
    """The one config of mmtal's own whose model the weights, named as ``source`` does, fit.

    ValueError: none fits, or several do, whose models differ in what has no parameters.
    """
    rename = from_mmtal if source == MMTAL else to_mmtal
    found = scheme.to_theirs(_BIAS)
    bias = weights.get(_BIAS if source == MMTAL or found is None else found[0])
    fitting = []
    folders = (resource_root() / folder for folder in scheme.configs)
    for path in sorted(path for folder in folders for path in folder.glob("*.py")):
        config = Config.fromfile(path)
        if bias is not None and config.model.head.get("num_classes") != len(bias):
            continue  # building all takes seconds
        with torch.device("meta"):  # shapes without memory
            model = MODELS.build(config.model)
        try:
            check_arithmetic(model, scheme)
        except ValueError:
            continue
        if not rename(weights, model, scheme).problems:
            fitting.append(path)
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(path.stem for path in fitting)
    raise ValueError(
        f"several configs fit the checkpoint: {names}: give --config, the config of its model"
        if fitting
        else "no config fits the checkpoint: give --config, the config of its model, to see which "
        "parameters differ"
    )


def write_foreign_checkpoint(
    path: str | Path,
    weights: Mapping[str, dict[str, Tensor]],
    *,
    target: str,
    epoch: int,
    note: Mapping[str, str],
) -> None:
    """Write a checkpoint that mmtal, or the other codebase, loads.

    Weights are by ``ema`` and ``plain``; where one is missing, the other takes its place. mmtal
    gets the average, if there is one. ``note``: where it came from.
    """
    averaged = weights.get("ema", weights.get("plain", {}))
    content: dict[str, Any] = dict(state_dict=averaged, meta=dict(epoch=epoch, **note))
    if target != MMTAL:
        content = dict(epoch=epoch)
        sets = {"state_dict": weights.get("plain", averaged), "state_dict_ema": averaged}
        for key, chosen in sets.items():
            content[key] = {f"module.{name}": value for name, value in chosen.items()}
    save_whole(path, content)


def save_whole(path: str | Path, content: Mapping[str, Any]) -> None:
    """``torch.save`` that leaves a whole file or none; OSError names the path."""
    data = io.BytesIO()
    torch.save(content, data)
    with whole_file(path) as temporary:
        temporary.write_bytes(data.getbuffer())


def load_official_state_dict(
    source: str | Path | Mapping[str, Any],
    config: str | Path | Config,
    *,
    extra_rules: Iterable[Rule] = (),
) -> dict[str, Tensor]:
    """Convert a checkpoint of the official release to a state dict of ``config``'s model.

    Args:
        source: A ``.pth.tar`` file of the release (its averaged weights, ``state_dict_ema``, are
            preferred), or such a checkpoint, or a state dict itself. ``module.`` prefixes are
            dropped.
        config: The mmtal config of the same model.
        extra_rules: More names, for a model that was built on the release; they come first.

    Returns:
        A state dict that ``load_state_dict`` takes with ``strict=True``. What the release does
        not save (the loss normalizer) has the config's initial value.

    Raises:
        ValueError: A name is unknown, missing, or of another shape; all of them are listed.
    """
    if isinstance(source, Mapping):
        weights = weights_in(dict(source), "checkpoint")
    else:
        weights = load_state_dict_file(source)
    config = config if isinstance(config, Config) else read_config(config)
    conversion = to_mmtal(weights, MODELS.build(config.model), OFFICIAL.extended(extra_rules))
    conversion.raise_if_unmatched()
    return conversion.state_dict
