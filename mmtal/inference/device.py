"""Choose the device that a model runs on."""

import torch


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
