"""init_model: a trained model by config and checkpoint, as MMEngine's users load it."""

from pathlib import Path

import pytest
import torch
from inference_case import CLASSES, make_case
from mmengine.config import Config

from mmtal.apis import init_model


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_case(tmp_path_factory.mktemp("case"), meta=dict(dataset_meta=dict(classes=CLASSES)))


def test_the_model_is_ready_and_knows_its_config_and_classes(case):
    config, checkpoint = case
    model = init_model(config, checkpoint, "cpu")
    assert not model.training
    assert model.cfg.model.head.num_classes == len(CLASSES)
    assert tuple(model.dataset_meta["classes"]) == CLASSES
    saved = torch.load(checkpoint, weights_only=True)["state_dict"]
    assert all(torch.equal(value, saved[name]) for name, value in model.state_dict().items())


def test_a_config_object_with_options_and_no_checkpoint(case):
    config = Config.fromfile(case[0])
    model = init_model(config, device="cpu", options={"model.head.num_classes": 5})
    assert (model.head.num_classes, model.dataset_meta) == (5, {})
    assert config.model.head.num_classes == 3, "the caller's config stays as it was"


def test_weights_of_another_model_are_refused(case):
    with pytest.raises(ValueError, match=r"is not one of the config's model: 2 of"):
        init_model(*case, "cpu", options={"model.head.num_classes": 5})
