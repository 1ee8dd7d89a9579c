"""Names of protocols, and what every one of them has."""

import re
from pathlib import Path

import pytest

from mmtal.evaluation.protocols import (
    EvaluationProtocol,
    choose_protocol,
    find_protocol,
    protocol_names,
    read_protocol_truth,
)
from mmtal.evaluation.thresholds import tiou_grid
from mmtal.results.result_files import video_list_sha256

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", protocol_names())
def test_every_protocol_is_whole(name: str) -> None:
    protocol = find_protocol(name)
    assert protocol.name == name and re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name)
    assert protocol.description.endswith((".", ".)")) and protocol.source and protocol.obtain
    assert protocol.excluded_ids.isdisjoint(protocol.video_ids or ())
    number = re.search(r"-(\d+)$", name)  # as in available-4728
    if number:
        assert len(protocol.video_ids or ()) == int(number[1])


@pytest.mark.parametrize(
    ("name", "thresholds"),
    [
        ("thumos14/official-212", [0.3, 0.39999999999999997, 0.5, 0.6, 0.7]),  # NumPy's linspace
        ("thumos14/opentad-211", [0.3, 0.4, 0.5, 0.6, 0.7]),
        ("epic100/official", [0.1, 0.2, 0.30000000000000004, 0.4, 0.5]),
        ("multithumos/corrected-212", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        (
            "activitynet13/full",
            [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95],
        ),
    ],
)
def test_thresholds(name: str, thresholds: list[float]) -> None:
    assert tiou_grid(find_protocol(name).tiou_thresholds).tolist() == thresholds


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("thumos14/212", "did you mean thumos14/official-212 or thumos14/opentad-211"),
        ("thums14/official-212", "did you mean thumos14/official-212"),
        ("?", "there are thumos14/official-212, thumos14/opentad-211, activitynet13/full"),
    ],
)
def test_unknown_name(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"no protocol '{re.escape(name)}'; {hint}"):
        find_protocol(name)


def test_choice() -> None:
    assert choose_protocol("hapt/demo", {"recall_at": None}) is find_protocol("hapt/demo")
    own = choose_protocol(None, {"tiou_thresholds": [0.5], "label_handling": None})
    assert own == EvaluationProtocol(tiou_thresholds=[0.5])


def test_missing_annotation_file_says_where_to_get_it(tmp_path: Path) -> None:
    for name, source in (
        ("hacs/challenge", "HACS-dataset"),
        ("ego4d-mq/official", "ego4d-data.org"),
        ("fineaction/opentad", "Richard-61/FineAction"),
        ("epic100/corrected", "epic-kitchens-100-annotations"),
    ):
        with pytest.raises(FileNotFoundError, match=f"{source}.*--ann"):
            read_protocol_truth(find_protocol(name), tmp_path / "missing.json")


def test_embedded_data() -> None:
    protocol = find_protocol("hapt/demo")
    truth, classes = read_protocol_truth(protocol, ROOT / protocol.annotations)
    stamp = protocol.evaluate(truth, truth, classes)
    assert stamp["metrics"]["mAP"] == 1.0 and stamp["missing_videos"] == 0


def test_the_table_of_the_docs_is_true() -> None:
    text = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    rows = {row[0].strip("`"): row[1:] for row in _table_rows(text)}
    for name in protocol_names():
        if name.startswith("epic100/") and "-" in name:
            continue  # the text says that they are as epic100/official and so on
        protocol = find_protocol(name)
        if protocol.points is not None:
            first, last = protocol.points.tolerances[0], protocol.points.tolerances[-1]
            number, tolerances, _ = rows[name]
            assert number == str(protocol.num_classes)
            assert tolerances.startswith(f"{first:g} to {last:g} {protocol.points.unit}")
            continue
        rules = protocol.frames
        if rules is not None:
            listed = f"{protocol.published_videos} in {len(rules.splits)} splits"
            facts = [listed, protocol.num_classes, f"{rules.frames_per_second:g}", rules.mean_over]
            assert rows[name] == list(map(str, facts))
            continue
        videos, tiou, duplicates, labels, decimals, _ = rows[name]
        if protocol.video_ids is not None:
            hash_ = video_list_sha256(protocol.video_ids)[:8]
            assert videos == f"{len(protocol.video_ids)} `{hash_}`"
        thresholds = tiou_grid(protocol.tiou_thresholds)
        assert tiou.startswith(f"{thresholds[0]:g} to {thresholds[-1]:g} ")
        assert (duplicates, labels) == (protocol.duplicates, protocol.label_handling)
        assert decimals == ("2 / 4" if protocol.decimals else "-")


def _table_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [
        row
        for row in ([c.strip() for c in li.split("|")[1:-1]] for li in lines)
        if len(row) in (4, 5, 7)
    ]


def test_class_numbers_of_epic_kitchens() -> None:
    """293 of 300 nouns occur, and OpenTAD has those alone."""
    videos = find_protocol("epic100/noun-opentad").video_ids or ()
    fits = {
        name: [find_protocol(name).is_about(videos, ["c"] * number) for number in (97, 293, 300)]
        for name in ("epic100/official", "epic100/verb-opentad", "epic100/noun-official")
    }
    assert fits == {
        "epic100/official": [True, True, True],
        "epic100/verb-opentad": [True, False, False],
        "epic100/noun-official": [False, False, True],
    }
    assert find_protocol("epic100/noun-opentad").is_about(videos, ["c"] * 293)
