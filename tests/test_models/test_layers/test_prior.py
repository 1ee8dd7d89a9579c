import pytest
import torch

from mmtal.models.layers import logit


def test_a_classifier_starts_at_the_prior() -> None:
    assert torch.tensor(logit(0.01)).sigmoid().item() == pytest.approx(0.01)
