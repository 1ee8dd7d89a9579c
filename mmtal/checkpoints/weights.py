"""Load the weights of a checkpoint into a model, all or none."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from mmtal.checkpoints.loading import load_state_dict_file
from mmtal.checkpoints.names import FIRST_PARTS

MOST_PARTS = 3
"""Parts of a model, such as ``head.cls_conv``, that may differ in a checkpoint to fine-tune."""


def load_weights(model: nn.Module, checkpoint: str | Path) -> None:
    """Load the weights of a checkpoint file or URL, averaged ones where it holds them.

    ValueError: it is unsafe or damaged, or it is not a checkpoint of this model.
    """
    weights = load_state_dict_file(checkpoint)
    model.load_state_dict(fitting_weights(weights, model, source=checkpoint))


def fitting_weights(
    weights: Mapping[str, Tensor],
    model: nn.Module,
    *,
    source: str | Path,
    may_differ: Sequence[str] = (),
    option: str | None = None,
) -> dict[str, Tensor]:
    """A state dict that the model takes with ``strict=True``.

    Weights whose names begin as ``may_differ`` says may be missing, have another shape, or be
    unknown to the model, which keeps its own. Errors call the weights ``source``, and name
    ``option``, by which the user can set ``may_differ``: others differ, some are NaN or infinite,
    or ``may_differ`` is the beginning of no name.
    """
    own = model.state_dict()
    for start in may_differ:
        if not any(name.startswith(start) for name in (*own, *weights)):
            raise ValueError(
                "may_differ must list how names of weights begin, such as "
                f"'{next(iter(own), '')}', but no weight's name begins with '{start}'"
            )
    missing = [name for name in own if name not in weights]
    unknown = [name for name in weights if name not in own]
    reshaped = [name for name in own if name in weights and weights[name].shape != own[name].shape]
    differing = [
        [name for name in names if not name.startswith(tuple(may_differ))]
        for names in (missing, unknown, reshaped)
    ]
    if any(differing):
        raise ValueError(
            f"checkpoint {source} is not one of the config's model: "
            f"{_counts(differing, len(own))}; "
            f"for instance {_example(differing, weights, own)}. "
            + (_conversion(unknown, source) or "Give the config that it was trained with")
            + _advice(differing, option, may_differ)
        )
    check_finite(weights, source)
    kept = {*missing, *reshaped}
    return {name: value if name in kept else weights[name] for name, value in own.items()}


def check_finite(weights: Mapping[str, Tensor], source: str | Path) -> None:
    """Refuse (ValueError) weights that are NaN or infinite; the message counts and names them."""
    wrong = nonfinite(weights)
    if wrong:
        raise ValueError(
            f"{source} holds NaN or infinity in {len(wrong)} of {len(weights)} weights, for "
            f"instance {wrong[0]}: the training had diverged. Take a checkpoint from before that"
        )


def nonfinite(weights: Mapping[str, Tensor]) -> list[str]:
    """Names of the weights that hold NaN or infinity."""
    if not weights:
        return []
    # one flag for each, read together, so that a GPU is waited for once
    flags = torch.stack([value.isfinite().all() for value in weights.values()]).tolist()
    return [name for name, finite in zip(weights, flags, strict=True) if not finite]


def _advice(differing: list[list[str]], option: str | None, may_differ: Sequence[str]) -> str:
    """How to load all but what differs, where that is a small part of the model."""
    parts = {".".join(name.split(".")[:2]) for names in differing for name in names}
    if option is None or len(parts) > MOST_PARTS:
        return ""
    return (
        ". To fine-tune it, for instance for other classes, say how the names begin of what may "
        f"differ: {option}={','.join(sorted({*parts, *may_differ}))}"
    )


def _conversion(unknown: Sequence[str], source: str | Path) -> str:
    """What to do with a file of another codebase; empty: it is of none that is known."""
    for kind, starts in FIRST_PARTS.items():
        if any(name.startswith(starts) for name in unknown):
            return (
                f"Its names are those of '{kind}': mmtal checkpoint convert {source} --config "
                "CONFIG --out NEW.pth"
            )
    return ""


def _counts(differing: list[list[str]], total: int) -> str:
    missing, unknown, reshaped = map(len, differing)
    parts = [f"{missing} of the model's {total} weights are missing" if missing else ""]
    parts += [f"{reshaped} of the model's {total} weights have another shape" if reshaped else ""]
    parts += [f"{unknown} in the file are not in the model" if unknown else ""]
    return ", ".join(filter(None, parts))


def _example(
    differing: list[list[str]], weights: Mapping[str, Tensor], own: Mapping[str, Tensor]
) -> str:
    missing, unknown, reshaped = differing
    if reshaped:
        name = reshaped[0]
        return f"{name} is {tuple(weights[name].shape)}, in the model {tuple(own[name].shape)}"
    return f"{missing[0]} is missing" if missing else f"{unknown[0]} is not in the model"
