"""Errors of events without duration go by distance."""

import json
from pathlib import Path

import pytest

from mmtal.cli.main import main
from mmtal.error_analysis import ErrorAnalysis, analyze_errors
from mmtal.error_analysis.errors import OUTCOMES, error_types, find_overlaps
from mmtal.error_analysis.findings import findings
from mmtal.results.instance_table import InstanceTable

TOLERANCES = [0.1, 0.2]
EVENTS = {"a": ([1.0, 5.0], [0, 1]), "b": ([2.0], [0])}


def analyze(time: float, label: int) -> ErrorAnalysis:
    """Of what is found at the first event, and at a time of recording a."""
    truth = {
        name: dict(segments=[[t, t] for t in times], labels=labels)
        for name, (times, labels) in EVENTS.items()
    }
    found = dict(segments=[[1.0, 1.0], [time, time]], labels=[0, label], scores=[0.9, 0.5])
    return analyze_errors(
        InstanceTable.from_videos(truth),
        InstanceTable.from_videos({"a": found}),
        classes=["up", "down"],
        tolerances=TOLERANCES,
    )


CASES = [
    (5.1, 1, ["true positive", "true positive"], "as far as the smallest tolerance"),
    (5.15, 1, ["true positive", "localization"], "between the tolerances"),
    (5.39, 1, ["localization", "localization"], "within twice the largest"),
    (5.41, 1, ["background", "background"], "beyond it"),
    (5.1, 0, ["wrong label", "wrong label"], "another class"),
    (5.15, 0, ["wrong label", "confusion"], "another class, further off"),
    (1.1, 0, ["double detection", "double detection"], "found already"),
]


@pytest.mark.parametrize(("time", "label", "outcomes", "why"), CASES, ids=[c[-1] for c in CASES])
def test_kinds_of_errors(time: float, label: int, outcomes: list[str], why: str) -> None:
    analysis = analyze(time, label)
    kinds = error_types(analysis.matches, find_overlaps(analysis.matches))
    row = analysis.matches.rows.tolist().index(1)
    assert [OUTCOMES[kind] for kind in kinds[:, row]] == outcomes
    assert analysis.thresholds == ["0.2 s", "0.1 s"]
    assert analysis.scores[0] == pytest.approx(analysis.stamp["metrics"]["mAP"], abs=1e-12)


def test_words_and_characteristics_are_those_of_events() -> None:
    analysis = analyze(5.15, 1)
    names = [part.characteristic.name for part in analysis.sensitivity]
    assert names == ["instances", "next event"]
    values = analysis.sensitivity[1].characteristic.values.tolist()
    assert values[:2] == [4, 4] and analysis.sensitivity[1].characteristic.unknown == 1
    text = " ".join(findings(analysis))
    assert "average over 2 tolerances, 0.2 s to 0.1 s" in text
    assert "perfect times" in text and "boundaries" not in text and "tIoU" not in text


def test_the_command_wants_to_know_tolerances(tmp_path: Path, capsys) -> None:
    annotations = [dict(label="up", time=1.0), dict(label="down", time=5.0)]
    entry = dict(subset="test", duration=9.0, annotations=annotations)
    (tmp_path / "ann.json").write_text(json.dumps({"database": {"a": entry}}))
    found = [dict(label="up", segment=[1.05, 1.05], score=0.9)]
    (tmp_path / "found.json").write_text(json.dumps({"results": {"a": found}}))
    command = ["explain", str(tmp_path / "found.json"), "--ann", str(tmp_path / "ann.json")]
    for wrong, message in (
        ([], "mmtal explain take --tolerance"),
        (["--tolerance", "0"], "tolerances must be > 0"),
        (["--tolerance", "0.2", "0.1"], "tolerances must be rising numbers"),
        (["--tolerance", "0.1", "--tiou", "0.5"], "not both"),
    ):
        with pytest.raises(SystemExit):
            main([*command, *wrong])
        assert message in capsys.readouterr().err
    main([*command, "--tolerance", "0.1", "0.2"])
    assert "tolerance" in capsys.readouterr().out
    page = (tmp_path / "found_errors" / "report.html").read_text()
    assert "Further: background" in page and "tIoU" not in page.partition("<body")[2]
