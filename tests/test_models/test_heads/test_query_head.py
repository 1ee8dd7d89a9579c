"""Set prediction, with a network that says what it is given."""

import pytest
import torch
from mmengine.structures import InstanceData

from mmtal.models import QueryHead
from mmtal.models.heads import query_head
from mmtal.models.localizers.temporal_localizer import check_predictions
from mmtal.structures import FeatureGrid, TemporalDataSample, to_boxes

T = 20
SEGMENTS = [[2.0, 6.0], [10.0, 18.0]]


def sample(segments=(), labels=()):
    grid = FeatureGrid(feature_stride=1, snippet_frames=0, fps=1)
    found = TemporalDataSample(metainfo=dict(video_id="v", duration=15.0, grid=grid))
    found.gt_instances = InstanceData(
        segments=torch.tensor(segments, dtype=torch.float32).reshape(-1, 2),
        labels=torch.tensor(labels, dtype=torch.int64),
    )
    return found


def raw(segments, labels, *, layers=2, classes=3, confidence=9.0):
    """Predictions of one recording: each query is sure of one class; -1: of none."""
    logits = torch.full((1, classes, len(labels)), -confidence)
    for query, label in enumerate(labels):
        if label >= 0:
            logits[0, label, query] = confidence
    boxes = to_boxes(torch.tensor(segments) / T).T[None]
    leaves = [x.clone().requires_grad_(True) for _ in range(layers) for x in (logits, boxes)]
    return leaves[::2], leaves[1::2], [torch.ones(1, T, dtype=torch.bool)]


def losses(*predicted, num_classes=3):
    head = QueryHead(num_classes=num_classes)
    found = head.loss_by_feat(*predicted, [sample(SEGMENTS, [0, 2])])
    return {name: round(value.item(), 3) for name, value in found.items()}


def test_a_perfect_set_in_any_order_costs_nothing() -> None:
    found = losses(*raw([[0.0, 1.0], *SEGMENTS[::-1]], [-1, 2, 0]))
    assert found.keys() == {f"loss_{k}{end}" for k in ("cls", "l1", "iou") for end in ("_0", "")}
    assert set(found.values()) == {0}


def test_twice_the_same_is_wrong_once() -> None:
    [good, twice] = [
        raw(SEGMENTS + [extra], [0, 2, label])
        for extra, label in (([0.0, 1.0], -1), (SEGMENTS[0], 0))
    ]
    assert losses(*good)["loss_cls"] == 0 < losses(*twice)["loss_cls"]
    assert losses(*twice)["loss_l1"] == 0


def test_losses_are_means_over_the_instances() -> None:
    """One of two is found 2 features late: 0.1 of T each side, tIoU 2 / 6."""
    found = losses(*raw([[4.0, 8.0], SEGMENTS[1]], [0, 2]))
    assert (found["loss_l1"], found["loss_iou"]) == (0.25, pytest.approx(2 * (2 / 3) / 2, abs=1e-3))


def test_without_instances_all_queries_learn_to_be_silent() -> None:
    predicted = raw([[4.0, 8.0]], [0])
    found = QueryHead(num_classes=3).loss_by_feat(*predicted, [sample()])
    sum(found.values()).backward()
    assert found["loss_cls"] > 0 == found["loss_l1"] == found["loss_iou"]
    assert all(x.grad is not None for part in predicted[:2] for x in part)


def test_one_class_for_all_labels() -> None:
    predicted = raw(SEGMENTS, [0, 0], classes=1)
    assert set(losses(*predicted, num_classes=1).values()) == {0}


def test_detections_of_the_last_layer_need_no_nms() -> None:
    logits, boxes, masks = raw([*SEGMENTS, SEGMENTS[0]], [0, 2, 0])
    logits[0].data.fill_(9)  # an earlier layer, which does not count
    logits[-1].data[0, 0, 2] = 1.0
    head = QueryHead(num_classes=3, score_thr=0.1, max_per_video=2)
    known = sample()
    [found] = head.predict_by_feat(logits, boxes, masks, [known])
    assert found.labels.tolist() == [0, 2] and found.scores.min() > 0.99
    assert torch.allclose(found.segments, torch.tensor([SEGMENTS[0], [10.0, 15.0]])), "clipped"
    assert known.limits_reached["max_per_video"] > 0.99, "the third is lost, and it says so"
    [candidates] = QueryHead(num_classes=3, pre_nms_topk=1).candidates_by_feat(logits, boxes, masks)
    assert len(candidates) == 1 and candidates.levels.tolist() == [0]


def test_predictions_of_queries_that_mean_nothing_are_refused() -> None:
    """Also in layers beyond the number of levels, and where the mask is False."""
    logits, boxes, masks = raw(SEGMENTS, [0, 2])
    masks[0][0, 1:] = False
    check_predictions((logits, boxes), masks, ["v"])
    boxes[-1].data[0, 0, 1] = float("nan")
    with pytest.raises(ValueError, match="NaN or beyond 1e\\+10 for 'v'"):
        check_predictions((logits, boxes), masks, ["v"])


def test_two_ranks_step_as_one_with_both_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [raw([[4.0, 8.0], SEGMENTS[1]], [0, 2]), raw([[1.0, 4.0], [9.0, 15.0]], [1, -1])]
    truths = [sample(SEGMENTS, [0, 2]), sample(SEGMENTS[:1], [1])]
    both = [
        [torch.cat(pair) for pair in zip(*part, strict=True)] for part in zip(*parts, strict=True)
    ]
    head = QueryHead(num_classes=3)
    one = head.loss_by_feat(*both, truths)
    monkeypatch.setattr(query_head, "get_world_size", lambda: 2)
    monkeypatch.setattr(query_head, "all_reduce", lambda total: total.fill_(3.0))
    ranks = [head.loss_by_feat(*part, [truth]) for part, truth in zip(parts, truths, strict=True)]
    for name, value in one.items():
        assert torch.allclose(sum(rank[name] for rank in ranks) / 2, value), name
