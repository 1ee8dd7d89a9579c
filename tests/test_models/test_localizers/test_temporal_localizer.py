"""How the parts are joined, and what a batch in testing means."""

import copy

import numpy as np
import pytest
import torch
from extra_golden import MODELS, extra_golden
from golden_models import join, unmatched_share
from mmengine.structures import InstanceData

from mmtal.models.localizers.temporal_localizer import window_starts
from mmtal.registry import MODELS as REGISTRY

NAME = "extra_rel_pos"


def videos(*lengths):
    return [extra_golden(NAME).video(i, n, in_grid_units=False) for i, n in enumerate(lengths)]


def test_the_parts_learn_from_each_other_what_a_config_says_once():
    model = REGISTRY.build(MODELS["extra_conv_fpn"])
    assert model.head.cls_tower.convs[0].in_channels == model.neck.out_channels == 24
    assert model.neck.laterals[0].in_channels == model.backbone.out_channels == 32
    assert len(model.neck.laterals) == len(model.head.level_scales) == 4
    assert model.data_preprocessor.padding is model.backbone.padding is model.padding


@pytest.mark.parametrize(
    ("lengths", "why"),
    [
        ((64, 81), "64 has no padding in the release, 81 needs more"),
        ((81, 5, 64, 70), "three groups, the order mixed up"),
        ((1, 64), "one feature beside the training length"),
        ((37, 37), "equal lengths"),
    ],
)
def test_batched_testing_equals_one_by_one_in_the_batchs_order(lengths, why):
    model = extra_golden(NAME).build().eval()
    together = model.test_step(join(*videos(*lengths)))
    assert [sample.video_id for sample in together] == [f"video_{i}" for i in range(len(lengths))]
    for batched, alone in zip(together, videos(*lengths), strict=True):
        expected = model.test_step(alone)[0].pred_instances
        found = batched.pred_instances
        np.testing.assert_allclose(found.scores, expected.scores, rtol=0, atol=1e-5)
        order, expected_order = (x.segments.sum(1).argsort() for x in (found, expected))
        np.testing.assert_allclose(
            found.segments[order], expected.segments[expected_order], rtol=0, atol=1e-3
        )


def test_validation_is_testing():
    model = REGISTRY.build(MODELS[NAME])
    assert type(model).val_step is type(model).test_step


@pytest.mark.parametrize(
    ("mode", "with_samples", "message"),
    [
        ("loss", False, "mode='loss' needs data_samples, but got None"),
        ("predict", False, "mode='predict' needs data_samples, but got None"),
        ("train", True, "mode must be 'loss', 'predict' or 'tensor', but got 'train'"),
    ],
)
def test_wrong_modes(mode, with_samples, message):
    model = REGISTRY.build(MODELS[NAME])
    batch = model.data_preprocessor(videos(9)[0])
    if not with_samples:
        batch["data_samples"] = None
    with pytest.raises(ValueError, match=message):
        model(**batch, mode=mode)


def test_mode_tensor_gives_raw_predictions():
    model = REGISTRY.build(MODELS[NAME])
    batch = model.data_preprocessor(videos(9)[0])
    logits, offsets = model(batch["inputs"], batch["masks"])
    assert [x.shape for x in logits] == [(1, 3, n) for n in (24, 12, 6, 3)]
    assert [x.shape for x in offsets] == [(1, 2, n) for n in (24, 12, 6, 3)]
    assert all((x >= 0).all() for x in offsets)


def test_mixed_precision_gives_nearly_the_same_losses():
    model = extra_golden(NAME).build().train()
    batch = model.data_preprocessor(join(*videos(50, 64)), training=True)
    exact = copy.deepcopy(model)(**batch, mode="loss")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model(**batch, mode="loss")
    for name, loss in exact.items():
        assert rough[name].dtype == torch.float32
        assert rough[name].item() == pytest.approx(loss.item(), rel=0.05)
    sum(rough.values()).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_features_of_another_width_are_refused():
    model = REGISTRY.build(MODELS[NAME])
    video = videos(9)[0]
    video["inputs"] = [video["inputs"][0][:, :5]]
    with pytest.raises(ValueError, match=r"expects features with 24 channels .* but got 5"):
        model.test_step(video)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 1e20])
def test_predictions_that_mean_nothing_are_an_error(value):
    model = extra_golden(NAME).build().eval()
    model.head.cls_conv.bias.data[0] = value
    with pytest.raises(ValueError, match=r"predictions are NaN or beyond 1e\+10 for 'video_0'"):
        model.test_step(join(*videos(64)))


