"""The whole analysis: files in, page and numbers out."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mmtal.error_analysis import ErrorAnalysis, analyze_errors
from mmtal.error_analysis.findings import findings
from mmtal.error_analysis.report import (
    FIGURES,
    REPORT,
    check_output_folder,
    summary,
    whole_folder,
    write_report,
)
from mmtal.results.instance_table import InstanceTable

CLASSES = ["jump", "<b>run</b>", "costs $5 & $6", "never"]


def analyze(detections: dict, **options: object) -> ErrorAnalysis:
    truth = {
        "a/1": dict(segments=[[0, 10], [0, 10], [20, 30]], labels=[0, 0, 1]),  # one repetition
        "<b>": dict(segments=[[5, 9]], labels=[2]),
        "c": dict(segments=[], labels=[]),
    }
    return analyze_errors(
        InstanceTable.from_videos(truth),
        InstanceTable.from_videos(detections),
        classes=CLASSES,
        **options,  # type: ignore[arg-type]
    )


SOME = {
    "a/1": dict(segments=[[0, 10], [20, 26], [40, 50]], labels=[0, 1, 1], scores=[0.9, 0.8, 0.7]),
    "<b>": dict(segments=[[5, 9], [5, 9]], labels=[1, 3], scores=[0.9, 0.5]),
    "z": dict(segments=[[0, 1]], labels=[0], scores=[0.1]),
}
PERFECT = {
    "a/1": dict(segments=[[0, 10], [20, 30]], labels=[0, 1], scores=[1, 1]),
    "<b>": dict(segments=[[5, 9]], labels=[2], scores=[1]),
}


def test_plain_map_is_that_of_the_evaluation() -> None:
    analysis = analyze(SOME)
    assert analysis.scores[0] == pytest.approx(analysis.stamp["metrics"]["mAP"])
    assert analysis.map_n.mean() == pytest.approx(analysis.scores[1])
    assert analysis.stamp["duplicates_dropped"] == 1
    assert len(analysis.matches.truth) == 3
    assert analysis.ignored == 1  # "never"
    assert analysis.unknown == ["coverage"]
    assert analysis.curve_tiou == 0.5


def test_annotated_rows_follow_the_instances() -> None:
    analysis = analyze(SOME, annotated={"context size": np.array([1.0, 2.0, 3.0, 4.0])})
    (part,) = (p for p in analysis.sensitivity if p.characteristic.name == "context size")
    assert part.characteristic.values.tolist() == [1, 3, 4]  # without the repetition


@pytest.mark.parametrize(
    ("detections", "expected"),
    [
        (
            SOME,
            ["mAP is ", "The most would be gained by", "The most frequent error among", "missed"],
        ),
        (
            PERFECT,
            ["mAP is 100.0 %", "No single perfect part", "is wrong", "No instance is missed"],
        ),
        ({}, ["mAP is 0.0 %", "The most would be gained by finding what is not seen: 100.0"]),
    ],
    ids=["some", "perfect", "none"],
)
def test_findings(detections: dict, expected: list[str]) -> None:
    text = "\n".join(findings(analyze(detections)))
    for part in expected:
        assert part in text
    assert "nan" not in text


def test_findings_name_the_cause() -> None:
    shifted = {"a/1": dict(segments=[[4, 14], [24, 34]], labels=[0, 1], scores=[0.9, 0.9])}
    text = "\n".join(findings(analyze(shifted, tiou_thresholds=[0.5])))
    assert "gained by perfect boundaries: 66.7 points" in text
    assert "instances of the class) is localization (100.0 % of the errors)" in text


def test_no_threshold_is_advised_where_nothing_is_right() -> None:
    wrong = {"a/1": dict(segments=[[50, 60]], labels=[0], scores=[0.9])}
    analysis = analyze(wrong)
    text = "\n".join(findings(analysis))
    assert "No detection is right at tIoU 0.50, whatever the score threshold" in text
    assert "is best" not in text and "nan" not in text


class Page(HTMLParser):
    """Names, links and tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.ids.add(values.get("id", ""))
        if tag == "a":
            self.links.append(values.get("href", ""))


@pytest.mark.parametrize("detections", [SOME, PERFECT, {}], ids=["some", "perfect", "none"])
def test_numbers_are_json_and_figures_can_be_made(detections: dict) -> None:
    analysis = analyze(detections)
    content = json.loads(json.dumps(summary(analysis), allow_nan=False))
    assert content["findings"] == findings(analysis)
    assert content["average_mAP"] == pytest.approx(content["evaluation"]["metrics"]["mAP"])
    for draw in FIGURES.values():
        assert draw(analysis).axes


@pytest.mark.slow
def test_report(tmp_path: Path) -> None:
    out = tmp_path / "new" / "report"
    write_report(analyze(SOME, durations={"a/1": 60.0}), out, title="<Errors>")
    assert [p.name for p in tmp_path.joinpath("new").iterdir()] == ["report"]  # nothing beside it
    content = json.loads((out / "report.json").read_text())
    assert content["average_mAP"] == pytest.approx(content["evaluation"]["metrics"]["mAP"])
    assert content["false_positives"]["outcomes"][0] == "true positive"
    assert content["confusion"]["rows"] == ["jump", "<b>run</b>", "costs $5 & $6", "(background)"]
    assert len(list((out / "figures").glob("*.png"))) == 7
    assert sorted(p.name for p in (out / "recordings").iterdir()) == [
        "01_%3Cb%3E.png",
        "02_a%2F1.png",
    ]
    text = (out / "report.html").read_text()
    page = Page(text)
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert {"recording-1", "recording-2", "impact"} <= inside <= page.ids
    assert not [link for link in page.links if not link.startswith("#")]
    assert "b" not in page.tags and page.tags.count("h1") == 1
    assert page.tags.count("svg") == 7 + 2
    for title in ("False positives", "Worst recordings", "DETAD"):
        assert title in text


@pytest.mark.slow
def test_report_without_errors(tmp_path: Path) -> None:
    write_report(analyze(PERFECT), tmp_path / "report", title="x")
    assert "No recording has an error" in (tmp_path / "report/report.html").read_text()
    assert not (tmp_path / "report/recordings").exists()


def test_no_ground_truth() -> None:
    nothing = InstanceTable.from_videos({"a": dict(segments=[], labels=[])})
    with pytest.raises(ValueError, match="at least one instance"):
        analyze_errors(nothing, nothing, classes=[])


# ---------------------------------------------------------------- the folder


def fill(folder: Path, text: str) -> None:
    with whole_folder(folder) as new:
        (new / REPORT).write_text(text)


def test_folder_appears_whole_and_is_replaced(tmp_path: Path) -> None:
    for text in ("first", "second"):
        fill(tmp_path / "x" / "out", text)
        assert (tmp_path / "x/out" / REPORT).read_text() == text
    assert len(list((tmp_path / "x").iterdir())) == 1


def test_folder_stays_as_it_was_when_the_work_fails(tmp_path: Path) -> None:
    fill(tmp_path / "out", "first")

    def fail() -> None:
        with whole_folder(tmp_path / "out") as new:
            (new / REPORT).write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (tmp_path / "out" / REPORT).read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_nothing_else_is_overwritten(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / "mine").write_text("")
    with pytest.raises(ValueError, match=r"name a new folder, or remove it"):
        check_output_folder(out)
    assert out.is_file() or [p.name for p in out.iterdir()] == ["mine"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out", "x")
    assert (tmp_path / "out" / REPORT).is_file()
