"""Weights of a checkpoint into a model, all or none."""

from pathlib import Path

from torch import nn

from mmtal.checkpoints.loading import load_state_dict_file


def load_weights(model: nn.Module, checkpoint: str | Path) -> None:
    """Load the weights of a checkpoint file, averaged ones where it holds them.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is unsafe or damaged, or it is not a checkpoint of this model.
    """
    weights = load_state_dict_file(checkpoint)
    expected = model.state_dict()
    wrong = [f"{name} is missing" for name in expected if name not in weights]
    wrong += [f"{name} is not in the model" for name in weights if name not in expected]
    wrong += [
        f"{name} is {tuple(weights[name].shape)}, in the model {tuple(value.shape)}"
        for name, value in expected.items()
        if name in weights and weights[name].shape != value.shape
    ]
    if wrong:
        raise ValueError(
            f"checkpoint {checkpoint} is not one of the config's model, {len(wrong)} of "
            f"{len(expected)} weights differ: {'; '.join(wrong[:3])}"
            + ("; ..." if len(wrong) > 3 else "")
            + ". Give the config that it was trained with"
        )
    model.load_state_dict(weights)
