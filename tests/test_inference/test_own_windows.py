"""A model that cuts long recordings into windows itself is predicted with as it is tested."""

import numpy as np
import pytest
from inference_case import make_case

from mmtal.apis import TemporalActionInferencer

SETTINGS = "model['test_window'] = (48, 24)\n"


def test_the_users_windows_do_not_go_with_the_models(tmp_path):
    config, checkpoint = make_case(tmp_path, SETTINGS)
    features = np.random.default_rng(0).normal(size=(100, 6)).astype(np.float32)
    [found] = TemporalActionInferencer(config, checkpoint, "cpu")(features, fps=1)
    assert len(found.scores)
    for own in (dict(window=60), dict(max_duration=30)):
        inferencer = TemporalActionInferencer(config, checkpoint, "cpu", **own)
        with pytest.raises(ValueError, match=r"must be None, .*model.test_window=\(48, 24\)"):
            inferencer(features, fps=1)
