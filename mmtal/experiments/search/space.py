"""The space of a search: config values and their ranges, from YAML or the command line."""

import ast
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from mmengine.config import Config

from mmtal.engine.config_check import check_key
from mmtal.utils.reading import reading
from mmtal.utils.yaml_files import read_yaml

FORMS = "log(low, high), float(low, high), int(low, high[, step]) or choice(a, b, ...)"


@dataclass(frozen=True)
class Dimension:
    """A config value and where a search looks for it.

    Attributes:
        key: ``learning_rate``, ``epochs``, ``batch_size``, ``weight_decay`` as the wrapper means
            them, or the dotted name of any config value.
        kind: ``log``, ``float``, ``int`` or ``choice``.
        low: Least value, unless it is a choice.
        high: Largest value.
        step: Between the values of an ``int``.
        choices: Python texts of the values of a ``choice``, which may be of any type.
    """

    key: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    step: int = 1
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind == "choice":
            return f"choice({', '.join(self.choices)})"
        step = f", {self.step}" if self.step != 1 else ""
        return f"{self.kind}({self.low:g}, {self.high:g}{step})"

    @classmethod
    def parse(cls, key: str, text: str) -> "Dimension":
        """Read ``log(5e-5, 2e-4)`` and the like.

        ValueError: it has another form, or holds no value to choose from.
        """
        wrong = ValueError(f"{key}: expected {FORMS}, but got '{text}'")
        try:
            call = ast.parse(str(text).strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise wrong from error
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)) or call.keywords:
            raise wrong
        kind = call.func.id
        if kind == "choice":
            texts = tuple(ast.unparse(node) for node in call.args)
            if len(set(texts)) < 2 or len(set(texts)) != len(texts):
                raise ValueError(
                    f"{key}: choice() must have two or more different values, but got "
                    f"({', '.join(texts)}): fixed values are set with --cfg-options"
                )
            return cls(key, kind, choices=texts)
        try:
            numbers = [ast.literal_eval(node) for node in call.args]
        except ValueError as error:
            raise wrong from error
        is_number = all(type(number) in (int, float) for number in numbers)
        most = 3 if kind == "int" else 2
        if kind not in ("log", "float", "int") or not is_number or not 2 <= len(numbers) <= most:
            raise wrong
        low, high, step = [*numbers, 1][:3]
        if kind == "int" and not all(type(number) is int for number in numbers):
            raise ValueError(f"{key}: int() must have whole numbers, but got '{text}'")
        if not math.isfinite(low) or not math.isfinite(high) or not low < high:
            word = "is empty" if low == high else "must be (low, high) with low < high"
            raise ValueError(f"{key}: the range {text} {word}")
        if kind == "log" and low <= 0:
            raise ValueError(f"{key}: log() must begin above 0, but got '{text}'")
        if not 1 <= step <= high - low and kind == "int":
            raise ValueError(f"{key}: the step must be 1 to {high - low}, but got '{text}'")
        return cls(key, kind, low, high, step)

    @property
    def first(self) -> Any:
        """A value of the config that lies in the space."""
        if self.kind == "choice":
            return self.value_of(self.choices[0])
        return int(self.low) if self.kind == "int" else self.low

    def suggest(self, trial: optuna.Trial) -> Any:
        """Let a trial choose a value."""
        if self.kind == "choice":
            return self.value_of(trial.suggest_categorical(self.key, self.choices))
        if self.kind == "int":
            return trial.suggest_int(self.key, int(self.low), int(self.high), step=self.step)
        return trial.suggest_float(self.key, self.low, self.high, log=self.kind == "log")

    def value_of(self, stored: Any) -> Any:
        """The config's value for what the study stores: a choice is stored as its text."""
        if self.kind != "choice":
            return stored
        try:
            return ast.literal_eval(stored)
        except ValueError:
            return stored  # a word without quotes

    def stored_of(self, value: Any) -> Any:
        """The inverse of :meth:`value_of`; None: the space does not hold this value."""
        if self.kind == "choice":
            same = [text for text in self.choices if self.value_of(text) == value]
            return same[0] if same else None
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not self.low <= value <= self.high:
            return None
        if self.kind == "int":
            return int(value) if (value - self.low) % self.step == 0 else None
        return float(value)


DEFAULT_SPACE = {
    "learning_rate": "log(5e-5, 2e-4)",
    "batch_size": "int(1, 4)",
    "epochs": "int(15, 40)",
    "weight_decay": "log(0.01, 0.1)",
}
"""The ranges in which a recipe of ActionFormer is usually tuned."""

DOTTED = {
    "learning_rate": "optim_wrapper.optimizer.lr",
    "weight_decay": "optim_wrapper.optimizer.weight_decay",
    "batch_size": "train_dataloader.batch_size",
    "epochs": "train_cfg.max_epochs",
}
"""The config values that the wrapper's options set; ``epochs`` come after warm-up."""

Space = Sequence[Dimension]


def read_space(
    file: str | Path | None = None, vary: Iterable[str] = (), *, fixed: Collection[str] = ()
) -> list[Dimension]:
    """The dimensions of a search; without any, those of :data:`DEFAULT_SPACE`.

    A YAML file says ``key: log(low, high)`` on each line, ``vary`` the same with ``=``, which comes
    first; ``fixed`` keys cannot be varied. ValueError: a dimension is malformed, empty, fixed as
    well, or given twice.
    """
    given: dict[str, str] = {}
    for item in vary:
        key, equals, text = item.partition("=")
        if not equals:
            raise ValueError(
                "--vary must be KEY=RANGE, such as 'optim_wrapper.optimizer.lr=log(5e-5, 2e-4)', "
                f"but got '{item}'"
            )
        if key.strip() in given:
            raise ValueError(f"--vary names {key.strip()} more than once")
        given[key.strip()] = text
    texts = {**(_read_file(Path(file)) if file else {}), **given} or DEFAULT_SPACE
    space = [Dimension.parse(key, text) for key, text in texts.items()]
    places: dict[str, str] = {}
    for dimension in space:
        place = DOTTED.get(dimension.key, dimension.key)
        if place in places:
            raise ValueError(f"{places[place]} and {dimension.key} are the same value: vary one")
        places[place] = dimension.key
        if place in fixed:
            raise ValueError(f"{dimension.key} is varied, but --cfg-options sets it to one value")
    return space


def _read_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"--space {path} does not exist")
    content = read_yaml(path)
    if not isinstance(content, Mapping) or not content:
        raise ValueError(
            f"--space {path} must hold lines such as 'learning_rate: log(5e-5, 2e-4)', but holds "
            + ("nothing" if not content else f"a {type(content).__name__}")
        )
    with reading(path, "is no space of a search"):
        for key, text in content.items():
            Dimension.parse(str(key), text)
    return {str(key): text for key, text in content.items()}


def template_values(space: Space, config: Config) -> dict[str, Any]:
    """What the template itself says about each dimension; None where it leaves a default.

    ValueError: the config does not have one.
    """
    values = {}
    for dimension in space:
        key = DOTTED.get(dimension.key, dimension.key)
        check_key(config, key, options=list(DOTTED))
        value: Any = config
        for part in key.split("."):
            value = value[int(part)] if isinstance(value, list) else value.get(part)
        if dimension.key == "epochs":
            value -= config.warmup_epochs
        values[dimension.key] = value
    return values
