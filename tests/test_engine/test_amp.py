from unittest import mock

import pytest

from mmtal.engine.runner import load_config, use_amp


def config():
    return load_config("demo")


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("how", "fast", "accepted"),
    [("auto", True, True), ("force", False, True), ("auto", False, False)],
)
def test_on_cpus(monkeypatch, training, how, fast, accepted):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("mmtal.engine.runner.multiplies_bfloat16", lambda: fast)
    changed = config()
    if accepted:
        use_amp(changed, how, training=training)
        assert changed.model.precision == "bfloat16"
        assert changed.optim_wrapper.type == "OptimWrapper"
    else:
        with pytest.raises(ValueError, match=r"--amp would be slower here.* give --amp force"):
            use_amp(changed, how, training=training)


def test_on_gpus():
    training, testing = config(), config()
    with mock.patch("torch.cuda.is_available", return_value=True):
        use_amp(training, "auto", training=True)
        use_amp(testing, "auto", training=False)
    assert training.optim_wrapper.type == "AmpOptimWrapper" and "precision" not in training.model
    assert testing.model.precision == "bfloat16"
