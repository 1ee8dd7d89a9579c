"""Submissions to EPIC-Kitchens C2."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mmtal.results.result_files import read_recordings, read_results
from mmtal.results.submissions.converting import ConvertOptions, convert_results
from mmtal.results.submissions.epic_kitchens import numbers_of, read_table

VERBS, NOUNS = ["take", "put", "turn-on"], ["tap", "spoon", "board:chopping"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of two test videos, with the tables of durations and classes beside it."""
    path = tmp_path / "EPIC_100_test_timestamps.csv"
    path.write_text("narration_id,video_id,start_timestamp\nP_0,P01,0\nP_1,P01,0\nQ_0,P02,0\n")
    (tmp_path / "EPIC_100_video_info.csv").write_text(
        "video_id,duration,fps,resolution\nP01,10.5,50,x\nP02,20,50,x\nP03,1,50,x\n"
    )
    for kind, names in (("verb", VERBS), ("noun", NOUNS)):
        rows = "".join(f'{number},{name},"[]"\n' for number, name in enumerate(names))
        (tmp_path / f"EPIC_100_{kind}_classes.csv").write_text(f"id,key,instances\n{rows}")
    return path


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def actions(path: Path, *labels: str) -> Path:
    rows = [dict(label=label, segment=[1, 2.5], score=0.5) for label in labels]
    return write(path, dict(results={"P01": rows, "P02": []}))


@pytest.mark.parametrize(
    ("label", "numbers"),
    [
        ("take spoon", (0, 1)),
        ("turn-on board:chopping", (2, 2)),
        ("verb_96 noun_299", (96, 299)),  # the published tables were not at hand
        ("verb_97 noun_0", None),
        ("verb_0 noun_300", None),
        ("take", None),  # results of verbs alone
        ("spoon take", None),
        ("take  spoon", None),
    ],
)
def test_names_of_actions(label: str, numbers: tuple[int, int] | None) -> None:
    names = {"verb": dict(enumerate(VERBS)), "noun": dict(enumerate(NOUNS))}
    assert numbers_of(label, names) == numbers


def test_official_list(table: Path) -> None:
    official = read_table(table)
    assert official.durations == {"P01": 10.5, "P02": 20}
    assert official.names["verb"] == {0: "take", 1: "put", 2: "turn-on"}


def test_frames_of_the_challenge_tables(tmp_path: Path) -> None:
    path = tmp_path / "c2_validation.csv"
    path.write_text("narration_id,video,start,stop,verb,noun,action\nP_0,P01,1,2,0,0,0\n")
    (tmp_path / "c2_video_lengths.csv").write_text("video,frames\nP01,300\n")
    assert read_table(path).durations == {"P01": 10} and read_table(path).names == {}


def test_submission_and_back(tmp_path: Path, table: Path) -> None:
    path = actions(tmp_path / "in.json", "take spoon", "put board:chopping")
    out = tmp_path / "submission.zip"
    options = ConvertOptions(to="epic", official=table, levels=(2, 3, 4))
    convert_results(path, out, options)
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == ["test.json"]
        content = json.loads(archive.read("test.json"))
    results = content.pop("results")
    assert content == dict(
        version="0.2", challenge="action_detection", sls_pt=2, sls_tl=3, sls_td=4
    )
    assert results["P02"] == []
    assert results["P01"][1] == dict(verb=1, noun=2, action="1,2", score=0.5, segment=[1, 2.5])
    assert read_results(out, VERBS, part="verb").labels.tolist() == [0, 1]
    assert read_results(out, NOUNS, part="noun").labels.tolist() == [1, 2]
    assert read_recordings(out) == ["P01", "P02"]
    back = convert_results(out, None, ConvertOptions(part="action", official=table))
    assert back.classes == ["put board:chopping", "take spoon"]
    assert back.detections.segments.tolist() == [[1, 2.5], [1, 2.5]]
    # Checked as a submission: nothing is missing.
    assert convert_results(out, None, ConvertOptions(to="epic", official=table)).notes == []


