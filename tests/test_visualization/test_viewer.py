"""The interactive page; its script runs in node and in Chromium where they are installed."""

import functools
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation.points import Points, nearest_hits
from mmtal.evaluation.recording_hits import find_hits
from mmtal.results.result_files import read_recording_views
from mmtal.results.segmentation import segmentation_view
from mmtal.structures import RecordingView
from mmtal.visualization.viewer import ASSETS, recording_link, viewer_page

CLASSES = ["run", "sit", "</script><b>&"]


def view(name="a", gt=(), gt_labels=(), pred=(), scores=(), labels=()) -> RecordingView:
    return RecordingView(
        name,
        20.0,
        np.array(gt, dtype=float).reshape(-1, 2),
        np.array(gt_labels, dtype=int),
        np.array(pred, dtype=float).reshape(-1, 2),
        np.array(scores, dtype=float),
        np.array(labels, dtype=int),
    )


def data_of(page: str) -> dict:
    text = re.search(r"const DATA = (.*);\n", page)
    assert text
    return json.loads(text[1])


def random_view(seed: int, decimals: int) -> RecordingView:
    """Crowded, with ties of scores and of tIoU, and with bad segments as benchmarks have them."""
    random = np.random.default_rng(seed)
    gt = np.round(random.uniform(0, 20, (random.integers(0, 12), 2)), decimals)
    gt[1:] = np.sort(gt[1:], axis=1)  # the first one may be reversed
    pred = np.sort(np.round(random.uniform(0, 20, (random.integers(0, 60), 2)), decimals), axis=1)
    near = random.integers(0, max(len(gt), 1), len(pred))
    if len(gt):
        pred[::2] = gt[near[::2]] + np.round(random.normal(0, 0.5, (len(pred[::2]), 2)), decimals)
    scores = np.round(random.uniform(0, 1, len(pred)), 1)
    return view(
        f"recording {seed}", gt, random.integers(0, 3, len(gt)), pred, scores,
        random.integers(0, 3, len(pred)),
    )  # fmt: skip


# ---------------------------------------------------------------- the page


def test_the_page_holds_columns_by_falling_score_and_says_what_it_leaves_out() -> None:
    one = view("a", [[0, 1.0004]], [1], [[0, 1], [2, 3.5], [4, 5]], [0.57, 0.9, 0.009], [0, 1, 2])
    page = viewer_page([one, view("b")], CLASSES, title="x", min_score=0.01)
    assert "2 of 3 predictions: the 1 that score below 0.01 are not in this page" in page
    data = data_of(page)
    p = [[2000, 0], [1500, 1000], [1, 0], [9000, 5700]]
    assert data["recordings"] == [
        dict(id="a", d=20000, g=[[0], [1000], [1]], p=p),
        dict(id="b", d=20000, g=[[], [], []], p=[[], [], [], []]),
    ]
    assert data["predicted"] and data["classes"] == CLASSES
    assert "</script><b>" not in page
    assert "https:" not in page and "http:" not in page


