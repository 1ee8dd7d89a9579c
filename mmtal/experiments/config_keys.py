"""Dotted names of config values."""

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmengine.config import Config

from mmtal import registry


def check_key(config: Config, key: str, *, options: Sequence[str] = ()) -> None:
    """Refuse a dotted name that neither the config has nor the component that it configures.

    MMEngine would add a misspelt name to the config without a word, and a search would vary
    something that nothing reads. A name is such as ``train_dataloader.dataset.pipeline.1.max_len``.
    ValueError: it is unknown; the message proposes the nearest names, of ``options`` as well.
    """
    value: Any = config
    parts = key.split(".")
    for number, part in enumerate(parts):
        known = _children(value)
        last = number == len(parts) - 1
        if part not in known and not (last and part in _parameters(value)):
            guesses = _guesses(config, value, parts, number, options)
            path = ".".join(parts[:number])
            hint = ", ".join(f"'{name}'" for name in guesses)
            raise ValueError(
                f"the config has no value '{key}'"
                + (f": '{path}' has no '{part}'" if path else "")
                + (f"; did you mean {hint}?" if hint else "")
            )
        value = value[int(part)] if isinstance(value, list) else value.get(part)


def _guesses(
    config: Config, value: Any, parts: Sequence[str], number: int, options: Sequence[str]
) -> list[str]:
    """What may have been meant by a name whose part of this number ``value`` does not have."""
    known = [*options, *_all_keys(config)]
    names = [*_children(value), *(_parameters(value) if number == len(parts) - 1 else [])]
    near = difflib.get_close_matches(parts[number], names, n=1)
    guesses = [".".join([*parts[:number], name, *parts[number + 1 :]]) for name in near]
    if number < len(parts) - 1:  # the rest of the name must exist as well
        guesses = [guess for guess in guesses if guess in known]
    same_end = [name for name in known if name.endswith(f".{parts[-1]}")][:2]
    return guesses or same_end or difflib.get_close_matches(".".join(parts), known, n=1)


def _children(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(index) for index in range(len(value))]
    return list(value) if isinstance(value, (Config, Mapping)) else []


def _parameters(value: Any) -> list[str]:
    """Names that the constructor of a component takes, whether the config sets them or not."""
    name = value.get("type") if isinstance(value, Mapping) else None
    if not isinstance(name, str):
        return []
    for owner in vars(registry).values():
        if isinstance(owner, registry.TALRegistry) and name in owner.names():
            return [
                parameter.name
                for parameter in inspect.signature(owner.get(name)).parameters.values()
                if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
            ]
    return []


def _all_keys(value: Any, prefix: str = "") -> Iterator[str]:
    for name in _children(value):
        key = f"{prefix}{name}"
        yield key
        child = value[int(name)] if isinstance(value, list) else value[name]
        yield from _all_keys(child, f"{key}.")
