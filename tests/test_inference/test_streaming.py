"""What a stream gives out, piece by piece, is what the inferencer finds in the whole."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from inference_case import UNCAPPED, assert_same, features, make_case

from mmtal.apis import DetectionStream, TemporalActionInferencer
from mmtal.inference import streaming

RAW = """
raw = [
    dict(type='LoadFeatures'),
    dict(type='TemporalStride', factor=3),
    dict(type='SlidingWindow', window_size=4, window_stride=2),
    dict(type='Normalize', mean=[0.1] * 8, std=[2.0] * 8),
    dict(type='PackInputs'),
]
test_dataloader['dataset'].update(pipeline=raw, fps=12, snippet_frames=1)
model['backbone'].update(in_channels=8)
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_case(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def infer(case: tuple[Path, Path]) -> TemporalActionInferencer:
    return TemporalActionInferencer(*case, "cpu", max_duration=9, options=UNCAPPED)


def pieces(length: int, largest: int, seed: int) -> list[slice]:
    random = np.random.default_rng(seed)
    ends = [0]
    while ends[-1] < length:
        ends.append(min(length, ends[-1] + int(random.integers(1, largest, endpoint=True))))
    return [slice(a, b) for a, b in pairwise(ends)]


def run(stream: DetectionStream, values: np.ndarray, *, largest: int, seed: int = 0) -> list:
    found = []
    for piece in pieces(len(values), largest, seed):
        found += stream.push(values[piece])
    assert found or len(values) < 100, "something is certain before the end"
    return found + stream.finish()


@pytest.mark.parametrize(
    ("length", "largest"),
    [(1, 1), (5, 7), (96, 1), (97, 60), (96, 1000), (200, 7), (333, 60), (333, 1000)],
)
def test_the_union_is_the_result_of_the_whole(infer, length, largest):
    values = features(length, seed=length)
    [expected] = infer(values, fps=2)
    stream = infer.stream(fps=2, step=4)
    assert_same(run(stream, values, largest=largest, seed=largest), expected)


NMS = {
    "hard": dict(method="hard", tiou_thr=0.3, min_score=0.001),
    "hard with a high floor": dict(method="hard", tiou_thr=0.3, min_score=0.2),
    "linear": dict(method="linear", tiou_thr=0.2, min_score=0.001),
    "gaussian": dict(method="gaussian", sigma=0.3, min_score=0.05),
    "classes compete": dict(method="gaussian", sigma=0.5, min_score=0.001, class_agnostic=True),
    "by distance": dict(method="gaussian", sigma=0.5, min_score=0.001, distance=4.0),
    "none": None,
}


def test_normalization_before_windows(tmp_path):
    """It is done after them, which gives the same; statistics differ from channel to channel."""
    before = """
raw = [
    dict(type='LoadFeatures'),
    dict(type='Normalize', mean=[0.1, -0.3], std=[2.0, 0.5]),
    dict(type='SlidingWindow', window_size=4, window_stride=2),
    dict(type='PackInputs'),
]
test_dataloader['dataset'].update(pipeline=raw, fps=12, snippet_frames=1)
model['backbone'].update(in_channels=8)
"""
    settings = dict(options=UNCAPPED, max_duration=9)
    infer = TemporalActionInferencer(*make_case(tmp_path, before), "cpu", **settings)
    values = features(300, channels=2)
    scaled = (values - np.float32([0.1, -0.3])) / np.float32([2.0, 0.5])
    plain = before.replace("dict(type='Normalize', mean=[0.1, -0.3], std=[2.0, 0.5]),", "")
    other = TemporalActionInferencer(*make_case(tmp_path, plain), "cpu", **settings)
    [expected] = other(scaled, fps=12)
    [found] = infer(values, fps=12)
    assert_same(found, expected)
    stream = infer.stream(fps=12, step=2)
    assert_same(run(stream, values, largest=50), expected)


@pytest.mark.parametrize("nms", NMS.values(), ids=NMS)
def test_with_every_kind_of_nms(infer, monkeypatch, nms):
    monkeypatch.setattr(infer.model.head, "nms", nms)
    values = features(200, seed=3)
    [expected] = infer(values, fps=1)
    assert_same(run(infer.stream(fps=1, step=8), values, largest=50), expected)


def test_raw_signals_are_streamed_sample_by_sample(tmp_path):
    infer = TemporalActionInferencer(
        *make_case(tmp_path, RAW), "cpu", max_duration=5, options=UNCAPPED
    )
    signal = features(1200, channels=2)
    [expected] = infer(signal)
    for largest in (1, 40, 1200):
        assert_same(run(infer.stream(), signal, largest=largest), expected)
    assert infer.stream().finish() == []
    short = infer.stream()
    assert short.push(signal[:9]) == short.finish() == [], "not one window of samples"


def test_detections_come_after_the_stated_delay(infer):
    stream = infer.stream(fps=1, step=8)
    reach, longest, snippet = max(infer.reach.right), 9, 1
    assert stream.delay == 8 + reach + infer.reach.coarsest_stride + longest + snippet
    waits = []
    for row in features(400, seed=9)[:, None]:
        found = stream.push(row)
        waits += [stream.time - detection.end for detection in found]
        assert len({d.score for d in found}) <= 1 or found[0].score >= found[-1].score
    assert len(waits) > 50
    assert np.quantile(waits, 0.5) <= stream.delay, "few wait longer, for others' sake"
    assert min(waits) > 0
    assert infer.stream(fps=2, step=4, max_duration=4.5).delay == stream.delay / 2


def test_what_was_given_out_does_not_depend_on_what_follows(infer):
    start = features(160, seed=1)
    given, undecided = [], []
    for loud in (0.1, 5.0):
        stream = infer.stream(fps=1, step=8)
        given.append([d for row in start[:, None] for d in stream.push(row)])
        rest = loud * features(100, seed=2)
        undecided.append([d for row in rest[:, None] for d in stream.push(row)] + stream.finish())
    assert given[0] == given[1] != []
    assert undecided[0] != undecided[1]


def test_memory_does_not_grow(infer):
    stream = infer.stream(fps=1, step=16)
    held = []
    for seed in range(8):
        stream.push(features(160, seed=seed))
        held.append((sum(map(len, stream._buffer)), stream.num_undecided))
    rows, undecided = zip(*held, strict=True)
    assert max(rows) <= infer.reach.shortest_window + 16
    assert max(undecided[4:]) < 2 * max(undecided[:4])


def test_bad_pieces_leave_the_stream_as_it_was(infer):
    values = features(120)
    [expected] = infer(values, fps=1)
    stream = infer.stream(fps=1)
    found = stream.push(values[:70])
    hole = values[70:].copy()
    hole[3, 2] = np.inf
    for bad, message in (
        (values[70:, :5], "must have 6 channels, but got 5"),
        (hole, "row 3 of those pushed has inf in channel 2"),
        (values[:0], "not be empty"),
        (values[70], r"shape \(T, C\)"),
    ):
        with pytest.raises(ValueError, match=message):
            stream.push(bad)
    found += stream.push(values[70:])
    assert_same(found + stream.finish(), expected)
    for call in (stream.finish, lambda: stream.push(values)):
        with pytest.raises(ValueError, match=r"the stream is finished"):
            call()


def test_what_cannot_be_streamed_is_refused(infer, monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="fps must be given"):
        infer.stream()
    with pytest.raises(ValueError, match="step must be > 0 seconds, but got 0"):
        infer.stream(fps=1, step=0)
    resize = """
test_dataloader['dataset'].update(
    pipeline=[
        dict(type='LoadFeatures'),
        dict(type='ResizeFeatures', length=96),
        dict(type='PackInputs'),
    ],
)
"""
    resized = TemporalActionInferencer(*make_case(tmp_path, resize), "cpu")
    with pytest.raises(ValueError, match="ResizeFeatures needs the whole recording"):
        resized.stream(fps=1)
    voting = dict(NMS["classes compete"], voting_thr=0.9)
    monkeypatch.setattr(infer.model.head, "nms", voting)
    with pytest.raises(ValueError, match=r"segment voting .* cannot be streamed"):
        infer.stream(fps=1)


@pytest.mark.parametrize("bound", [40, 30, 22])
def test_a_bounded_delay_holds_however_the_signal_is_cut(infer, bound):
    values = features(300)
    whole = infer.stream(fps=1)
    streams = [infer.stream(fps=1, max_delay=bound) for _ in range(2)]
    assert streams[0].delay <= bound < whole.delay
    found = [run(stream, values, largest=n) for stream, n in zip(streams, (1, 90), strict=True)]
    assert found[0] and sorted(found[0]) == sorted(found[1])


def test_a_delay_that_cannot_be_is_refused(infer):
    with pytest.raises(ValueError, match=r"at least 15 s with a max_duration of 9 s.*but got 10"):
        infer.stream(fps=1, max_delay=10)
    infer.stream(fps=1, max_delay=15)


def test_a_bound_that_costs_nothing_changes_nothing(infer):
    values = features(333)
    [expected] = infer(values, fps=1)
    whole = infer.stream(fps=1)
    assert_same(run(infer.stream(fps=1, max_delay=whole.delay), values, largest=50), expected)


def test_candidates_beyond_pre_nms_topk_are_said_once(infer, monkeypatch):
    said = []
    monkeypatch.setattr(streaming, "print_log", lambda text, *_: said.append(text))
    monkeypatch.setattr(infer.model.head, "pre_nms_topk", 5)
    monkeypatch.setattr(infer, "threshold", 0.01)
    run(infer.stream(fps=1), features(200), largest=50)
    assert len(said) == 1 and "pre_nms_topk was reached in 1 of 1" in said[0]
