"""Rows, cells, and what is said to be missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmtal.experiments.leaderboard.matches import pool, read_matches
from mmtal.experiments.leaderboard.measured import measure, read_runs
from mmtal.experiments.leaderboard.published import PublishedFigure
from mmtal.experiments.leaderboard.record import write_record
from mmtal.experiments.leaderboard.spec import Folds, Row
from mmtal.experiments.leaderboard.table import Table, TableRow, build_tables
from tests.made_records import made_record, published_figure, write_run

KEY = ("made", "made/up", "A")


def planned(method: str, seeds: tuple[int, ...], **fields) -> Row:
    return Row(
        benchmark="made", method=method, config="c", data=Path("."), protocols=("made/up",),
        seeds=seeds, **fields,
    )  # fmt: skip


def only_row(table: Table, method: str) -> TableRow:
    (row,) = [row for row in table.rows if row.method == method]
    return row


def records(folder: Path, *made) -> list:
    for record in made:
        write_record(folder, record)
    return read_runs([folder])


def test_seeds_are_gathered_and_rows_sorted(tmp_path: Path) -> None:
    runs = records(
        tmp_path, *(made_record("A", s, map_=0.4 + 0.1 * s) for s in (2, 0, 1)),
        made_record("B", 0, map_=0.9),
    )  # fmt: skip
    (table,) = build_tables(runs, [published_figure()])
    assert [row.method for row in table.rows] == ["B", "A", "P, F"]
    assert only_row(table, "A").values("mAP") == pytest.approx((0.4, 0.5, 0.6))
    assert only_row(table, "P, F").values("mAP") == (0.5,)
    assert only_row(table, "P, F").values("mAP@0.50") == ()
    assert table.columns == ("mAP@0.30", "mAP@0.50", "mAP@0.70", "mAP")
    assert (table.title, table.main_metric, table.differences) == ("made/up", "mAP", ())
    assert "records without *.matches.npz beside them" in only_row(table, "A").missing[0]


def test_many_thresholds_show_those_that_somebody_published(tmp_path: Path) -> None:
    record = made_record(map_=0.5)
    stamp = dict(record.scores["made/up"])
    stamp["metrics"] = {f"mAP@{t:.2f}": 0.1 for t in np.arange(0.5, 1, 0.05)} | {"mAP": 0.1}
    stamp["metrics"] |= {"recall@1x@0.50": 0.2, "recall@5x@0.50": 0.3}
    runs = records(tmp_path, replace(record, scores={"made/up": stamp}))
    figure = published_figure(metrics={"mAP@0.50": 0.2, "mAP@0.95": 0.1, "recall@1x@0.50": 0.3})
    (table,) = build_tables(runs, [figure])
    assert table.columns == ("mAP@0.50", "mAP@0.95", "mAP", "recall@1x@0.50")


def test_folds_are_pooled_and_averaged(tmp_path: Path) -> None:
    for seed in (0, 1):
        for fold in ("0", "1", "10"):
            write_run(tmp_path, "A", seed, 0.3, fold=fold)
    runs = read_runs([tmp_path])
    pooled, averaged = measure(KEY, runs)
    assert (pooled.how, averaged.how) == ("3 folds pooled", "3 folds averaged")
    assert pooled.seeds == averaged.seeds == (0, 1)
    for seed in (0, 1):
        own = [run.matches_path(tmp_path) for _, run in runs if run.seed == seed]
        together = pool([read_matches(path, "made/up") for path in own])
        assert pooled.metrics["mAP"][seed] == pytest.approx(together.figures()["mAP"][0])
        parts = [r.scores["made/up"]["metrics"]["mAP_N"] for _, r in runs if r.seed == seed]
        assert averaged.metrics["mAP_N"][seed] == pytest.approx(np.mean(parts))
    mean = np.mean([list(ap) for ap in pooled.ap_per_class.values()])
    assert mean == pytest.approx(np.mean(pooled.metrics["mAP"]))
    (table,) = build_tables(runs, [])
    assert [row.measured.how for row in table.rows] == [pooled.how, averaged.how]
    assert not table.differences


def test_a_seed_without_all_folds_is_left_out_and_named(tmp_path: Path) -> None:
    for seed, fold in [(0, "0"), (0, "1"), (1, "0")]:
        write_run(tmp_path, "A", seed, 0.3, fold=fold)
    (table,) = build_tables(read_runs([tmp_path]), [])
    for row in table.rows:
        assert row.measured and row.measured.seeds == (0,)
        assert row.missing == ("seed 1 is left out: 1 fold missing, such as made-A-fold1-seed1",)


def test_methods_with_matches_are_compared(tmp_path: Path) -> None:
    for seed in range(3):
        write_run(tmp_path, "good", seed, 0.1)
        write_run(tmp_path, "bad", 10 + seed, 0.6)
    (table,) = build_tables(read_runs([tmp_path]), [])
    (found,) = table.differences
    assert (found.first, found.second, found.num_recordings) == ("good", "bad", 8)
    means = [np.mean(row.values("mAP")) for row in table.rows]
    assert found.value == pytest.approx(means[0] - means[1])


def test_matches_of_another_run_are_refused(tmp_path: Path) -> None:
    first, second = (write_run(tmp_path, "A", seed, 0.3) for seed in (0, 1))
    first.matches_path(tmp_path).write_bytes(second.matches_path(tmp_path).read_bytes())
    with pytest.raises(ValueError, match=r"made-A-seed0\.matches\.npz is not of its record: mAP"):
        build_tables(read_runs([tmp_path]), [])
    first.matches_path(tmp_path).write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"made-A-seed0\.matches\.npz holds no matches"):
        build_tables(read_runs([tmp_path]), [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"config_text": "{}"}, "made-A-seed0 and made-A-seed1 have different configs"),
        ({"fold": "3"}, "some runs have a fold and some have none"),
        ({"data": {}}, ""),  # features may lie elsewhere
    ],
)
def test_what_cannot_be_one_row(tmp_path: Path, change: dict, message: str) -> None:
    made = [made_record("A", 0, map_=0.5), replace(made_record("A", 1, map_=0.5), **change)]
    runs = records(tmp_path, *made)
    if not message:
        assert len(build_tables(runs, [])) == 1
        return
    with pytest.raises(ValueError, match=message):
        build_tables(runs, [])


def test_other_recordings_cannot_be_averaged(tmp_path: Path) -> None:
    other = made_record("A", 1, map_=0.5)
    stamp = {**other.scores["made/up"], "video_list_sha256": "another"}
    runs = records(
        tmp_path, made_record("A", 0, map_=0.5), replace(other, scores={"made/up": stamp})
    )
    with pytest.raises(ValueError, match="different recordings"):
        build_tables(runs, [])


def test_a_run_in_two_folders(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_record(tmp_path / name, made_record("A", 0, map_=0.5))
    with pytest.raises(ValueError, match=r"made-A-seed0 is recorded in .*one and in .*two"):
        read_runs([tmp_path / "one", tmp_path / "two"])


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("figure", "missing"),
    [
        (published_figure("A"), ""),  # the record has the method's name
        (published_figure("X", config="configs/made/config.py"), ""),  # or names its config
        (published_figure("X", config="projects/p/made/config.py"), ""),
        (published_figure("X", config="configs/actionformer/y.py"), "configs/actionformer/y.py"),
        (published_figure("X", config="configs/actionformer/y.py"), "features F from a shop"),
        (published_figure("X"), "no such recipe"),
    ],
)
def test_published_without_a_record(tmp_path: Path, figure: PublishedFigure, missing: str) -> None:
    (table,) = build_tables(records(tmp_path, made_record("A", 0, map_=0.5)), [figure])
    (row,) = [row for row in table.rows if row.published]
    assert missing in "".join(row.missing)
    assert bool(missing) == bool(row.missing)


def test_published_figures_are_not_beside_a_part_of_the_data(tmp_path: Path) -> None:
    """Those of all recordings belong to the benchmark itself, if it has a table."""
    whole, part = made_record("A", 0, map_=0.5), made_record("A", 0, map_=0.9)
    part = replace(part, benchmark="made, five people")
    ours, of_part = build_tables(records(tmp_path, whole, part), [published_figure()])
    assert [row.method for row in ours.rows] == ["A", "P, F"]
    assert [row.method for row in of_part.rows] == ["A"]
    (alone,) = build_tables(records(tmp_path / "alone", part), [published_figure()])
    assert [row.method for row in alone.rows] == ["A", "P, F"]


def test_nothing_but_published() -> None:
    (table,) = build_tables([], [published_figure(), published_figure("Q", metrics={"mAP": 0.9})])
    assert [row.method for row in table.rows] == ["Q, F", "P, F"]
    assert (table.benchmark, table.columns) == ("made", ("mAP@0.30", "mAP"))


def test_planned_runs(tmp_path: Path) -> None:
    made = [made_record("A", seed, map_=0.5) for seed in (0, 1)]
    runs = records(tmp_path, *made, made_record("D", 0, map_=0.1))
    spec = [planned("A", (0, 1, 2, 3, 4)), planned("B", (0,)), planned("D", (0,))]
    spec.append(planned("C, x", (0, 1), folds=Folds(names=("0", "1"))))
    (table,) = build_tables(runs, [], [("s.yaml", row) for row in spec])
    missing = {row.method: [note for note in row.missing if "run" in note] for row in table.rows}
    command = "mmtal leaderboard run s.yaml --only"
    assert missing["A"] == [f"2 of 5 seeds run: {command} 'made-A-*'"]
    assert missing["B"] == [f"none of 1 run is there: {command} 'made-B-*'"]
    assert missing["C, x"] == [f"none of 4 runs is there: {command} 'made-C__x-*'"]
    assert missing["D"] == []
    assert [row.method for row in table.rows] == ["A", "D", "B", "C, x"]  # empty ones last


def test_a_protocol_that_a_method_was_not_evaluated_under(tmp_path: Path) -> None:
    two = made_record("A", 0, map_=0.5)
    two = replace(two, scores={**two.scores, "made/other": two.scores["made/up"]})
    runs = records(tmp_path, two, made_record("B", 0, map_=0.5))
    other, up = build_tables(runs, [])
    assert (other.protocol, up.protocol) == ("made/other", "made/up")
    (note,) = only_row(other, "B").missing
    assert "evaluated under made/up only" in note
    assert "made-B-seed0.results.json.gz --protocol made/other" in note


def test_what_has_no_classes_is_only_among_proposals(tmp_path: Path) -> None:
    one = made_record("A", 0, map_=0.5)
    where = replace(one, method="B", scores={"activitynet13/proposals": one.scores["made/up"]})
    proposals, up = build_tables(records(tmp_path, one, where), [])
    assert (proposals.protocol, up.protocol) == ("activitynet13/proposals", "made/up")
    assert [row.method for row in up.rows] == ["A"]
    assert [row.method for row in proposals.rows] == ["B", "A"]
    (note,) = only_row(proposals, "A").missing
    assert note.endswith("--protocol activitynet13/proposals")


def test_one_fold_is_not_what_a_protocol_is_about(tmp_path: Path) -> None:
    folds = [made_record("A", 0, map_=0.5, fold=name) for name in ("x", "y")]
    where = [
        replace(
            fold,
            method="B",
            scores={
                "activitynet13/proposals": dict(
                    fold.scores["made/up"], metrics=dict(AUC=0.5), main_metric="AUC", num_videos=2
                )
            },
        )
        for fold in folds
    ]
    proposals, _ = build_tables(records(tmp_path, *folds, *where), [])
    (note,) = only_row(proposals, "A").missing
    assert note.endswith(
        "with activitynet13/proposals among the row's protocols, mmtal leaderboard run SPEC.yaml "
        "evaluates them"
    )
    (remark,) = only_row(proposals, "B").missing
    assert remark == "4 of the protocol's 4,926 recordings only", "nothing about matches"
