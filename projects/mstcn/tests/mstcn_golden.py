"""What the golden figures of the release were made of."""

import numpy as np

CASES = {"gtea": (11, 2048, 640), "salads50": (19, 2048, 640)}
"""Classes, channels and features of a recording."""
SEED = 7
EVERY = 7
"""Of the logits of all stages, every so many are kept."""
STEPS = 3
"""Of Adam, on one recording."""


def video(name: str, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (T, C) and labels (T,), in runs."""
    num_classes, channels, length = CASES[name]
    random = np.random.RandomState(SEED * 1000 + index)
    features = random.standard_normal((length, channels)).astype(np.float32)
    cuts = np.sort(random.choice(np.arange(1, length), 15, replace=False))
    labels = np.repeat(
        random.randint(0, num_classes, 16), np.diff(np.concatenate([[0], cuts, [length]]))
    )
    return features, labels