def test_without_predictions_it_shows_annotations() -> None:
    page = viewer_page([view("a", [[0, 1]], [0])], CLASSES, title="x")
    assert not data_of(page)["predicted"]
    assert 'id="score"' in viewer_page([view("a", [], [], [[0, 1]], [1], [0])], CLASSES, title="x")
    assert 'id="score"' not in page


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ([], "at least one recording"),
        ([view("a", [[0, 1]], [3])], "'a': labels of the ground truth must be 0 to 2"),
        ([view("a", [], [], [[0, 1]], [0.5], [-1])], "'a': labels of the predictions"),
    ],
)
def test_what_cannot_be_shown(views: list[RecordingView], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        viewer_page(views, CLASSES, title="x")


def test_links_escape_names() -> None:
    assert recording_link("p.html", "a b&c/d#1") == "p.html#a%20b%26c%2Fd%231"


# ---------------------------------------------------------------- its arithmetic, in node


@functools.cache
def node() -> str:
    return shutil.which("node") or pytest.skip("the page's script is tested in node: install it")


def run_script(expression: str, data: dict) -> object:
    """The value of a JavaScript expression that may use ``DATA`` and what matching.js defines."""
    script = (ASSETS / "matching.js").read_text()
    code = f"{script}\nconst DATA = {json.dumps(data)};\nconsole.log(JSON.stringify({expression}));"
    done = subprocess.run([node(), "-"], input=code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MATCHES = """DATA.recordings.map(decode).map((recording) => DATA.tious.map((tiou) => {
  const match = matchPredictions(recording, tiou);
  return [[...match.takes].map((i) => i >= 0), [...match.takenBy]];
}))"""


def check_matches(views: list[RecordingView], classes: list[str], tious: list[float]) -> int:
    """The page's matches are those of find_hits; returns how many hits there were."""
    data = data_of(viewer_page(views, classes, title="x", min_score=-1e9))
    found = run_script(MATCHES, dict(data, tious=tious))
    hits = 0
    for one, by_tiou in zip(views, found, strict=True):
        order = np.argsort(-one.pred_scores, kind="stable")
        for tiou, (hit, taken_by) in zip(tious, by_tiou, strict=True):
            expected = find_hits(one, tiou_thr=tiou)
            where = f"{one.video_id}, tIoU {tiou}"
            np.testing.assert_array_equal(hit, expected.hit[order], where)
            taken = [order[rank] if rank >= 0 else -1 for rank in taken_by]
            np.testing.assert_array_equal(taken, expected.hit_by, where)
            hits += int(expected.hit.sum())
    return hits


def test_the_page_matches_as_the_evaluation_does() -> None:
    views = [random_view(seed, decimals=seed % 4) for seed in range(60)]
    assert check_matches(views, CLASSES, [0.1, 0.3, 0.5, 0.7, 0.95]) > 500


def test_the_page_matches_published_detections(shared_data) -> None:
    views, classes = read_recording_views(
        shared_data("benchmarks/thumos14/thumos14.json"), "test",
        shared_data("detections/scnn_c3d_results.json"),
    )  # fmt: skip
    assert check_matches(views, classes, [0.3, 0.5, 0.7]) > 3000


@pytest.mark.parametrize("tolerance", [0.02, 0.5])
def test_the_page_matches_events_by_distance(tolerance: float) -> None:
    random = np.random.default_rng(0)
    views = []
    for _ in range(30):
        gt, pred = (np.round(random.uniform(0, 20, n), 2)[:, None] for n in (20, 100))
        pred[::2] = gt[random.integers(0, 20, 50)] + np.round(
            random.normal(0, tolerance, (50, 1)), 2
        )
        labels, scores = random.integers(0, 2, 120), np.round(random.random(100), 4)
        one = view("a", gt.repeat(2, 1), labels[:20], pred.repeat(2, 1), scores, labels[20:])
        views.append(one.as_events(tolerance))
    page = viewer_page(views, CLASSES, title="x")
    limits = dict(re.findall(r'<option value="([^"]+)">([^<]+)</option>', page))
    assert list(limits.values()) == [f"{tolerance * near:.3g}" for near in (0.1, 0.2, 0.5, 1, 1.5)]
    assert '<label hidden title="As a segmentation' in page, "events have no frames"
    assert "hit within <select" in page and str(data_of(page)["tiou"]) in limits
    assert check_matches(views, CLASSES, [float(tiou) for tiou in limits]) > 500
    for one in views:  # the evaluation by distance finds as many
        found = find_hits(one)
        right = [
            nearest_hits(*own, tolerance + 1e-9, inclusive=True).sum()
            for own in zip(by_class(one, "gt"), by_class(one, "pred"), strict=True)
        ]
        assert found.hit.sum() == sum(right)


def by_class(one: RecordingView, kind: str) -> list[Points]:
    times, labels = (getattr(one, f"{kind}_{name}") for name in ("segments", "labels"))
    scores = one.pred_scores if kind == "pred" else np.ones(len(labels))
    return [
        Points(labels[rows] * 0, times[rows].mean(1), scores[rows])
        for rows in (labels == 0, labels == 1)
    ]


@pytest.mark.parametrize("touching", [False, True])
def test_the_best_set_is_that_of_the_evaluation(touching: bool) -> None:
    views = [random_view(seed, decimals=0 if touching else 3) for seed in range(30)]
    views = [one for one in views if len(one.pred_scores)]
    data = data_of(viewer_page(views, CLASSES, title="x"))
    found = run_script(
        """DATA.recordings.map(decode).map((recording) => {
          const { pred } = recording;
          const rows = bestSet(recording, shownCount(recording, 0.3), [1, 1, 0]);
          return rows.map((i) => [pred.start[i], pred.end[i], pred.score[i]]);
        })""",
        data,
    )
    for one, rows in zip(views, found, strict=True):
        kept = (one.pred_scores >= 0.3) & (one.pred_labels < 2)
        some = view("", [], [], one.pred_segments[kept], one.pred_scores[kept], kept[kept] * 0)
        best = segmentation_view(some, 0.0, 0.0)
        start, end, score = np.array(rows).reshape(-1, 3).T
        assert np.all(start[1:] >= end[:-1] - 1e-3)
        worth = np.sum(np.diff(best.pred_segments)[:, 0] * best.pred_scores)
        assert np.sum((end - start) * score) == pytest.approx(worth, abs=1e-3 * len(rows))


def test_counts_and_best_threshold() -> None:
    one = view(
        "a", [[0, 10], [12, 14]], [0, 1],
        [[0, 10], [0, 9], [12, 14], [5, 6]], [0.8, 0.6, 0.57, 0.2], [0, 0, 1, 1],
    )  # fmt: skip
    data = data_of(viewer_page([one], CLASSES, title="x"))
    counts = run_script(
        """(() => {
          const recording = decode(DATA.recordings[0]);
          const match = matchPredictions(recording, 0.5);
          const at = (threshold, on) => Object.values(countAt(recording, match, threshold, on));
          return [at(0, [1, 1, 1]), at(0.57, [1, 1, 1]), at(0.5701, [1, 1, 1]), at(0, [0, 1, 1]),
            at(0.9, [1, 1, 1]), bestThreshold([recording], [match], [1, 1, 1]),
            bestThreshold([recording], [match], [0, 0, 0]), ratesOf(countAt(recording, match, 0,
            [1, 1, 1])).precision];
        })()""",
        data,
    )
    assert counts == [
        [2, 2, 2, 0],  # instances, hits, false, missed
        [2, 2, 1, 0],  # 0.57 is not below 0.57
        [2, 1, 1, 1],
        [1, 1, 1, 0],  # without class 0
        [2, 0, 0, 2],
        pytest.approx(0.57),
        None,
        0.5,
    ]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("formatTime(0)", "0:00:00.0"),
        ("formatTime(59.96)", "0:01:00.0"),  # rounds up to the next minute
        ("formatTime(4000.04)", "1:06:40.0"),
        ("formatTime(10800, 0)", "3:00:00"),
        ("formatTime(-1.5)", "-0:00:01.5"),
    ],
)
def test_times(call: str, text: str) -> None:
    assert run_script(call, {}) == text


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return found or pytest.skip("the page is tested in Chromium: install it")


OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def load(chromium: str, page: Path, address: str, profile: Path) -> str:
    """The page's HTML after its script ran."""
    done = subprocess.run(
        [chromium, *OPTIONS, f"--user-data-dir={profile}", "--virtual-time-budget=2000",
         "--dump-dom", f"file://{page}{address}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout


def figures(dom: str, row: str) -> list[str]:
    cells = re.search(rf'id="counts-{row}">(.*?)</tr>', dom, re.DOTALL)
    assert cells, dom[-2000:]
    return re.findall(r"<td>([^<]*)</td>", cells[1])


@pytest.mark.slow
def test_the_page_works_in_a_browser(chromium: str, tmp_path: Path) -> None:
    one = view("a", [[0, 10]], [0], [[0, 10], [0, 1]], [0.8, 0.4], [0, 1])
    two = view("b&c", [[0, 10]], [2], [[0, 6]], [0.5], [2])
    page = tmp_path / "page.html"
    page.write_text(viewer_page([one, two], CLASSES, title="x"), encoding="utf-8")
    for address, name, this, everything in [
        ("#a&score=0.5", "a", ["1", "1", "0", "0"], ["2", "2", "0", "0"]),
        ("#b%26c&tiou=0.7", "b&amp;c", ["1", "0", "1", "1"], ["2", "1", "2", "1"]),
    ]:
        dom = load(chromium, page, address, tmp_path / "profile")
        assert 'data-ready="yes"' in dom and "data-error" not in dom
        assert f'<h2 id="name">{name}</h2>' in dom
        assert figures(dom, "this")[:4] == this
        assert figures(dom, "all")[:4] == everything
    assert dom.count('class="row"') == 2
    page.write_text(viewer_page([one, two], CLASSES, title="x", frames=True), encoding="utf-8")
    dom = load(chromium, page, "#a", tmp_path / "profile")
    assert 'data-ready="yes"' in dom and "data-error" not in dom
    assert re.search('<body class="[^"]*frames', dom)
    page.write_text(viewer_page([view("a")], CLASSES, title="x"), encoding="utf-8")
    dom = load(chromium, page, "#nobody", tmp_path / "profile")
    assert 'data-ready="yes"' in dom and "data-error" not in dom
    assert 'This page has no recording "nobody"' in dom
    assert figures(dom, "this") == ["0"]


PROBE = """<script>
// Waits for events, not for a time: the decoder of videos has a clock of its own.
const say = (words) => console.log(`SAID ${words} END`);
const video = player.element, canvas = document.querySelector("#plot canvas");
canvas.setPointerCapture = () => {};
window.onerror = (words) => say(words);
video.onerror = () => say(video.error.message);
video.onseeked = () => say(`${video.currentTime.toFixed(1)} ${timeline.playhead}`);
const click = () => {
  const { left, top } = canvas.getBoundingClientRect();
  const place = { clientX: left + timeline.x(1), clientY: top + 40 };
  canvas.dispatchEvent(new PointerEvent("pointerdown", place));
  canvas.dispatchEvent(new PointerEvent("pointerup", place));
};
if (video.readyState >= 2) click(); else video.onloadeddata = click;
</script></body>"""
SAID = re.compile("SAID (.*) END")


@pytest.mark.slow
def test_a_click_on_the_timeline_seeks_in_the_video(chromium: str, tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="needs PyAV: pip install av")
    with av.open(str(tmp_path / "a b.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(30):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    one = view("a", [[0, 10]], [0], [[0, 10]], [0.8], [0])
    text = viewer_page([one], CLASSES, title="x", media={"a": "a%20b.mp4"})
    page = tmp_path / "page.html"
    page.write_text(text.replace("</body>", PROBE), encoding="utf-8")
    browser = subprocess.Popen(
        [chromium, *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
         "--remote-debugging-port=0", f"file://{page}"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    limit = threading.Timer(60, browser.kill)
    limit.start()
    with browser:
        assert browser.stderr is not None
        said = next((found[1] for line in browser.stderr if (found := SAID.search(line))), None)
        limit.cancel()
        browser.kill()
    assert said == "1.0 1"