def in_precision(precision):
    model = extra_golden(NAME).build().eval()
    model.precision = precision
    return model


@torch.no_grad()
def test_bfloat16_finds_the_same_and_hands_out_float32():
    exact, fast, cast = (in_precision(p) for p in ("float32", "bfloat16", "bfloat16"))
    cast.cast_weights()
    assert cast.backbone.embedding.convs[0].weight.dtype == torch.bfloat16
    assert cast.backbone.embedding.norms[0].weight.dtype == torch.float32
    batch = exact.data_preprocessor(videos(70)[0])
    (expected, masks), (raw, _), (again, _) = (
        m.raw_predictions(batch["inputs"], batch["masks"]) for m in (exact, fast, cast)
    )
    for part, close, same in zip(expected, raw, again, strict=True):
        for level, (x, y, z) in enumerate(zip(part, close, same, strict=True)):
            assert y.dtype == torch.float32
            valid = masks[level][0]
            torch.testing.assert_close(y[..., valid], x[..., valid], rtol=0.05, atol=0.1)
            torch.testing.assert_close(z, y, rtol=0, atol=0)
    assert any((x != y).any() for x, y in zip(expected[0], raw[0], strict=True))


def test_bfloat16_trains_weights_of_float32():
    model = in_precision("bfloat16").train()
    losses = model(**model.data_preprocessor(videos(50)[0], training=True), mode="loss")
    sum(losses.values()).backward()
    weight = model.backbone.embedding.convs[0].weight
    assert weight.dtype == weight.grad.dtype == torch.float32 and weight.grad.abs().sum() > 0


def test_other_precisions_are_refused():
    config = copy.deepcopy(MODELS[NAME])
    with pytest.raises(ValueError, match=r"'float32' or 'bfloat16', but got 'float16'"):
        REGISTRY.build(dict(config, precision="float16"))


@torch.no_grad()
def test_predictions_have_all_digits_in_mixed_precision():
    """Boundaries rounded to bfloat16 would move average mAP by up to 0.2 points."""
    model = in_precision("bfloat16")
    model.cast_weights()
    assert model.head.reg_conv.weight.dtype == torch.float32
    batch = model.data_preprocessor(videos(70)[0])
    raw, _ = model.raw_predictions(batch["inputs"], batch["masks"])
    for level in (*raw[0], *raw[1]):
        assert (level.bfloat16().float() != level).any()


@pytest.mark.parametrize(
    ("length", "starts", "why"),
    [
        (5, [0], "shorter than a window"),
        (8, [0], "a window: OpenTAD tests it twice"),
        (9, [0, 1], "the last window is moved back"),
        (12, [0, 4], "windows that fit"),
        (13, [0, 4, 5], "and one more"),
    ],
)
def test_windows_cover_a_recording(length, starts, why):
    assert window_starts(length, size=8, step=4) == starts


@torch.no_grad()
def test_long_recordings_are_tested_in_windows_with_one_nms():
    model = extra_golden(NAME).build().eval()
    model.test_window = (64, 32)
    batch = join(*videos(64, 90))
    features, long = (batch[key][1] for key in ("inputs", "data_samples"))
    candidates, plain = [], extra_golden(NAME).build().eval()
    for start in (0, 26):
        cut = plain.data_preprocessor(dict(inputs=[features[start : start + 64]]))
        with torch.no_grad():
            raw, masks = plain.raw_predictions(cut["inputs"], cut["masks"])
        candidates.append(plain.head.candidates_by_feat(*raw, masks)[0])
        candidates[-1].segments += start
    expected = plain.head.finish(InstanceData.cat(candidates), copy.deepcopy(long))
    found = [sample.pred_instances for sample in model.test_step(batch)]
    assert torch.equal(found[1].segments, expected.segments)
    assert torch.equal(found[1].scores, expected.scores)
    assert unmatched_share(found[0], parts(plain.test_step(videos(64)[0])[0])) == 0, "in one pass"


def parts(sample):
    found = sample.pred_instances
    return [getattr(found, key).numpy() for key in ("segments", "scores", "labels")]


@pytest.mark.parametrize("window", [(8, 0), (8, 9), (0, 0)])
def test_windows_without_a_step_are_refused(window):
    with pytest.raises(ValueError, match=r"test_window must be \(size, 0 < step <= size\)"):
        REGISTRY.build(dict(MODELS[NAME], test_window=window))
