"""Results of action spotting: points in time."""

import json
import zipfile
from pathlib import Path

import pytest

from mmtal.results.result_files import read_results
from mmtal.results.submissions.converting import ConvertOptions, convert_results

CLASSES = ["Goal", "Corner"]


def game(name: str, rows: list[tuple[int, str, int, str]]) -> dict:
    return {
        "UrlLocal": name,
        "predictions": [
            dict(gameTime="", label=label, position=str(ms), half=str(half), confidence=score)
            for half, label, ms, score in rows
        ],
    }


ONE = game("cup/one", [(1, "Goal", 61_500, "0.25"), (2, "Corner", 0, "0.5")])


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_a_game(tmp_path: Path) -> None:
    found = read_results(write(tmp_path / "results_spotting.json", ONE), CLASSES)
    assert found.video_ids == ("cup/one/1", "cup/one/2")
    assert [row[1:] for row in found.rows()] == [([61.5, 61.5], 0, 0.25), ([0.0, 0.0], 1, 0.5)]


def test_several_games_in_a_folder_or_an_archive(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / "all/cup" / name / "results_spotting.json", game(f"cup/{name}", []))
    names = {f"cup/{name}/{half}" for name in ("one", "two") for half in (1, 2)}
    assert set(read_results(tmp_path / "all", CLASSES).video_ids) == names
    convert_results(tmp_path / "all", tmp_path / "out.zip", ConvertOptions(to="soccernet"))
    assert set(read_results(tmp_path / "out.zip", CLASSES).video_ids) == names
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == [f"cup/{n}/results_spotting.json" for n in ("one", "two")]
    with pytest.raises(ValueError, match=r"of 2 games.*ends in \.zip, but got .*out\.json"):
        convert_results(tmp_path / "all", tmp_path / "out.json", ConvertOptions(to="soccernet"))


def test_there_and_back(tmp_path: Path) -> None:
    file = write(tmp_path / "results_spotting.json", ONE)
    convert_results(file, tmp_path / "own.json", ConvertOptions(to="results"))
    convert_results(tmp_path / "own.json", tmp_path / "back.json", ConvertOptions(to="soccernet"))
    back = json.loads((tmp_path / "back.json").read_text())
    times = [row.pop("gameTime") for row in back["predictions"]]
    for row in ONE["predictions"]:
        row.pop("gameTime", None)
    assert back == ONE and times == ["1 - 01:01", "2 - 00:00"]


def test_recordings_that_are_no_halves(tmp_path: Path) -> None:
    row = dict(label="Goal", time=1.5, score=0.5)
    file = write(tmp_path / "r.json", dict(results=dict(game=[row])))
    with pytest.raises(ValueError, match="recording 'game' must be a half of a game"):
        convert_results(file, tmp_path / "o.json", ConvertOptions(to="soccernet"))


@pytest.mark.parametrize(
    ("fps", "time"), [(25.0, 2.0), (-1, 50), (None, 50)], ids=["fps", "unknown fps", "no fps"]
)
def test_e2e_spot(tmp_path: Path, fps: float | None, time: float) -> None:
    video = dict(video="v", events=[dict(label="Goal", frame=50, score=0.5)])
    content = [video if fps is None else video | dict(fps=fps), dict(video="w", events=[])]
    found = read_results(write(tmp_path / "pred.json", content), CLASSES)
    assert found.video_ids == ("v", "w") and found.segments.tolist() == [[time, time]]


def test_times_in_results_of_ours(tmp_path: Path) -> None:
    row = dict(label="Goal", time=1.5, score=0.5)
    found = read_results(write(tmp_path / "r.json", dict(results=dict(v=[row]))), CLASSES)
    assert found.segments.tolist() == [[1.5, 1.5]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(position="soon"), r"'segment' must be .* but got \['soon', 'soon'\]"),
        (dict(confidence=None), "'score' must be a number, but got None"),
        (dict(label="Handball"), "label 'Handball' is not a class"),
    ],
)
def test_bad_rows(tmp_path: Path, change: dict, message: str) -> None:
    content = game("cup/one", [(1, "Goal", 100, "0.5")])
    content["predictions"][0] |= change
    with pytest.raises(ValueError, match=message):
        read_results(write(tmp_path / "results_spotting.json", content), CLASSES)
