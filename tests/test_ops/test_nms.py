"""All backends of segment_nms against the official release's figures and a plain restatement."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mmtal.ops import nms_mmcv, nms_torch, segment_nms
from mmtal.ops.nms import _best_backend
from mmtal.runtime.nms import segment_nms as segment_nms_of_arrays

DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
GOLDEN_CASES = json.loads((Path(__file__).parents[1] / "data/golden/nms.json").read_text())
SOFT = {"method": "gaussian", "sigma": 0.5, "min_score": 0.001, "max_per_video": 200}
HARD = {"method": "hard", "tiou_thr": 0.5, "min_score": 0.001, "max_per_video": 200}

Nms = Callable[..., tuple[Tensor, Tensor, Tensor]]


@pytest.fixture(scope="module", params=["builtin", "torch", "mmcv"])
def nms(request: pytest.FixtureRequest) -> Nms:
    """``segment_nms`` with each backend that can run here."""
    if request.param == "mmcv" and nms_mmcv.compiled_ops() is None:
        pytest.skip("mmcv is installed without compiled ops: its backend is not tested")
    return partial(segment_nms, backend=request.param)


def tensors(rows: list[tuple[float, float, float, int]], device: str = "cpu") -> list[Tensor]:
    """(start, end, score, label) of each candidate to what segment_nms takes."""
    columns = torch.tensor(rows, dtype=torch.float64).reshape(-1, 4).to(device)
    return [columns[:, :2].float(), columns[:, 2].float(), columns[:, 3].long()]


def rows(result: tuple[Tensor, Tensor, Tensor]) -> list[tuple[float, float, float, int]]:
    segments, scores, labels = result
    return [
        (*s, pytest.approx(c, abs=1e-5), k)
        for s, c, k in zip(segments.tolist(), scores.tolist(), labels.tolist(), strict=True)
    ]


def unmatched(result: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> int:
    """By the rule of golden/README.md: one-to-one by label, ends within 1e-3, scores 5e-5."""
    segments, scores, labels = (np.asarray(x) for x in expected)
    free = np.ones(len(scores), bool)
    missing = 0
    for segment, score, label in zip(*(np.asarray(x) for x in result), strict=True):
        close = free & (labels == label) & (abs(scores - score) <= 5e-5)
        close &= (abs(segments - segment) <= 1e-3).all(axis=1)
        if close.any():
            free[close.argmax()] = False
        else:
            missing += 1
    return max(missing, int(free.sum()))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_equals_the_official_release(nms: Nms, golden: Path, case: str, device: str) -> None:
    arguments = GOLDEN_CASES[case]
    arrays = np.load(golden / "nms.npz")
    fields = ("segments", "scores", "labels")
    candidates = [torch.from_numpy(arrays[f"{case}.in.{name}"]).to(device) for name in fields]
    expected = [torch.from_numpy(arrays[f"{case}.out.{name}"]) for name in fields]
    votes = not arguments["multiclass"] and arguments["voting_thresh"] > 0
    result = nms(
        *candidates,
        method="gaussian" if arguments["use_soft_nms"] else "hard",
        tiou_thr=arguments["iou_threshold"],
        sigma=arguments["sigma"],
        min_score=arguments["min_score"],
        max_per_video=arguments["max_seg_num"],
        class_agnostic=not arguments["multiclass"],
        voting_thr=arguments["voting_thresh"] if votes else None,
    )
    assert [x.device.type for x in result] == [device] * 3
    assert len(result[1]) == len(expected[1])
    assert unmatched(tuple(x.cpu() for x in result), tuple(expected)) <= 0.001 * len(expected[1])


def assert_follows_the_rule(
    candidates: list[Tensor],
    result: tuple[Tensor, Tensor, Tensor],
    *,
    method: str,
    tiou_thr: float,
    sigma: float,
    min_score: float,
    max_per_video: int,
    class_agnostic: bool = False,
) -> None:
    """Replay the result pick by pick in plain NumPy: each pick must have been a best choice.

    Among ties it follows the result's choice, so that any order of ties passes.
    """
    slack = 1e-5
    segments, scores, labels = (x.double().numpy() for x in candidates)
    start, end = segments.T
    groups = np.zeros_like(labels) if class_agnostic else labels
    alive = scores > min_score if method == "hard" and min_score > 0 else np.ones(len(scores), bool)
    touched = np.zeros(len(scores), bool)  # does the candidate's group have a pick?

    def eligible(tolerance: float) -> np.ndarray:
        return alive & (~touched | (scores >= min_score + tolerance))

    assert (result[1].diff() <= 0).all(), "not sorted"
    for segment, score, label in zip(*(x.double().numpy() for x in result), strict=True):
        same = eligible(-slack) & (segments == segment).all(axis=1) & (labels == label)
        assert same.any(), f"{segment}, class {label}, is no remaining candidate"
        pick = np.where(same, scores, -1).argmax()
        assert score == pytest.approx(scores[pick], abs=slack)
        assert score >= scores[eligible(slack)].max(initial=0) - slack, "a better one remained"
        alive[pick] = False
        mates = groups == groups[pick]
        touched |= mates
        overlap = np.maximum(0, np.minimum(end, end[pick]) - np.maximum(start, start[pick]))
        tiou = overlap / np.maximum(end - start + end[pick] - start[pick] - overlap, 1e-9)
        if method == "hard":
            alive &= ~(mates & (tiou >= tiou_thr))
        elif method == "linear":
            scores = np.where(mates & (tiou >= tiou_thr), scores * (1 - tiou), scores)
        else:
            scores = np.where(mates, scores * np.exp(-(tiou**2) / sigma), scores)
    assert len(result[1]) <= max_per_video
    assert len(result[1]) == max_per_video or not eligible(slack).any(), "stopped too early"


@st.composite
def candidate_lists(draw: st.DrawFn) -> list[tuple[float, float, float, int]]:
    """Few values each, so that duplicates, ties, touching and empty segments are common."""
    candidate = st.tuples(
        st.integers(0, 60), st.integers(0, 20), st.integers(0, 40), st.integers(0, 2)
    )
    drawn = draw(st.lists(candidate, max_size=20))
    drawn += drawn[: draw(st.integers(0, 5))]
    return [(s / 4, (s + length) / 4, c / 40, k) for s, length, c, k in drawn]


@given(
    candidates=candidate_lists(),
    method=st.sampled_from(["hard", "linear", "gaussian"]),
    # No tIoU or score of such candidates comes close to these, so that rounding decides nothing.
    tiou_thr=st.sampled_from([0.1001, 0.5003, 0.9002]),
    sigma=st.sampled_from([0.01, 0.5, 2.0]),
    min_score=st.sampled_from([0.0, 0.001, 0.3003]),
    max_per_video=st.sampled_from([1, 3, 1000]),
    class_agnostic=st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_random_candidates(nms: Nms, candidates: list, **arguments: object) -> None:
    inputs = tensors(candidates)
    assert_follows_the_rule(inputs, nms(*inputs, **arguments), **arguments)


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
@pytest.mark.parametrize("class_agnostic", [False, True])
def test_many_candidates(nms: Nms, method: str, class_agnostic: bool) -> None:
    """Enough for many blocks of the compiled kernel, with long segments across them."""
    rng = np.random.default_rng(0)
    num = 3000
    start = rng.uniform(0, 500, num)
    length = np.exp(rng.normal(1.5, 1.5, num))
    scores, labels = rng.beta(0.3, 3, num), rng.integers(0, 3, num)
    inputs = tensors(list(zip(start, start + length, scores, labels, strict=True)))
    arguments = {
        "method": method,
        "tiou_thr": 0.3,
        "sigma": 0.5,
        "min_score": 0.01,
        "max_per_video": 300,
        "class_agnostic": class_agnostic,
    }
    assert_follows_the_rule(inputs, nms(*inputs, **arguments), **arguments)


@pytest.mark.parametrize(
    ("candidates", "arguments", "expected"),
    [
        pytest.param([], SOFT, [], id="no candidates"),
        pytest.param([], HARD | {"class_agnostic": True}, [], id="no candidates, hard"),
        pytest.param([(0, 1, 0.0, 7)], SOFT, [(0, 1, 0.0, 7)], id="soft keeps a class's best"),
        pytest.param(
            [(0, 1, 0.0005, 0), (5, 6, 0.0004, 0), (5, 6, 0.0003, 1)],
            SOFT,
            [(0, 1, 0.0005, 0), (5, 6, 0.0003, 1)],
            id="but no other below min_score, overlap or not",
        ),
        pytest.param([(0, 1, 0.001, 0)], HARD, [], id="hard wants more than min_score"),
        pytest.param(
            [(0, 10, 0.9, 0), (1, 10, 0.8, 0), (1, 10, 0.7, 1)],
            HARD,
            [(0, 10, 0.9, 0), (1, 10, 0.7, 1)],
            id="classes do not compete",
        ),
        pytest.param(
            [(0, 10, 0.9, 3), (1, 10, 0.8, 5), (20, 21, 0.7, 5)],
            HARD | {"class_agnostic": True},
            [(0, 10, 0.9, 3), (20, 21, 0.7, 5)],
            id="unless class-agnostic; labels stay",
        ),
        pytest.param(
            [(0, 10, 0.4, 0), (0, 10, 0.9, 0)],
            SOFT,
            [(0, 10, 0.9, 0), (0, 10, 0.4 * np.exp(-2), 0)],
            id="gaussian decay of a duplicate",
        ),
        pytest.param(
            [(0, 10, 0.9, 0), (5, 15, 0.6, 0), (9, 20, 0.5, 0)],
            SOFT | {"method": "linear", "tiou_thr": 0.2},
            [(0, 10, 0.9, 0), (9, 20, 0.5, 0), (5, 15, 0.6 * (1 - 5 / 15) * (1 - 6 / 15), 0)],
            id="linear decay from the threshold on",
        ),
        pytest.param(
            [(0, 10, 0.9, 0), (10, 20, 0.8, 0)],
            SOFT,
            [(0, 10, 0.9, 0), (10, 20, 0.8, 0)],
            id="touching is no overlap",
        ),
        pytest.param(
            [(5, 5, 0.9, 0), (5, 5, 0.8, 0), (0, 10, 0.7, 0)],
            SOFT,
            [(5, 5, 0.9, 0), (5, 5, 0.8, 0), (0, 10, 0.7, 0)],
            id="empty segments overlap nothing",
        ),
        pytest.param(
            [(0, 1, 0.3, 0), (2, 3, 0.9, 1), (4, 5, 0.6, 0)],
            SOFT | {"max_per_video": 2},
            [(2, 3, 0.9, 1), (4, 5, 0.6, 0)],
            id="the cap counts over all classes",
        ),
        pytest.param(
            [(0, 1, 0.9, 10**12), (0, 1, 0.8, -(10**12))],
            SOFT,
            [(0, 1, 0.9, 10**12), (0, 1, 0.8, -(10**12))],
            id="far-apart labels cost no memory",
        ),
        pytest.param(
            [(0, 10, 0.9, 0), (0, 10, 0.9, 0)],
            SOFT | {"sigma": 1e-3, "min_score": 0.0},
            [(0, 10, 0.9, 0), (0, 10, 0.0, 0)],
            id="a decay beyond float32's range",
        ),
    ],
)
@pytest.mark.parametrize("device", DEVICES)
def test_small_cases(
    nms: Nms, candidates: list, arguments: dict, expected: list, device: str
) -> None:
    assert expected == rows(nms(*tensors(candidates, device), **arguments))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_dtypes_stay(nms: Nms, dtype: torch.dtype) -> None:
    segments = torch.tensor([[0.0, 2.0], [0.0, 2.0], [5.0, 6.0]], dtype=dtype, requires_grad=True)
    scores = torch.tensor([0.25, 0.5, 0.125], dtype=dtype)
    labels = torch.tensor([1, 1, 0], dtype=torch.int32)
    kept, kept_scores, kept_labels = nms(segments, scores, labels, **HARD)
    assert kept.tolist() == [[0, 2], [5, 6]]
    assert kept_scores.tolist() == [0.5, 0.125]
    assert kept_labels.tolist() == [1, 0]
    assert (kept.dtype, kept_scores.dtype, kept_labels.dtype) == (dtype, dtype, torch.int32)


def test_inputs_stay_as_they_are(nms: Nms) -> None:
    inputs = tensors([(0, 2, 0.9, 0), (0, 2, 0.8, 0), (1, 2, 0.7, 1)])
    before = [x.clone() for x in inputs]
    nms(*inputs, **SOFT)
    assert all(torch.equal(x, y) for x, y in zip(inputs, before, strict=True))


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
def test_events_compete_by_distance(nms: Nms, method: str) -> None:
    """However long they are: the third is the one whose middle is near that of a better one."""
    given = tensors(
        [(10, 14, 0.9, 0), (12, 18, 0.8, 0), (14.6, 15, 0.7, 0), (9, 9, 0.6, 0), (12, 12, 0.5, 1)]
    )
    settings = dict(method=method, min_score=0.001, max_per_video=9, distance=3.0, sigma=0.5)
    found = nms(*given, **settings)[1].tolist()
    others = [score for score in found if round(score, 3) in (0.9, 0.8, 0.6, 0.5)]
    assert len(others) == 4
    assert len(found) == (4 if method == "hard" else 5)
    assert max(set(found) - set(others), default=0.0) < 0.6
    arrays = segment_nms_of_arrays(*(x.numpy() for x in given), **settings)
    assert arrays[1].tolist() == pytest.approx(
        found, abs=1e-5
    )  # as rows(): mmcv adds nothing to lengths


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "soft"}, r"method must be one of .*'gaussian'.*, but got 'soft'"),
        ({"backend": "cuda"}, "backend must be one of .*, but got 'cuda'"),
        ({"min_score": -0.1}, "min_score must be >= 0, but got -0.1"),
        ({"max_per_video": 0}, "max_per_video must be >= 1, but got 0"),
        ({"sigma": None}, "sigma must be > 0 for method='gaussian', but got None"),
        ({"sigma": 0.0}, "sigma must be > 0 for method='gaussian', but got 0.0"),
        ({"method": "hard"}, r"tiou_thr must be in \(0, 1\] for method='hard', but got None"),
        ({"method": "linear", "tiou_thr": 1.5}, r"tiou_thr must be in \(0, 1\].*, but got 1.5"),
        ({"distance": 0.0}, "distance must be > 0, but got 0.0"),
        ({"voting_thr": 0.0, "class_agnostic": True}, r"voting_thr must be in \(0, 1\]"),
        ({"voting_weight": "tiou"}, "voting_weight must be one of .*, but got 'tiou'"),
        ({"voting_thr": 0.9}, "voting_thr must be None unless class_agnostic=True, but got 0.9"),
    ],
)
def test_bad_settings(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        segment_nms(*tensors([(0, 1, 0.5, 0)]), **(SOFT | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"segments": torch.zeros(2, 3)}, r"shapes \(N, 2\).*but got \(2, 3\), \(2,\), \(2,\)"),
        ({"scores": torch.zeros(3)}, r"shapes .*but got \(2, 2\), \(3,\), \(2,\)"),
        ({"labels": torch.zeros(2, 1, dtype=torch.long)}, r"shapes .*\(2, 1\)"),
        ({"segments": torch.zeros(2, 2, dtype=torch.long)}, "must be floating point.*int64"),
        ({"labels": torch.zeros(2)}, "labels must be integers, but got torch.float32"),
        (
            {"segments": torch.tensor([[0.0, 1.0], [3.0, 2.0]])},
            r"start <= end, but got \[3.0, 2.0\] at index 1",
        ),
        ({"segments": torch.tensor([[0.0, torch.inf], [0.0, 1.0]])}, "finite.*inf.* at index 0"),
        ({"segments": torch.tensor([[0.0, 1.0], [torch.nan, 1.0]])}, "finite.*nan.* at index 1"),
        ({"scores": torch.tensor([0.5, torch.nan])}, "scores must be finite and >= 0, but got nan"),
        ({"scores": torch.tensor([0.5, -1.0])}, "scores must be .*, but got -1.0 at index 1"),
    ],
)
def test_bad_candidates(change: dict, message: str) -> None:
    good = dict(zip(("segments", "scores", "labels"), tensors([(0, 1, 0.5, 0)] * 2), strict=True))
    with pytest.raises(ValueError, match=message):
        segment_nms(**(good | change), **SOFT)


def test_mmcv_without_compiled_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nms_mmcv, "compiled_ops", lambda: None)
    with pytest.raises(ImportError, match=r"mmcv with compiled ops.*pip install.*builtin"):
        segment_nms(*tensors([(0, 1, 0.5, 0)]), **HARD, backend="mmcv")


@pytest.mark.parametrize(
    ("on_cuda", "method", "has_ops", "most", "expected"),
    [
        (True, "hard", True, 4, "mmcv"),
        (True, "hard", False, 4, "torch"),
        (True, "gaussian", True, 4, "torch"),  # mmcv has no CUDA op for it
        (True, "gaussian", True, 3, "builtin"),  # two candidates make four pairs
        (False, "hard", True, 4, "builtin"),  # it is faster
    ],
)
def test_auto(
    monkeypatch: pytest.MonkeyPatch,
    on_cuda: bool,
    method: str,
    has_ops: bool,
    most: int,
    expected: str,
) -> None:
    class Classes:
        is_cuda = on_cuda
        bincount = torch.tensor([1, 1]).bincount

    monkeypatch.setattr(nms_mmcv, "has_cuda_nms", lambda: has_ops)
    monkeypatch.setattr(nms_torch, "MAX_PAIRS", most)
    assert _best_backend(Classes, method) == expected
