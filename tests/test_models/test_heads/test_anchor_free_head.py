"""The head's losses and decoding where a recording is out of the ordinary."""

import pytest
import torch
from mmengine.structures import InstanceData

from mmtal.registry import HEADS
from mmtal.structures import FeatureGrid, TemporalDataSample

C, T = 8, 32
STRIDES = [1, 2]
CONFIG = dict(
    type="AnchorFreeHead",
    in_channels=C,
    level_strides=STRIDES,
    num_classes=3,
    assigner=dict(type="CenterAssigner", regression_ranges=[(0, 4), (4, 10000)]),
    loss_cls=dict(type="FocalLoss"),
    loss_reg=dict(type="DIoULoss"),
    score_thr=0.001,
    pre_nms_topk=50,
    min_duration=0.05,
    nms=dict(method="gaussian", sigma=0.5, min_score=0.001),
    max_per_video=20,
)


def head(**changes):
    torch.manual_seed(0)
    return HEADS.build({**CONFIG, **changes})


def sample(segments=(), labels=(), *, duration=float(T)):
    grid = FeatureGrid(feature_stride=1, snippet_frames=0, fps=1)
    data_sample = TemporalDataSample(metainfo=dict(video_id="v", duration=duration, grid=grid))
    data_sample.gt_instances = InstanceData(
        segments=torch.tensor(segments, dtype=torch.float32).reshape(-1, 2),
        labels=torch.tensor(labels, dtype=torch.int64),
    )
    return data_sample


