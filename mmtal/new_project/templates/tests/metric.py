"""MyComponent as this project's config asks for it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config

from mmtal.registry import METRICS

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "hapt_my_project.py"


def segments(*pairs: tuple[float, float]) -> dict[str, Any]:
    return dict(segments=torch.tensor(pairs).reshape(-1, 2))


@pytest.mark.parametrize(
    ("instances", "predictions", "expected", "why"),
    [
        ([(2.0, 9.0)], [(2.0, 9.0), (0.0, 1.0)], 1.0, "the best one counts"),
        ([(2.0, 9.0), (20.0, 30.0)], [(2.0, 9.0)], 0.5, "each instance counts"),
        ([(0.0, 4.0)], [(2.0, 6.0)], 1 / 3, "2 s of 6 s"),
        ([(2.0, 9.0)], [], 0.0, "nothing was found"),
        ([], [(2.0, 9.0)], 0.0, "there is nothing to find"),
    ],
)
def test_values(instances: list[Any], predictions: list[Any], expected: float, why: str) -> None:
    metric = METRICS.build(Config.fromfile(CONFIG).test_evaluator[-1])
    assert type(metric).__name__ == "MyComponent"
    sample = dict(gt_instances=segments(*instances), pred_instances=segments(*predictions))
    metric.process({}, [sample])
    assert metric.evaluate(size=1) == {"tal/my_component": pytest.approx(expected)}, why
