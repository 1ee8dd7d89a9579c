"""Files of events without duration are verified, fixed and described as such."""

import json

import pytest

from mmtal.preparation.verification import fix, verify_config


def events(own, *times, **others):
    for name, entry in own.database.items():
        entry["annotations"] = [
            dict(label="step", label_id=0, time=time) for time in others.get(name, times)
        ]
    return own


def test_statistics_are_of_events(own):
    report = events(own, 1.0, 3.0, 8.0).verify()
    assert report.findings == []
    split = report.statistics["splits"]["training"]
    assert split["instances"] == 12 and split["durations"] is None
    assert [split["event_gaps"][key] for key in ("min", "max")] == [2, 5]
    assert split["background_share"] is None
    assert "to the next event of its class (s)" in report.format()


@pytest.mark.parametrize(
    ("time", "fixed", "change"),
    [
        (30.2, 30.0, "time clipped"),  # less than a frame, of 0.25 s
        (-0.1, 0.0, "time clipped"),
        (30.3, None, "instance removed"),
        (3.0005, None, "instance removed"),  # repeats the first
        (float("nan"), None, "instance removed"),
        (29.0, 29.0, None),
    ],
)
def test_fixed_are_events(own, time, fixed, change):
    out = own.root / "clean.json"
    counts = fix(events(own, 3.0, r0=(3.0, time)).verify(), out)
    assert counts == ({change: 1} if change else {})
    kept = json.loads(out.read_text())["database"]["r0"]["annotations"]
    times = [3.0] if fixed is None else [3.0, fixed]
    assert kept == [dict(label="step", label_id=0, time=t) for t in times]


def test_fixed_segments_leave_events_alone(own):
    own.database["r0"]["annotations"] += [
        dict(label="hop", label_id=2, time=4.0),
        dict(label="run", label_id=0, segment=[9.0, 9.0]),
    ]
    out = own.root / "clean.json"
    assert fix(own.verify(), out) == {"instance removed": 1}
    kept = json.loads(out.read_text())["database"]["r0"]["annotations"]
    assert [i.get("time") for i in kept] == [None, None, 4.0]


def test_a_config_says_whether_events_are_learned(own):
    for entry in own.database.values():
        entry["annotations"].append(dict(label="hop", time=4.0))
    dataset = dict(
        type="TemporalDataset", ann_file=str(own.write()), features=str(own.features),
        subset="training", feature_stride=2, snippet_frames=2,
        pipeline=[dict(type="LoadFeatures"), dict(type="PackInputs")],
    )  # fmt: skip
    config = dict(train_dataloader=dict(dataset=dataset))
    assert verify_config(config).counts() == {"event without duration": 1}
    dataset["point_width"] = 1.0
    report = verify_config(config)
    assert report.counts() == {"segments left out": 1}
    assert report.findings[0].value == "12 segments"
    assert list(report.statistics["classes"]) == ["hop"]
