"""Conversion of checkpoints from and to other codebases: all parameters or none."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from terminaltables import AsciiTable
from torch import Tensor, nn

from mmtal.checkpoints.names import NamingScheme
from mmtal.models.layers import ConvEmbedding, ConvTower
from mmtal.utils.wording import counted

_SCALES = "head.level_scales"
PROBLEMS = ("unknown", "missing", "shape", "rounded", "unequal")


@dataclass(frozen=True)
class KeyRow:
    """What became of one parameter.

    Attributes:
        source: Its name in the checkpoint; empty where the checkpoint lacks it.
        target: Its name in what is written; empty where it has no place there.
        shape: As it was read, or as it would have to be.
        status: ``same``, ``reshaped`` (dimensions of size 1), ``dtype`` (of another type, the
            values kept), ``initial`` (not in the checkpoint: the config's value), ``left out``
            (not saved by the other codebase); or one of ``PROBLEMS``.
        message: What is wrong, for a problem.
    """

    source: str
    target: str
    shape: tuple[int, ...]
    status: str
    message: str = ""


@dataclass(frozen=True)
class Conversion:
    """A renamed state dict, and where each of its values came from."""

    state_dict: dict[str, Tensor]
    rows: list[KeyRow]

    @property
    def problems(self) -> list[str]:
        """One line for each parameter that does not match."""
        return sorted(f"{r.status}: {r.message}" for r in self.rows if r.status in PROBLEMS)

    def raise_if_unmatched(self) -> None:
        """Refuse a checkpoint that does not match in full; ValueError: lists all that is wrong."""
        if self.problems:
            raise ValueError(
                "the checkpoint does not fit the config (is it the config of the same model?):\n  "
                + "\n  ".join(self.problems)
            )

    def summary(self) -> str:
        """How many parameters there are of each status."""
        counts = Counter(row.status for row in self.rows)
        parts = ", ".join(f"{number} {status}" for status, number in counts.most_common())
        return f"{counted(len(self.rows), 'parameter')}: {parts}"

    def table(self) -> str:
        """One line for each parameter."""
        rows = [[r.source or "-", r.target or "-", str(r.shape), r.status] for r in self.rows]
        table = AsciiTable([["in the checkpoint", "written as", "shape", "status"], *rows])
        table.inner_column_border = table.outer_border = False
        return table.table


def to_mmtal(weights: Mapping[str, Tensor], model: nn.Module, scheme: NamingScheme) -> Conversion:
    """Rename another codebase's weights for ``model``, which may be on the ``meta`` device.

    ``module.`` prefixes are dropped.
    """
    scheme = scheme.for_model(model)
    expected = _split_scales(model.state_dict())
    converted: dict[str, Tensor] = {}
    rows = []
    for theirs, value in weights.items():
        theirs = theirs.removeprefix("module.")
        found = scheme.to_ours(theirs)
        if found is None or found[0] not in expected:
            rows.append(KeyRow(theirs, "", tuple(value.shape), "unknown", theirs))
            continue
        need = expected[found[0]]
        rows.append(_compare(theirs, found[0], value, need))
        if rows[-1].status not in PROBLEMS:
            value = value.reshape(need.shape).to(need.dtype)
            kept = converted.setdefault(found[0], value)
            if kept is not value and not torch.equal(kept, value):
                message = f"{theirs} differs from another name of the same parameter"
                rows[-1] = replace(rows[-1], status="unequal", message=message)
    seen = {row.target for row in rows}
    for ours in (name for name in expected if name not in seen):
        initial = ours in scheme.dropped
        if initial:
            converted[ours] = expected[ours]
        status, message = ("initial", "") if initial else ("missing", ours)
        rows.append(KeyRow("", ours, tuple(expected[ours].shape), status, message))
    return Conversion(_join_scales(converted, model.state_dict()), rows)


def from_mmtal(weights: Mapping[str, Tensor], model: nn.Module, scheme: NamingScheme) -> Conversion:
    """Rename weights of ``model``, which may be on the ``meta`` device, for another codebase."""
    scheme = scheme.for_model(model)
    expected = _split_scales(model.state_dict())
    converted: dict[str, Tensor] = {}
    rows = []
    given = _split_scales(weights)
    for ours, value in given.items():
        found = scheme.to_theirs(ours)
        if ours not in expected:
            rows.append(KeyRow(ours, "", tuple(value.shape), "unknown", ours))
        elif ours in scheme.dropped:
            rows.append(KeyRow(ours, "", tuple(value.shape), "left out"))
        elif found is None:
            message = f"{ours} has no counterpart in a checkpoint of '{scheme.name}'"
            rows.append(KeyRow(ours, "", tuple(value.shape), "unknown", message))
        elif value.shape != expected[ours].shape:
            rows.append(_compare(ours, ours, value, expected[ours]))
        else:
            value = value.reshape(found[1].their_shape(value.shape))
            status = "reshaped" if any(found[1].ones) else "same"
            for theirs in scheme.their_names(ours):
                converted[theirs] = value
                rows.append(KeyRow(ours, theirs, tuple(value.shape), status))
    for ours, need in expected.items():
        if ours not in given:
            rows.append(KeyRow("", ours, tuple(need.shape), "missing", ours))
    return Conversion(converted, rows)


def check_arithmetic(model: nn.Module, scheme: NamingScheme) -> None:
    """Refuse to pass weights between models whose parameters agree and whose results do not.

    ValueError: ``model`` normalizes or masks otherwise than ``scheme``'s codebase.
    """
    towers = [m for m in model.modules() if isinstance(m, ConvEmbedding | ConvTower)]
    norms = [n for tower in towers for n in tower.norms] + [*getattr(model.neck, "norms", [])]
    eps = {norm.eps for norm in norms if isinstance(norm, nn.LayerNorm)}
    masked = {tower.mask_after_norm for tower in towers}
    if eps - {scheme.norm_eps} or masked - {scheme.mask_after_norm}:
        raise ValueError(
            f"the config's model has norms with eps {sorted(eps)} and mask_after_norm "
            f"{sorted(masked)} in embedding, neck and towers, but '{scheme.name}' computes with "
            f"{scheme.norm_eps} and {scheme.mask_after_norm}, so that the same weights would give "
            f"other results: use a config of {' or '.join(scheme.configs)}"
        )


def _compare(source: str, target: str, value: Tensor, need: Tensor) -> KeyRow:
    shape = tuple(value.shape)
    if _without_ones(value.shape) != _without_ones(need.shape):
        message = f"{source} is {shape}, the config's model needs {tuple(need.shape)}"
        return KeyRow(source, target, shape, "shape", message)
    if value.dtype != need.dtype:
        if not torch.equal(value.to(need.dtype).to(value.dtype), value):
            message = f"{source} is {value.dtype}, whose values {need.dtype} cannot hold"
            return KeyRow(source, target, shape, "rounded", message)
        return KeyRow(source, target, shape, "dtype")
    return KeyRow(source, target, shape, "same" if value.shape == need.shape else "reshaped")


def _without_ones(shape: torch.Size) -> list[int]:
    return [size for size in shape if size != 1]


def _split_scales(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The vector of level scales as one number per level."""
    split: dict[str, Tensor] = {}
    for name, value in weights.items():
        if name == _SCALES:
            split.update((f"{name}.{level}", scale) for level, scale in enumerate(value.unbind()))
        else:
            split[name] = value
    return split


def _join_scales(weights: dict[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse, in the order of ``expected``; without the vector if an element is missing."""
    if _SCALES in expected:
        names = [f"{_SCALES}.{level}" for level in range(len(expected[_SCALES]))]
        if all(name in weights for name in names):
            weights = {**weights, _SCALES: torch.stack([weights[name] for name in names])}
    return {name: weights[name] for name in expected if name in weights}
