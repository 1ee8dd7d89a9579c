"""Load trained models for inference."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from mmtal.checkpoints.loading import load_checkpoint_file, weights_in
from mmtal.checkpoints.weights import fitting_weights
from mmtal.engine.hooks.feature_statistics_hook import saved_statistics
from mmtal.engine.hooks.operating_point_hook import operating_point
from mmtal.engine.hooks.setup_check_hook import data_facts
from mmtal.engine.runner import load_config, override
from mmtal.registry import MODELS


def init_model(
    config: str | Path | Config,
    checkpoint: str | Path | None = None,
    device: str | torch.device | None = None,
    *,
    options: Mapping[str, Any] | None = None,
) -> nn.Module:
    """Build a config's model with the weights of a checkpoint, ready to predict.

    Args:
        config: A config, its path, or its name as ``thumos_i3d``.
        checkpoint: Checkpoint file or its http(s) URL; only tensors and plain values are read
            from it. None: weights as training begins with them.
        device: Such as ``cuda:0``; None: a GPU if there is one.
        options: Values of the config to override, by dotted name.

    Returns:
        The model in evaluation mode. Its ``cfg`` is the config, its ``dataset_meta`` a dict of
        what the checkpoint says of the training data (``classes``; empty without), its
        ``operating_point`` the score threshold that the checkpoint holds, as a dict, or None.

    Raises:
        FileNotFoundError: There is no such config or checkpoint.
        ValueError: The checkpoint is unsafe, damaged or one of another model, or a value is wrong.
    """
    init_default_scope("mmtal")
    if isinstance(config, Config):
        config = Config(config.to_dict())
        override(config, options or {})
    else:
        config = load_config(config, options=options)
    target = find_device(device)
    model: Any = MODELS.build(config.model)
    content: Any = {}
    if checkpoint is not None:
        content = load_checkpoint_file(checkpoint, "cpu")
        weights = weights_in(content, checkpoint)
        model.load_state_dict(fitting_weights(weights, model, source=checkpoint))
    model.cfg = config
    model.dataset_meta = data_facts(content)
    model.made_for = model.dataset_meta.get("longest_recording")
    model.operating_point = operating_point(content)
    model.feature_statistics = saved_statistics(content)
    return model.to(target).eval()


def find_device(device: str | torch.device | None) -> torch.device:
    """The device of that name; None: a GPU if there is one; ValueError: it is not there."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
        torch.zeros(1, device=found)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device '{device}' cannot be used here: {reason}") from error
    return found
