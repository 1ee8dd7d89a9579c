"""Read and check the space of a search, from YAML or the command line."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmtal.experiments.config_keys import check_key
from mmtal.experiments.search.dimension import Dimension
from mmtal.utils.reading import reading
from mmtal.utils.yaml_files import read_yaml

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
