"""Checkpoints of the official ActionFormer release, renamed for mmtal."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch import Tensor

from mmtal.checkpoints.bridge import to_mmtal
from mmtal.checkpoints.loading import load_state_dict_file, weights_in
from mmtal.checkpoints.names import OFFICIAL, Rule
from mmtal.config_files import read_config
from mmtal.registry import MODELS


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