def test_same_content_same_bytes(tmp_path: Path, table: Path) -> None:
    path = actions(tmp_path / "in.json", "take spoon")
    options = ConvertOptions(to="epic", official=table, levels=(2, 3, 4))
    outs = [tmp_path / "one.zip", tmp_path / "other.zip"]
    for out in outs:
        convert_results(path, out, options)
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_without_tables(tmp_path: Path) -> None:
    path, out = actions(tmp_path / "in.json", "verb_3 noun_299"), tmp_path / "out.json"
    convert_results(path, out, ConvertOptions(to="epic", levels=(0, 0, 5)))
    assert json.loads(out.read_text())["results"]["P01"][0]["action"] == "3,299"
    found = convert_results(out, None, ConvertOptions(part="verb"))
    assert len(found.classes) == 97 and found.classes[96] == "verb_96"
    assert found.detections.labels.tolist() == [3]


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (["take"], dict(levels=(1, 1, 1)), "class 'take' of 1 detection is none of EPIC-Kitchens"),
        (["take spoon"], {}, "declares its levels of supervision: give --sls"),
        (["take spoon"], dict(levels=(1, 1, 6)), r"must be three numbers 0 to 5, but got \(1, 1,"),
    ],
)
def test_refused(
    tmp_path: Path, table: Path, labels: list[str], options: dict, message: str
) -> None:
    path = actions(tmp_path / "in.json", *labels)
    with pytest.raises(ValueError, match=message):
        convert_results(
            path, tmp_path / "out.json", ConvertOptions(to="epic", official=table, **options)
        )
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (dict(version="0.1"), {}, "wrong field .*'version' must be '0.2', but is '0.1'"),
        (dict(challenge="action_recognition"), {}, "'challenge' must be 'action_detection'"),
        (dict(sls_pt=-1), {}, "'sls_pt' must be 0 to 5, but is -1"),
        ({}, dict(verb=97), "unknown label .*'verb': 97.* must be 0 to 96, 0 to 299 and"),
        ({}, dict(verb="0"), "unknown label"),
        ({}, dict(action="0,300"), "unknown label"),
        ({}, dict(action="0-1"), "unknown label"),
        ({}, dict(segment=[1]), "'segment' must be"),
        ({}, dict(score=float("nan")), "NaN or infinite"),
    ],
)
def test_what_the_server_refuses(tmp_path: Path, header: dict, row: dict, message: str) -> None:
    entry = dict(verb=0, noun=1, action="0,1", score=0.5, segment=[1, 2])
    levels = dict(sls_pt=1, sls_tl=1, sls_td=1)
    content = dict(version="0.2", challenge="action_detection", **levels) | header
    path = write(tmp_path / "in.json", dict(content, results={"P01": [{**entry, **row}]}))
    with pytest.raises(ValueError, match=f"(?s){message}"):
        convert_results(path, None, ConvertOptions(to="epic"))


def test_a_part_must_be_chosen(tmp_path: Path) -> None:
    entry = dict(verb=0, noun=1, action="0,1", score=0.5, segment=[1, 2])
    path = write(tmp_path / "in.json", dict(results={"P01": [entry]}))  # as OpenTAD evaluates it
    with pytest.raises(ValueError, match="holds verbs, nouns and actions in one: choose"):
        read_results(path, VERBS)
    with pytest.raises(ValueError, match="the part must be one of verb, noun, action, but got 'x'"):
        read_results(path, VERBS, part="x")


@pytest.mark.parametrize("results", [None, [], {"P01": 3}, {"P01": [3]}])
def test_other_layouts(tmp_path: Path, results: Any) -> None:
    content = dict(challenge="action_detection", results=results)
    with pytest.raises(
        ValueError, match=r"must hold an object 'results'|must be a list of objects"
    ):
        read_results(write(tmp_path / "in.json", content), VERBS, part="verb")
