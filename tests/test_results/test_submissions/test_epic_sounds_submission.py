"""Submissions to the EPIC-Sounds detection challenge."""

import json
import zipfile
from pathlib import Path

import pytest

from mmtal.evaluation.protocols import find_protocol
from mmtal.results.result_files import read_results
from mmtal.results.submissions.converting import ConvertOptions, convert_results
from mmtal.results.submissions.epic_sounds import CLASSES

HEADER = dict(
    version="0.1", challenge="audio_based_interaction_detection",
    sls_pt=2, sls_tl=3, sls_td=4, t_mod=0,
)  # fmt: skip
ROW = dict(interaction=4, score=0.5, segment=[1, 2.5])


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def results(path: Path, *labels: str) -> Path:
    rows = [dict(label=label, segment=[1, 2.5], score=0.5) for label in labels]
    return write(path, dict(results={"P01_101": rows}))


def test_classes_are_those_of_the_protocol() -> None:
    protocol = find_protocol("epic-sounds/challenge")
    assert len(set(CLASSES)) == len(CLASSES) == protocol.num_classes
    assert set(protocol.without_classes) < set(CLASSES)


def test_submission_and_back(tmp_path: Path) -> None:
    table = tmp_path / "EPIC_Sounds_detection_test_videos.csv"
    table.write_text("video_id\nP01_101\nP12_102\n")
    path, out = results(tmp_path / "in.json", "rustle", "drink / eat"), tmp_path / "out.zip"
    options = dict(to="epic-sounds", official=table, levels=(2, 3, 4), fix=["missing"])
    convert_results(path, out, ConvertOptions(**options, modality="audio-video"))
    with zipfile.ZipFile(out) as archive:
        content = json.loads(archive.read("test.json"))
    rows = [ROW, dict(ROW, interaction=43)]
    assert content == dict(HEADER, t_mod=2, results={"P01_101": rows, "P12_102": []})
    assert read_results(out, CLASSES).labels.tolist() == [4, 43]
    back = convert_results(out, tmp_path / "back.json", ConvertOptions())
    assert [back.classes[label] for label in back.detections.labels] == ["rustle", "drink / eat"]
    # Checked as a submission: nothing is wrong.
    convert_results(out, None, ConvertOptions(to="epic-sounds", official=table))


def test_numbers_and_opentads_names(tmp_path: Path) -> None:
    path, out = results(tmp_path / "in.json", "id_013"), tmp_path / "out.json"
    convert_results(path, out, ConvertOptions(to="epic-sounds", levels=(0, 0, 5)))
    assert json.loads(out.read_text())["results"]["P01_101"] == [dict(ROW, interaction=13)]


@pytest.mark.parametrize(
    ("label", "options", "message"),
    [
        ("whistle", dict(levels=(1, 1, 1)), "label 'whistle' is not a class"),
        ("rustle", {}, "an EPIC-Sounds submission declares its levels .* --sls"),
        ("rustle", dict(levels=(1, 1, 6)), "must be three numbers 0 to 5"),
        (
            "rustle",
            dict(levels=(1, 1, 1), modality="smell"),
            "modality must be one of audio, video",
        ),
    ],
)
def test_refused(tmp_path: Path, label: str, options: dict, message: str) -> None:
    path, out = results(tmp_path / "in.json", label), tmp_path / "out.json"
    with pytest.raises(ValueError, match=message):
        convert_results(path, out, ConvertOptions(to="epic-sounds", **options))
    assert not out.exists()


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (dict(version="0.2"), {}, "'version' must be '0.1', but is '0.2'"),
        (dict(challenge="action_detection"), {}, "'challenge' must be 'audio_based"),
        (dict(sls_td=None), {}, "'sls_td' must be 0 to 5, but is None"),
        (dict(t_mod=3), {}, "'t_mod' must be 0 to 2, but is 3"),
        ({}, dict(interaction=44), "unknown label .*'interaction' must be 0 to 43, but is 44"),
        ({}, dict(interaction="rustle"), "unknown label .*but is 'rustle'"),
        ({}, dict(segment=[1]), "'segment' must be"),
        ({}, dict(score=float("nan")), "NaN or infinite"),
    ],
)
def test_what_the_server_refuses(tmp_path: Path, header: dict, row: dict, message: str) -> None:
    content = HEADER | header | dict(results={"P01_101": [ROW | row]})
    path = write(tmp_path / "in.json", content)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        convert_results(path, None, ConvertOptions(to="epic-sounds"))
