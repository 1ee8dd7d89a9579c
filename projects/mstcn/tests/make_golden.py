"""Write the golden figures of data/ with the release's own code, which stays where it is.

    git clone https://github.com/yabufarha/ms-tcn
    python projects/mstcn/tests/make_golden.py ms-tcn

Weights are made of their names as those of ActionFormer's golden figures (tests/golden_models.py),
features and labels as ``video`` of test_mstcn_golden.py says. Dropout is off in training.
"""

import json
import subprocess
import sys
import tempfile
import types
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from golden_models import golden_weight
from mstcn_golden import CASES, EVERY, SEED, STEPS, video

COMMIT = "33ed91c"


class OneBatch:
    """In place of the release's batch generator: one recording, once per epoch."""

    def __init__(self, features: np.ndarray, labels: np.ndarray, num_classes: int) -> None:
        self.batch = (
            torch.from_numpy(features.T.copy())[None],
            torch.from_numpy(labels)[None],
            torch.ones(1, num_classes, len(labels)),
        )
        self.list_of_examples = [0]
        self.reset()

    def reset(self) -> None:
        self.left = True

    def has_next(self) -> bool:
        return self.left

    def next_batch(self, size: int) -> tuple[Tensor, ...]:
        self.left = False
        return self.batch


def figures(module: Any, name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Everything that is compared, of one of ``CASES``."""
    num_classes, channels, length = CASES[name]
    trainer = module.Trainer(4, 10, 64, channels, num_classes)
    shapes = {key: tuple(value.shape) for key, value in trainer.model.state_dict().items()}
    trainer.model.load_state_dict({key: golden_weight(key, s, SEED) for key, s in shapes.items()})
    features = video(name, 0)[0]
    trainer.model.eval()
    inputs = torch.from_numpy(features.T.copy())[None]
    with torch.no_grad():
        logits = trainer.model(inputs, torch.ones(1, num_classes, length))[:, 0]  # (stage, K, T)
    found = {
        "eval.logits_sub": logits.numpy().ravel()[::EVERY],
        "eval.logits_sums": logits.double().sum((1, 2)).numpy(),
        "eval.predicted": logits[-1].argmax(0).numpy().astype(np.uint8),
    }
    for part in trainer.model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    entropies: list[float] = []
    totals: list[float] = []
    norms: dict[str, float] = {}
    cross_entropy, backward = trainer.ce, Tensor.backward

    def seen_entropy(*given: Tensor) -> Tensor:
        value = cross_entropy(*given)
        entropies.append(value.item())
        return value

    def seen_backward(loss: Tensor) -> None:
        backward(loss)
        totals.append(loss.item())
        if not norms:
            for key, value in trainer.model.named_parameters():
                norms[key] = value.grad.double().norm().item()

    trainer.ce = seen_entropy
    with tempfile.TemporaryDirectory() as folder, patch.object(Tensor, "backward", seen_backward):
        batch = OneBatch(*video(name, 10), num_classes)
        trainer.train(folder, batch, STEPS, 1, 5e-4, torch.device("cpu"))
    found["train.cross_entropy"] = np.array(entropies).reshape(STEPS, -1).sum(1)
    found["train.total"] = np.array(totals)
    after = {key: value.double().norm().item() for key, value in trainer.model.named_parameters()}
    meta = dict(params=shapes, grad_norms=norms, param_norms_after=after, commit=COMMIT)
    return found, meta


def main() -> None:
    command = ["git", "-C", sys.argv[1], "show", f"{COMMIT}:model.py"]
    source = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    module = types.ModuleType("release")
    exec(source.replace("print vid", "print(vid)"), module.__dict__)  # it is for Python 2
    torch.set_num_threads(1)
    for name in CASES:
        arrays, meta = figures(module, name)
        path = Path(__file__).parent / "data" / f"mstcn_{name}"
        np.savez_compressed(path.with_suffix(".npz"), **arrays)
        path.with_suffix(".json").write_text(json.dumps(meta))


if __name__ == "__main__":
    main()
