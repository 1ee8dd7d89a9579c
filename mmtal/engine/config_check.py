"""Find what is misspelt in a config, or of a wrong type, before anything is built from it."""

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any

from mmengine.config import Config
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from mmtal import registry

_SECTIONS = (
    "model", "train_dataloader", "val_dataloader", "test_dataloader", "val_evaluator",
    "test_evaluator", "optim_wrapper", "param_scheduler", "train_cfg", "default_hooks",
    "custom_hooks", "visualizer", "randomness",
)  # fmt: skip
_TAKEN_OUT = {
    "DataLoader": {"sampler", "batch_sampler", "collate_fn", "worker_init_fn", "dataset",
                   "num_batch_per_epoch", "disable_subprocess_warning"},
    "optim_wrapper": {"optimizer", "constructor", "paramwise_cfg"},
    "param_scheduler": {"convert_to_iter_based"},
    "optimizer": {"params"},
    "train_cfg": {"by_epoch"},
}  # fmt: skip
"""What MMEngine takes out of a section before it builds what the section describes."""

_LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")
_INTEGERS = {
    0: ("randomness.seed", *(f"{name}.num_workers" for name in _LOADERS)),
    1: (
        *(f"train_cfg.{name}" for name in ("max_epochs", "max_iters", "val_interval")),
        *(f"{name}.{key}" for name in _LOADERS for key in ("batch_size", "prefetch_factor")),
    ),
}
"""Numbers, by the least that they may be."""


def check_config(config: Config) -> None:
    """Refuse arguments that nothing takes, and numbers that are none.

    Components that are not registered are left to those who build them. ValueError has the dotted
    name, what is expected, and the nearest name.
    """
    for name in _SECTIONS:
        _check(config.get(name), name)
    for least, names in _INTEGERS.items():
        for name in names:
            value = _value(config, name)
            if value is not None and not (isinstance(value, int) and value >= least):
                raise ValueError(f"{name} must be an integer >= {least}, but got {value!r}")
    rate = _value(config, "optim_wrapper.optimizer.lr")
    if rate is not None and not (isinstance(rate, (int, float)) and rate >= 0):
        raise ValueError(f"optim_wrapper.optimizer.lr must be a number >= 0, but got {rate!r}")


def takes_argument(config: Mapping[str, Any], name: str) -> bool:
    """Whether what a component's config builds has an argument of this name."""
    return any(name in known for _, known, _ in _constructors(config, ""))


def _check(value: Any, path: str) -> None:
    """Check a part of a config, and all parts of it."""
    last = path.rpartition(".")[2]
    is_section = "." not in path and path.endswith(("loader", "_cfg", "wrapper"))
    if is_section and not isinstance(value, (Mapping, NoneType)):
        raise ValueError(f"{path} must be a dict, but got {value!r}")
    if isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _check(item, f"{path}.{number}")
    if not isinstance(value, Mapping):
        return
    taken_out = _TAKEN_OUT.get(path.partition(".")[0] if last.isdigit() else last, set())
    for title, known, is_open in _constructors(value, path):
        known |= taken_out | {"type", "_scope_"}
        if path.endswith("_dataloader"):
            known |= _TAKEN_OUT["DataLoader"]
        for key in value.keys() - known:
            close = difflib.get_close_matches(key, known, n=1, cutoff=0.85 if is_open else 0.6)
            if close or not is_open:
                raise ValueError(
                    f"{path}.{key}: {title} has no argument '{key}'"
                    + (f"; did you mean '{close[0]}'?" if close else f", but {_few(known)}")
                )
    for key, item in value.items():
        _check(item, f"{path}.{key}")


def _few(known: set[str]) -> str:
    names = sorted(known - {"type", "_scope_"})
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _constructors(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, set[str], bool]]:
    """What is built from a dict: its name, its arguments, and whether it takes others."""
    kind = value.get("type")
    if path in _LOADERS:
        kinds: list[Any] = [DataLoader]
    elif path == "randomness":
        yield "it", set(inspect.signature(Runner.set_randomness).parameters), False
        return
    elif path == "train_cfg" and kind is None:
        kinds = [EpochBasedTrainLoop if value.get("by_epoch", True) else IterBasedTrainLoop]
    elif isinstance(kind, str):
        owners = [o for o in vars(registry).values() if isinstance(o, registry.TALRegistry)]
        kinds = list({id(k): k for o in owners if (k := o._find(kind)) is not None}.values())
        if len(kinds) != 1:  # unknown, or known in several registries: its builder decides
            return
    else:
        kinds = [kind] if isinstance(kind, type) else []
    for found in kinds:
        if inspect.isclass(found):
            yield found.__name__, *_arguments(found)


def _arguments(kind: type) -> tuple[set[str], bool]:
    """Arguments of a class, with those that it passes to its bases; whether it takes others."""
    names: set[str] = set()
    for base in kind.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        names |= {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return names, False
    return names, True


def check_key(config: Config, key: str, *, options: Sequence[str] = ()) -> None:
    """Refuse a dotted name that neither the config has nor the component that it configures.

    MMEngine would add a misspelt name to the config without a word, and a search would vary
    something that nothing reads. A name is such as ``train_dataloader.dataset.pipeline.1.max_len``.
    ValueError: it is unknown; the message proposes the nearest names, of ``options`` as well.
    """
    value: Any = config
    parts = key.split(".")
    for number, part in enumerate(parts):
        known, path = _children(value), ".".join(parts[:number])
        if number == len(parts) - 1 and isinstance(value, Mapping):
            known += [name for _, names, _ in _constructors(value, path) for name in sorted(names)]
        if part not in known:
            near = difflib.get_close_matches(part, known, n=1)
            guesses = [".".join([*parts[:number], name, *parts[number + 1 :]]) for name in near]
            keys = [*options, *_all_keys(config)]
            if number < len(parts) - 1:  # the rest of the name must exist as well
                guesses = [guess for guess in guesses if guess in keys]
            guesses = guesses or [name for name in keys if name.endswith(f".{parts[-1]}")][:2]
            guesses = guesses or difflib.get_close_matches(key, keys, n=1)
            hint = ", ".join(f"'{name}'" for name in guesses)
            raise ValueError(
                f"the config has no value '{key}'"
                + (f": '{path}' has no '{part}'" if path else "")
                + (f"; did you mean {hint}?" if hint else "")
            )
        value = value[int(part)] if isinstance(value, list) else value.get(part)


def _children(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(index) for index in range(len(value))]
    return list(value) if isinstance(value, (Config, Mapping)) else []


def _all_keys(value: Any, prefix: str = "") -> Iterator[str]:
    for name in _children(value):
        yield f"{prefix}{name}"
        child = value[int(name)] if isinstance(value, list) else value[name]
        yield from _all_keys(child, f"{prefix}{name}.")


def _value(config: Config, name: str) -> Any:
    value: Any = config
    for part in name.split("."):
        value = value.get(part) if hasattr(value, "get") else None  # Config is no Mapping
    return value
