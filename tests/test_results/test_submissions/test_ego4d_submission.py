"""Submissions to Ego4D Moment Queries: seconds of the clip."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmtal.results import result_files
from mmtal.results.result_files import read_results
from mmtal.results.submissions.converting import ConvertOptions, convert_results

CLASSES = ["cook", "wash"]
SHIFT = 7 / 30  # the clip begins 7 frames after a multiple of the feature stride of 16


def clip(uid: str, first_frame: int, frames: int, **more: Any) -> dict:
    return dict(
        clip_uid=uid,
        video_start_sec=first_frame / 30,
        video_end_sec=(first_frame + frames) / 30,
        video_start_frame=first_frame,
        video_end_frame=first_frame + frames,
        **more,
    )


def annotated(*labels: tuple[str, bool]) -> dict:
    rows = [dict(label=label, primary=primary) for label, primary in labels]
    return dict(annotations=[dict(labels=rows)])


@pytest.fixture
def moments(tmp_path: Path) -> Path:
    clips = [
        clip("a", 160 + 7, 300, **annotated(("cook", True))),
        clip("b", 320, 300, **annotated(("wash", True))),
        clip("c", 320, 300, **annotated(("wash", False))),  # not evaluated
    ]
    return write(tmp_path / "moments_val.json", dict(videos=[dict(video_uid="v", clips=clips)]))


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def row(start: float, end: float, score: float = 0.5, label: str = "cook") -> dict:
    return dict(label=label, segment=[start, end], score=score)


def results(path: Path, *rows: dict) -> Path:
    return write(path, dict(results={"a": list(rows), "b": []}))


def test_times_are_those_of_the_clip(tmp_path: Path, moments: Path) -> None:
    path, out = results(tmp_path / "in.json", row(2, 3), row(4, 6, 0.9)), tmp_path / "out.json"
    convert_results(path, out, ConvertOptions(to="ego4d", official=moments))
    content = json.loads(out.read_text())
    assert content["version"] == "1.0" and content["challenge"] == "ego4d_moment_queries"
    assert content["retrieve_results"] == content["detect_results"]
    first, second = content["detect_results"]["a"]
    assert first["score"] == 0.9  # the official recall takes the first ones as they come
    assert second["segment"] == pytest.approx([2 - SHIFT, 3 - SHIFT])
    back = convert_results(out, None, ConvertOptions(official=moments)).detections
    assert back.segments.ravel().tolist() == pytest.approx([4, 6, 2, 3])
    as_it_is = ConvertOptions(official=moments, time_zero="clip")
    unshifted = convert_results(out, None, as_it_is).detections
    assert unshifted.segments[1].tolist() == pytest.approx([2 - SHIFT, 3 - SHIFT])


def test_time_zero_of_the_clip(tmp_path: Path, moments: Path) -> None:
    path, out = results(tmp_path / "in.json", row(2, 3)), tmp_path / "out.json"
    options = ConvertOptions(to="ego4d", official=moments, time_zero="clip")
    convert_results(path, out, options)
    assert json.loads(out.read_text())["detect_results"]["a"][0]["segment"] == [2, 3]


def test_the_frames_around_a_clip_are_clipped(tmp_path: Path, moments: Path) -> None:
    """Our recording begins up to 15 frames before its clip and may end as much after it."""
    path, out = results(tmp_path / "in.json", row(0, 3), row(5, 10.4)), tmp_path / "out.json"
    convert_results(path, out, ConvertOptions(to="ego4d", official=moments))
    segments = [d["segment"] for d in json.loads(out.read_text())["detect_results"]["a"]]
    assert segments[0] == pytest.approx([0, 3 - SHIFT])
    assert segments[1] == pytest.approx([5 - SHIFT, 10])


def test_times_of_the_whole_video_are_refused(tmp_path: Path, moments: Path) -> None:
    path = results(tmp_path / "in.json", row(12, 14))
    with pytest.raises(ValueError, match=r"segment outside.*Ego4D of the clip, not of the whole"):
        convert_results(path, None, ConvertOptions(to="ego4d", official=moments))


def test_a_list_without_the_clips_places_is_refused(tmp_path: Path) -> None:
    entry = dict(subset="validation", duration=10.0, annotations=[])
    ann = write(tmp_path / "ego4d.json", dict(database={"a": entry, "b": entry}))
    path = results(tmp_path / "in.json", row(2, 3))
    with pytest.raises(ValueError, match=r"needs --ann moments_val\.json"):
        convert_results(path, None, ConvertOptions(to="ego4d", official=ann))


def test_other_detections_for_recall(tmp_path: Path, moments: Path) -> None:
    path, out = results(tmp_path / "in.json", row(2, 3)), tmp_path / "out.json"
    # Of classes that occur in one file only.
    other = results(tmp_path / "other.json", row(4, 5, label="wash"), row(6, 7))
    options = ConvertOptions(to="ego4d", official=moments, retrieval=other)
    convert_results(path, out, options)
    content = json.loads(out.read_text())
    counts = [len(content[f"{part}_results"]["a"]) for part in ("detect", "retrieve")]
    assert counts == [1, 2]
    retrieved = read_results(out, CLASSES, part="retrieve")
    assert retrieved.labels.tolist() == [1, 0] and len(read_results(out, CLASSES)) == 1
    # Checking looks at both, and writing it again keeps both.
    again = tmp_path / "again.json"
    assert convert_results(out, None, ConvertOptions(to="ego4d", official=moments)).notes == []
    convert_results(out, again, ConvertOptions(to="ego4d", official=moments))
    assert json.loads(again.read_text()) == content


def test_unannotated_clips_are_all_listed(tmp_path: Path) -> None:
    clips = [clip("a", 0, 300), clip("b", 0, 300)]
    path = write(tmp_path / "moments.json", dict(videos=[dict(clips=clips)]))
    found = results(tmp_path / "in.json", row(2, 3))
    done = convert_results(found, None, ConvertOptions(to="ego4d", official=path))
    assert done.detections.video_ids == ("a", "b")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (dict(video_end_sec=0.0), "clip 'a': lacks an end after its start, but is 0.0 to 0.0 s"),
        (dict(video_end_frame=0), "clip 'a': lacks an end after its start"),
        (dict(video_start_sec=None), "clip 'a': lacks"),
    ],
)
def test_clips_without_times(tmp_path: Path, changed: dict, message: str) -> None:
    clips = [clip("a", 0, 300) | changed]
    path = write(tmp_path / "moments.json", dict(videos=[dict(clips=clips)]))
    found = results(tmp_path / "in.json", row(2, 3))
    with pytest.raises(ValueError, match=message):
        convert_results(found, None, ConvertOptions(to="ego4d", official=path))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (dict(version="2"), "'version' must be '1.0', but is '2'"),
        (dict(challenge="nlq"), "'challenge' must be 'ego4d_moment_queries'"),
        (dict(detect_results={"a": [row(1, 2)]}), "missing recording .1 found"),
        (dict(retrieve_results={"a": [row(1, 2)]}), "missing recording .1 found"),
    ],
)
def test_what_is_wrong_with_a_submission(
    tmp_path: Path, moments: Path, changed: dict, message: str
) -> None:
    good = {"a": [row(1, 2)], "b": []}
    header = dict(version="1.0", challenge="ego4d_moment_queries")
    content = dict(header, detect_results=good, retrieve_results=good) | changed
    path = write(tmp_path / "in.json", content)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        convert_results(path, None, ConvertOptions(to="ego4d", official=moments))


def test_reading_it_without_its_clips_warns(tmp_path: Path) -> None:
    content = dict(detect_results={"a": [row(1, 2)]}, retrieve_results={})
    path = write(tmp_path / "in.json", content)
    with pytest.warns(UserWarning, match="seconds of the clip") as said:
        assert result_files.read_results(path, CLASSES).segments.tolist() == [[1, 2]]
    assert len(said) == 1


def test_unknown_moments_are_refused_once_all_are_known(tmp_path: Path) -> None:
    labels = [(f"moment_{number}", True) for number in range(109)] + [("cook", True)]
    found = results(tmp_path / "in.json", row(2, 3, label="cooking"))
    content = dict(
        videos=[dict(clips=[clip("a", 0, 300, **annotated(*labels)), clip("b", 0, 300)])]
    )
    path = write(tmp_path / "moments.json", content)
    with pytest.raises(ValueError, match="class 'cooking' of 1 detection is none of Ego4D"):
        convert_results(found, None, ConvertOptions(to="ego4d", official=path))
    # A file that does not name all 110 cannot tell.
    content["videos"][0]["clips"][0] = clip("a", 0, 300, **annotated(*labels[1:]))
    write(path, content)
    assert len(convert_results(found, None, ConvertOptions(to="ego4d", official=path)).classes) == 1