def features(*lengths):
    torch.manual_seed(1)
    masks = [torch.arange(T)[::s] < torch.tensor(lengths)[:, None] for s in STRIDES]
    levels = [torch.randn(len(lengths), C, T // s, requires_grad=True) for s in STRIDES]
    return levels, masks


def raw(classes=3, *, length=T):
    """Logits and offsets of one recording that predict nothing: probability 1e-4, no length."""
    counts = [T // s for s in STRIDES]
    logits = [torch.full((1, classes, n), -9.0) for n in counts]
    offsets = [torch.zeros(1, 2, n) for n in counts]
    return logits, offsets, [torch.arange(T)[None, ::s] < length for s in STRIDES]


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        ([sample(), sample()], "no instances in the batch (the release crashes)"),
        ([sample([[4.2, 4.4]], [0]), sample()], "an instance between two points"),
        ([sample([[26, 30]], [0]), sample([[28, 31]], [1])], "instances in the padding"),
    ],
)
def test_a_batch_without_positives_still_trains(samples, why):
    built = head()
    levels, masks = features(24, 10)
    losses = built.loss_by_feat(*built(levels, masks), masks, samples)
    assert losses["loss_reg"] == 0
    assert losses["loss_cls"].isfinite() and losses["loss_cls"] > 0
    sum(losses.values()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in built.parameters())
    assert built.loss_normalizer == pytest.approx(0.9 * 100 + 0.1 * 1)  # not of 0 positives


def test_the_loss_normalizer_is_updated_first_and_then_used():
    levels, masks = features(T)
    ground_truth = [sample([[10, 14]], [1])]
    outputs = head()(levels, masks)
    built = head(loss_normalizer=50)
    classes, _ = built.targets([T, T // 2], ground_truth)
    num_positives = int(classes.any(-1).sum())
    assert num_positives == 3  # 11, 12, 13; too short for the second level
    losses = built.loss_by_feat(*outputs, masks, ground_truth)
    logits = torch.cat([x.transpose(1, 2) for x in outputs[0]], dim=1)
    normalizer = 0.9 * 50 + 0.1 * num_positives
    assert built.loss_normalizer.item() == pytest.approx(normalizer)
    expected = built.loss_cls(logits, classes) / normalizer
    torch.testing.assert_close(losses["loss_cls"], expected)


def test_the_loss_normalizer_is_in_the_checkpoint():
    built = head()
    levels, masks = features(T)
    built.loss_by_feat(*built(levels, masks), masks, [sample([[10, 14]], [1])])
    resumed = head()
    resumed.load_state_dict(built.state_dict())
    assert resumed.loss_normalizer == built.loss_normalizer != 100


def test_padding_counts_for_nothing():
    built = head()
    levels, masks = features(24)
    truth = [sample([[4, 12], [20, 30]], [0, 1])]
    logits, offsets = built(levels, masks)
    changed = [
        [
            torch.where(m[:, None], x, torch.full_like(x, 7))
            for x, m in zip(group, masks, strict=True)
        ]
        for group in (logits, offsets)
    ]
    fresh = head()
    for ours, other in zip(
        built.loss_by_feat(logits, offsets, masks, truth).values(),
        fresh.loss_by_feat(*changed, masks, truth).values(),
        strict=True,
    ):
        assert torch.equal(ours, other)
    assert built.loss_normalizer == fresh.loss_normalizer
    for ours, other in zip(
        built.predict_by_feat(logits, offsets, masks, truth)[0].values(),
        fresh.predict_by_feat(*changed, masks, truth)[0].values(),
        strict=True,
    ):
        assert torch.equal(ours, other)


def test_silenced_classes_start_at_1e_6():
    built = head(empty_classes=[1])
    built.silence_classes([2])
    assert built.cls_conv.bias.sigmoid().tolist() == pytest.approx([1e-2, 1e-6, 1e-6], rel=1e-3)
    assert built.cls_conv.bias.requires_grad


def test_one_class_takes_all_labels_as_its_own():
    built = head(num_classes=1)
    levels, masks = features(T)
    truth = [sample([[10, 14], [10, 14], [2, 6]], [17, 3, 199])]
    classes, _ = built.targets([T, T // 2], truth)
    assert classes.shape[-1] == 1
    assert classes[0, :T, 0].nonzero().flatten().tolist() == [3, 4, 5, 11, 12, 13]
    assert sum(built.loss_by_feat(*built(levels, masks), masks, truth).values()).isfinite()
    assert set(built.predict_by_feat(*built(levels, masks), masks, truth)[0].labels.tolist()) <= {0}
    assert truth[0].gt_instances.labels.tolist() == [17, 3, 199]  # the data keep their labels


@pytest.mark.parametrize("nms", [CONFIG["nms"], None], ids=["nms", "no nms"])
@pytest.mark.parametrize("max_per_video", [5, 1000])
def test_predictions_are_sorted_capped_and_inside_the_recording(nms, max_per_video):
    built = head(nms=nms, max_per_video=max_per_video)
    levels, masks = features(T, 7, 1)
    samples = [sample(duration=20.5), sample(duration=7.0), sample(duration=1.0)]
    for data_sample, found in zip(
        samples, built.predict_by_feat(*built(levels, masks), masks, samples), strict=True
    ):
        assert 0 < len(found) <= min(max_per_video, 2 * 50)
        assert (found.scores.diff() <= 0).all()
        assert (found.segments >= 0).all() and (found.segments <= data_sample.duration).all()
        assert found.segments.dtype == found.scores.dtype == torch.float32
        assert found.labels.dtype == torch.int64
        assert not any(x.requires_grad for x in found.values())


def test_without_nms_the_best_predictions_stay_as_they_are():
    logits, offsets, masks = raw()
    for point, logit in ((4, 1.0), (5, 2.0), (6, 3.0)):
        logits[0][0, 1, point], offsets[0][0, :, point] = logit, torch.tensor([1.0, 2.0])
    found = head(nms=None, max_per_video=2).predict_by_feat(logits, offsets, masks, [sample()])[0]
    assert found.segments.tolist() == [[5, 8], [4, 7]]
    assert found.scores.tolist() == pytest.approx(torch.tensor([3.0, 2.0]).sigmoid().tolist())
    assert found.labels.tolist() == [1, 1]


@pytest.mark.parametrize(
    "nms",
    [
        CONFIG["nms"],
        dict(method="hard", tiou_thr=0.5, min_score=0.001),
        dict(CONFIG["nms"], class_agnostic=True, voting_thr=0.9),
        None,
    ],
    ids=["soft", "hard", "with voting", "none"],
)
def test_nothing_to_predict(nms):
    found = head(nms=nms).predict_by_feat(*raw(), [sample()])[0]
    assert found.segments.shape == (0, 2)
    assert found.scores.shape == found.labels.shape == (0,)


@pytest.mark.parametrize(
    ("changes", "kept", "why"),
    [
        ({}, {(0, 4), (0, 6), (1, 4), (2, 9)}, "all"),
        (dict(score_thr=0.6), {(0, 6), (1, 4)}, "0.5 is not higher than 0.6"),
        (dict(score_thr=0.5), {(0, 6), (1, 4)}, "0.5 is not higher than 0.5"),
        (dict(min_duration=2.0), {(0, 6), (2, 9)}, "2 is not longer than 2"),
        (dict(min_duration=None), {(0, 4), (0, 6), (1, 4), (2, 9)}, "all, even empty ones"),
        (dict(pre_nms_topk=1), {(0, 6), (1, 4)}, "the best of each level"),
        (dict(max_per_video=1), {(1, 4)}, "the best of all"),
    ],
)
def test_filters(changes, kept, why):
    logits, offsets, masks = raw()
    for level, label, point, logit, reach in (
        (0, 0, 4, 0.0, 1.0),  # [3, 5]
        (0, 0, 6, 1.0, 3.0),  # [3, 9]
        (1, 1, 2, 2.0, 0.5),  # position 4, [3, 5]
        (0, 2, 9, 0.0, 4.0),  # [5, 13]
    ):
        logits[level][0, label, point], offsets[level][0, :, point] = logit, reach
    built = head(nms=None, **{"score_thr": 0.1, **changes})
    found = built.predict_by_feat(logits, offsets, masks, [sample()])[0]
    centers = found.segments.mean(1).long().tolist()
    assert set(zip(found.labels.tolist(), centers, strict=True)) == kept


@pytest.mark.parametrize(("min_duration", "number"), [(0.0, 0), (None, 1)])
def test_an_empty_prediction_is_kept_only_without_a_least_duration(min_duration, number):
    logits, offsets, masks = raw()
    logits[0][0, 0, 4] = 1.0  # its offsets are 0
    for nms in (None, CONFIG["nms"]):
        built = head(nms=nms, score_thr=0.5, min_duration=min_duration)
        assert len(built.predict_by_feat(logits, offsets, masks, [sample()])[0].scores) == number


def test_candidates_of_windows_are_pooled_by_the_same_rule():
    pool = InstanceData(
        segments=torch.zeros(4, 2),
        scores=torch.tensor([0.9, 0.8, 0.7, 0.6]),
        labels=torch.arange(4),
        levels=torch.tensor([0, 0, 1, 1]),
    )
    assert head(pre_nms_topk=1).best_candidates(pool).labels.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(num_classes=0), "num_classes must be >= 1, but got 0"),
        (dict(prior_prob=1.0), r"prior_prob must be in \(0, 1\), but got 1"),
        (dict(nms=dict(method="gaussian", min_score=0)), "nms must .*: sigma must be > 0 for"),
        (dict(nms=dict(method="hard", sigmas=1)), "nms must .* argument 'sigmas'"),
        (dict(offset_bias=-1.0), "offset_bias must be >= 0, but got -1"),
        (dict(loss_normalizer=0), "loss_normalizer must be > 0, but got 0"),
        (dict(level_strides=[1, 2, 4]), "one range for each of the 3 levels .* but got 2"),
    ],
)
def test_wrong_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        head(**changes)


@pytest.mark.parametrize(("bias", "closed"), [(0.0, ["start"]), (1.0, [])])
def test_a_side_that_starts_closed_is_told_and_offset_bias_opens_it(monkeypatch, bias, closed):
    """Features that hardly differ, as some backbones' do at first, close a side everywhere or open
    it everywhere; then the ReLU has no gradient."""
    built = head(offset_bias=bias)
    with torch.no_grad():
        sums = built.reg_conv.weight.sum((1, 2))
        built.reg_conv.weight *= (torch.tensor([-0.5, 0.5]) / sums)[:, None, None]
    levels, masks = features(T)
    same = [1 + 0.01 * level for level in levels]
    built.reg_tower.forward = lambda x, *rest: x
    losses = built.loss_by_feat(*built(same, masks), masks, [sample([[4, 20]], [1])])
    losses["loss_reg"].backward()
    start, end = built.reg_conv.weight.grad.abs().sum((1, 2)) > 0
    assert (bool(start), bool(end)) == (not closed, True)
    # where a checkpoint is saved the main process alone asks: it must not wait for the others
    monkeypatch.delattr("mmtal.models.heads.anchor_free_head.all_reduce")
    assert built.closed_sides() == closed
    assert built.closed_sides() == [], "of what came since the last call: nothing"
    assert "open_points" not in built.state_dict()


@pytest.mark.parametrize("sees", [True, False])
def test_an_assigner_may_see_the_predictions_of_its_recording(sees):
    built, seen = head(), []
    assign = built.assigner

    class Curious:
        sees_predictions = sees

        def __call__(self, *args, **predicted):
            seen.append(predicted)
            return assign(*args)

    built.assigner = Curious()
    logits, offsets, masks = raw()
    logits = [torch.cat((x, x + 1)) for x in logits]
    offsets = [torch.cat((x, x + 2)) for x in offsets]
    truth = [sample(segments=[[3, 6]], labels=[1]) for _ in range(2)]
    built.loss_by_feat(logits, offsets, [torch.cat((m, m)) for m in masks], truth)
    if not sees:
        assert seen == [{}, {}]
        return
    first, second = seen
    assert torch.equal(first["logits"] + 1, second["logits"])
    assert torch.equal(first["offsets"] + 2, second["offsets"])
    points = sum(x.shape[2] for x in logits)
    assert first["logits"].shape == (points, logits[0].shape[1])
