"""Packs of runs: all that files say, packs say, and nothing changes them unnoticed."""

import gzip
import zipfile
from pathlib import Path

import pytest

from mmtal.experiments.leaderboard.measured import read_runs
from mmtal.experiments.leaderboard.record import (
    find_packs,
    find_records,
    list_pack,
    pack_runs,
    read_record,
    write_record,
)
from mmtal.experiments.leaderboard.regression import judge
from mmtal.experiments.leaderboard.table import build_tables
from mmtal.experiments.leaderboard.table_text import markdown_text
from mmtal.results.result_files import read_results
from mmtal.utils.reading import read_file
from tests.made_records import CLASSES, made_record, write_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two methods of two seeds, one of them in folds, with detections."""
    path = tmp_path / "records"
    for seed in (0, 1):
        write_run(path, "A", seed, 0.2)
        for fold in ("0", "1"):
            record = write_run(path, "B, small", seed, 0.4, fold=fold)
            detections = b'{"results": {"v": [{"segment": [1, 2], "label": "run", "score": 1}]}}'
            record.results_path(path).write_bytes(gzip.compress(detections, mtime=0))
    return path


def report(folder: Path) -> str:
    return markdown_text(build_tables(read_runs([folder]), []), {})


def content(folder: Path) -> dict[str, bytes]:
    """Every file of every run, wherever it lies."""
    found = {}
    for path in find_records(folder).values():
        record = read_record(path)
        for place in (path, record.matches_path(path.parent), record.results_path(path.parent)):
            try:
                found[place.name] = read_file(place)
            except FileNotFoundError:
                assert record.method == "A"
                assert place.name.endswith(".results.json.gz")
    return found


def test_packs_say_what_the_files_said(folder: Path) -> None:
    text, files, runs = report(folder), content(folder), read_runs([folder])
    names = sorted(path.name for path in folder.iterdir())
    packs = pack_runs(folder)
    assert sorted(packs.values()) == [2, 4]
    assert sorted(path.name.split(".")[0] for path in packs) == ["made-A", "made-B__small"]
    assert sorted(folder.iterdir()) == sorted(packs)
    assert sorted(name for path in packs for name in list_pack(path)) == names
    assert content(folder) == files
    assert [record for _, record in read_runs([folder])] == [record for _, record in runs]
    assert report(folder) == text
    verdicts = {one.verdict for one in judge(runs, read_runs([folder]))}
    assert verdicts == {"as before"}


def test_equal_runs_make_equal_packs(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / path.name).write_bytes(path.read_bytes())
    names = [path.name for path in pack_runs(folder)]
    assert [path.name for path in pack_runs(tmp_path / "copy")] == names


def test_later_runs_make_a_further_pack(folder: Path) -> None:
    before = {path: path.read_bytes() for path in pack_runs(folder)}
    assert pack_runs(folder) == {}
    write_run(folder, "A", 2, 0.2)
    [(path, number)] = pack_runs(folder).items()
    assert number == 1 and path.name.startswith("made-A.2.")
    assert {pack: pack.read_bytes() for pack in before} == before
    assert [seed.seed for _, seed in read_runs([folder]) if seed.method == "A"] == [0, 1, 2]
    assert list(find_packs(folder).values()) == [1, 1, 2]


def test_a_run_that_was_done_again_counts_as_it_is_now(folder: Path) -> None:
    pack_runs(folder)
    write_record(folder, made_record("A", 0, map_=0.125))

    def mean_ap() -> float:
        record = read_record(find_records(folder)["made-A-seed0"])
        return record.scores["made/up"]["metrics"]["mAP"]

    assert mean_ap() == 0.125
    pack_runs(folder)
    assert mean_ap() == 0.125 and len(find_records(folder)) == 6


def test_packing_again_after_an_interruption_packs_nothing_twice(folder: Path) -> None:
    files = {path: path.read_bytes() for path in folder.iterdir()}
    packs = pack_runs(folder)
    for path, data in files.items():  # were not deleted
        path.write_bytes(data)
    assert pack_runs(folder) == {}
    assert sorted(folder.iterdir()) == sorted(packs)


def test_detections_are_read_from_a_pack(folder: Path) -> None:
    pack_runs(folder)
    path = find_records(folder)["made-B__small-fold0-seed0"]
    table = read_results(read_record(path).results_path(path.parent), CLASSES)
    assert table.segments.tolist() == [[1, 2]] and table.labels.tolist() == [0]
    with pytest.raises(FileNotFoundError, match=r"zip/x\.json does not exist"):
        read_results(path.parent / "x.json", CLASSES)


@pytest.mark.parametrize("part", ["a byte", "the end", "all"])
def test_a_changed_pack_is_named(folder: Path, part: str) -> None:
    pack = next(iter(pack_runs(folder)))
    data = bytearray(pack.read_bytes())
    data[100] ^= 1
    pack.write_bytes({"a byte": bytes(data), "the end": data[:-1], "all": b""}[part])
    for use in (lambda: read_runs([folder]), lambda: pack_runs(folder)):
        with pytest.raises(
            ValueError, match=rf"{pack.name} is damaged or was changed: the SHA-256"
        ):
            use()


def test_what_is_no_pack_is_named(folder: Path) -> None:
    with zipfile.ZipFile(folder / "results.zip", "w") as archive:
        archive.writestr("x.json", "{}")
    with pytest.raises(ValueError, match=r"results\.zip must be a pack of runs, named TITLE"):
        read_runs([folder])


def test_two_packs_of_one_number_must_not_hold_the_same_run(folder: Path, tmp_path: Path) -> None:
    write_run(tmp_path / "other", "A", 0, 0.9)  # as two branches of a repository may
    pack_runs(folder)
    [pack] = pack_runs(tmp_path / "other")
    pack.rename(folder / pack.name)
    with pytest.raises(ValueError, match=r"made-A-seed0 is in .* packs of the same number"):
        read_runs([folder])
