"""Exports of Label Studio, VIA and ELAN."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from importer_helpers import instances
from valid_contents import TASKS
from valid_files import SHORT_TASKS

VIDEO = [
    {
        "id": 7,
        "file_upload": "ab12cd34-clip_0.mp4",
        "data": {"video": "/data/upload/3/ab12cd34-clip_0.mp4"},
        "annotations": [
            {
                "id": 1,
                "was_cancelled": False,
                "ground_truth": False,
                "result": [
                    {
                        "id": "x",
                        "type": "timelinelabels",
                        "from_name": "actions",
                        "to_name": "video",
                        "value": {"ranges": [{"start": 1, "end": 50}], "timelinelabels": ["run"]},
                    },
                    {"id": "c", "type": "choices", "from_name": "ok", "value": {"choices": ["y"]}},
                ],
            },
            {"id": 2, "was_cancelled": True, "result": []},
        ],
    },
    {"id": 8, "data": {"video": "s3://bucket/clip%201.mp4?sign=1"}, "annotations": []},
]


def series(start: object, end: object, *, instant: bool = False) -> list:
    value = dict(start=start, end=end, instant=instant, timeserieslabels=["walk"])
    item = dict(type="timeserieslabels", from_name="label", to_name="ts", value=value)
    data = dict(csv="walks/person_1.csv", person="p1")
    return [dict(id=1, data=data, annotations=[dict(result=[item])])]


def changed(content: list, change: Callable) -> list:
    content = copy.deepcopy(content)
    change(content)
    return content


def test_label_studio_timeline(load: Callable, write: Callable) -> None:
    imported = load(write("export.json", VIDEO), fps=25)
    assert imported.formats == ("label-studio",)
    assert list(imported.database) == ["clip_0", "clip 1"]
    # frames 1 to 50, both in it: the first two seconds
    assert instances(imported, "clip_0") == [("run", 0.0, 2.0)]
    assert imported.dropped == {"canceled annotation": 1}


def test_label_studio_short_form(load: Callable, write: Callable) -> None:
    imported = load(write("min.json", SHORT_TASKS), fps=25)
    assert instances(imported, "clip_0") == [("run", 0.0, 2.0)]
    assert imported.database["clip_1"]["annotations"] == []
    with pytest.raises(ValueError, match="task 7: has 2 annotations: mark one"):
        load(write("min.json", [*SHORT_TASKS, SHORT_TASKS[0]]), fps=25)
    regions = [dict(start=1.5, end=4, instant=False, timeserieslabels=["walk"])]
    series = write("min.json", [dict(id=1, csv="walks/p.csv", label=regions, annotation_id=1)])
    assert instances(load(series, unit="seconds"), "p") == [("walk", 1.5, 4.0)]


def test_label_studio_time_series(load: Callable, write: Callable) -> None:
    path = write("export.json", series(1500, 4000))
    imported = load(path, unit="milliseconds", group="person", columns={"recording": "csv"})
    assert instances(imported, "person_1") == [("walk", 1.5, 4.0)]
    assert imported.database["person_1"]["group"] == "p1"
    rows = load(write("export.json", series(75, 200)), unit="frames", fps=50)
    assert instances(rows, "person_1") == [("walk", 1.5, 4.0)]
    clock = load(write("export.json", series("00:00:01.5", "00:00:04")))
    assert instances(clock, "person_1") == [("walk", 1.5, 4.0)]
    instant = load(write("export.json", series(1.5, 1.5, instant=True)), unit="seconds")
    assert instant.database["person_1"]["annotations"][0]["time"] == 1.5


def test_label_studio_audio_labels_are_in_seconds(load: Callable, write: Callable) -> None:
    value = dict(start=1.5, end=4.0, channel=0, labels=["run", "shout"])
    item = dict(type="labels", from_name="l", to_name="audio", value=value)
    content = [dict(id=1, data=dict(audio="a.wav"), annotations=[dict(result=[item])])]
    imported = load(write("export.json", content))
    assert instances(imported, "a") == [("run", 1.5, 4.0), ("shout", 1.5, 4.0)]


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        ("labels", dict(start=3, end=9, text="jumped", labels=["run"]), "He jumped."),
        ("labels", dict(start=3, end=9, labels=["run"]), "He jumped over it"),
        ("hypertextlabels", dict(start="/p[1]", end="/p[1]", hypertextlabels=["run"]), "<p>He"),
    ],
)
def test_label_studio_characters_are_no_seconds(
    load: Callable, write: Callable, kind: str, value: dict, data: str
) -> None:
    item = dict(type=kind, from_name="l", to_name="text", value=value)
    task = dict(id=1, data=dict(text=data), annotations=[dict(result=[item])])
    with pytest.raises(ValueError, match=r"no instance .* 1 x span of characters in a text"):
        load(write("export.json", [task]))
    imported = load(write("export.json", [task, VIDEO[0]]), fps=25)
    assert list(imported.database) == ["clip_0"]
    assert imported.dropped["span of characters in a text, which has no times"] == 1


def test_label_studio_predictions_are_said(load: Callable, write: Callable) -> None:
    done, guessed = (copy.deepcopy(TASKS[0]) for _ in range(2))
    guessed |= dict(id=8, data=dict(video="b.mp4"), predictions=guessed.pop("annotations"))
    notes = load(write("t.json", [done, guessed]), fps=25).notes
    assert any("1 task that nobody has annotated: the predictions were" in n for n in notes)
    assert not any("nobody has" in n for n in load(write("u.json", [done]), fps=25).notes)


def test_label_studio_ground_truth_wins(load: Callable, write: Callable) -> None:
    def add(content: list) -> None:
        better = copy.deepcopy(content[0]["annotations"][0]["result"][:1])
        better[0]["value"]["timelinelabels"] = ["jump"]
        content[0]["annotations"].append(dict(ground_truth=True, result=better))

    found = instances(load(write("e.json", changed(VIDEO, add)), fps=25), "clip_0")
    assert found == [("jump", 0.0, 2.0)]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (VIDEO, {}, "task 7, region 0: timeline labels are in frames: give --fps"),
        (series(1, 2), {}, "unit of its time column: give --unit"),
        (series(1592250751951.8, 1592251071946.6), {"unit": "seconds"}, "no time within"),
        (VIDEO, {"fps": 25, "labels": ("tricks",)}, "no control tag 'tricks'; there is 'actions'"),
        (VIDEO, {"fps": 25, "columns": {"recording": "csv"}}, "data has no 'csv'"),
        (changed(VIDEO, lambda c: c.append(c[0])), {"fps": 25}, "has been annotated before"),
        (
            changed(VIDEO, lambda c: c[0]["annotations"].append(dict(result=[]))),
            {"fps": 25},
            "task 7: has 2 annotations: mark one as ground truth",
        ),
        (
            changed(VIDEO, lambda c: c[1]["data"].update(csv="x.csv")),
            {"fps": 25},
            "task 8: which of video, csv names the recording?",
        ),
        (
            changed(VIDEO, lambda c: c[0]["annotations"][0]["result"][0]["value"].pop("ranges")),
            {"fps": 25},
            "task 7, region 0: lacks 'ranges'",
        ),
    ],
)  # fmt: skip
def test_label_studio_errors(
    load: Callable, write: Callable, content: list, options: dict, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("export.json", content), **options)
    assert message in str(caught.value)


# ---------------------------------------------------------------- VIA


def via_project() -> dict:
    return {
        "project": {"pid": "x", "data_format_version": "3.1.1", "vid_list": ["1", "2"]},
        "config": {},
        "attribute": {
            "1": {"aname": "action", "type": 4, "options": {"r": "run", "j": "jump"}},
            "2": {"aname": "note", "type": 1, "options": {}},
        },
        "file": {
            "1": {"fid": 1, "fname": "clip_0.mp4", "type": 4, "loc": 1, "src": ""},
            "2": {"fid": 2, "fname": "clip_1.mp4", "type": 4, "loc": 1, "src": ""},
        },
        "view": {"1": {"fid_list": [1]}, "2": {"fid_list": ["2"]}},
        "metadata": {
            "1_a": {"vid": "1", "flg": 0, "z": [1.5, 4.0], "xy": [], "av": {"1": "r"}},
            "1_b": {"vid": "1", "flg": 0, "z": [6], "xy": [2, 1, 1, 2, 2], "av": {"1": "j"}},
            "1_c": {"vid": "1", "flg": 0, "z": [], "xy": [], "av": {"2": "rain"}},
        },
    }


def test_via(load: Callable, write: Callable) -> None:
    imported = load(write("p.json", via_project()))
    assert imported.formats == ("via",)
    assert instances(imported, "clip_0") == [("run", 1.5, 4.0)]
    assert imported.database["clip_1"]["annotations"] == []
    assert imported.dropped == {"mark without start and end": 2}


def test_via_attributes(load: Callable, write: Callable) -> None:
    project = via_project()
    project["metadata"]["1_a"]["av"] = {"1": "r,j", "2": "in the rain"}
    project["attribute"]["1"]["type"] = 2  # checkbox: both hold
    path = write("p.json", project)
    with pytest.raises(
        ValueError, match="in 2 attributes; choose with --labels from 'action', 'no"
    ):
        load(path)
    assert instances(load(path, labels=("action",)), "clip_0") == [
        ("run", 1.5, 4.0),
        ("jump", 1.5, 4.0),
    ]
    assert instances(load(path, labels=("note",)), "clip_0") == [("in the rain", 1.5, 4.0)]


def test_via_errors(load: Callable, write: Callable) -> None:
    project = via_project()
    project["metadata"]["1_a"]["av"] = {}
    project["metadata"]["1_d"] = {"vid": "9", "z": [1, 2], "av": {"1": "r"}}
    with pytest.raises(ValueError) as caught:
        load(write("p.json", project))
    assert "2 rows" in str(caught.value)
    assert "segment '1_a': has no label" in str(caught.value)
    assert "segment '1_d': needs a view and two times" in str(caught.value)
    del project["file"]["1"]
    with pytest.raises(ValueError, match="is not complete as VIA 3 project"):
        load(write("p.json", project))


# ---------------------------------------------------------------- ELAN

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/videos/clip_0.mp4" MIME_TYPE="video/mp4"/>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1500"/>
    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="4000"/>
    <TIME_SLOT TIME_SLOT_ID="ts3"/>
  </TIME_ORDER>
  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="default"/>
  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="action">
    <ANNOTATION>
      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
        <ANNOTATION_VALUE>run &amp; jump</ANNOTATION_VALUE>
      </ALIGNABLE_ANNOTATION>
    </ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>
"""
BEGIN, END = "Begin Time", "End Time"
DEPENDENT = """  <TIER LINGUISTIC_TYPE_REF="a" PARENT_REF="action" TIER_ID="tool">
    <ANNOTATION>
      <REF_ANNOTATION ANNOTATION_ID="a2" ANNOTATION_REF="a1">
        <ANNOTATION_VALUE>rope</ANNOTATION_VALUE>
      </REF_ANNOTATION>
    </ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>"""


def test_elan_document(load: Callable, write: Callable, tmp_path: Path) -> None:
    path = write("eaf/my_work.eaf", EAF)
    for source in (path, tmp_path / "eaf"):
        imported = load(source)
        assert imported.formats == ("elan",)
        assert instances(imported, "clip_0") == [("run & jump", 1.5, 4.0)]


def test_elan_dependent_tier_has_the_times_of_its_parent(load: Callable, write: Callable) -> None:
    path = write("a.eaf", EAF.replace("</ANNOTATION_DOCUMENT>", DEPENDENT))
    with pytest.raises(ValueError, match="in 2 tiers; choose with --labels from 'action', 'tool'"):
        load(path)
    assert instances(load(path, labels=("tool",)), "clip_0") == [("rope", 1.5, 4.0)]
    assert len(instances(load(path, labels=("tool", "action")), "clip_0")) == 2


def elan(slots: dict, *tiers: str) -> str:
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{k}"' + (f' TIME_VALUE="{v}"/>' if v else "/>")
        for k, v in slots.items()
    )
    start, rest = EAF.split("<TIME_ORDER>")[0], "</ANNOTATION_DOCUMENT>"
    return f"{start}<TIME_ORDER>{order}</TIME_ORDER>{''.join(tiers)}{rest}"


def tier(name: str, *items: tuple) -> str:
    """Annotations (name, first slot, last slot) or (name, parent, the one before or None)."""
    text = ""
    for index, first, second in items:
        if first.startswith("ts"):
            kind, refs = "ALIGNABLE", f'TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{second}"'
        else:
            kind, refs = "REF", f'ANNOTATION_REF="{first}"'
            refs += f' PREVIOUS_ANNOTATION="{second}"' if second else ""
        value = f"<ANNOTATION_VALUE>{index}</ANNOTATION_VALUE></{kind}_ANNOTATION>"
        text += f'<ANNOTATION><{kind}_ANNOTATION ANNOTATION_ID="{index}" {refs}>'
        text += f"{value}</ANNOTATION>"
    return f'<TIER TIER_ID="{name}">{text}</TIER>'


def test_elan_subdivisions_share_their_parent(load: Callable, write: Callable) -> None:
    """In the order of their chain, which is not that of the file; theirs share theirs."""
    parts = tier("part", ("c", "a", "b"), ("x", "a", None), ("b", "a", "x"))
    halves = tier("half", ("h1", "b", None), ("h2", "b", "h1"))
    text = elan({"ts1": 2000, "ts2": 5000}, tier("whole", ("a", "ts1", "ts2")), halves, parts)
    path = write("a.eaf", text)
    found = sorted(instances(load(path, labels=("part",)), "clip_0"), key=lambda item: item[1])
    assert found == [("x", 2, 3), ("b", 3, 4), ("c", 4, 5)]
    assert instances(load(path, labels=("half",)), "clip_0") == [("h1", 3, 3.5), ("h2", 3.5, 4)]


def test_elan_slots_without_a_time(load: Callable, write: Callable) -> None:
    """Spread evenly over the tier's own slots, whatever other tiers have between them."""
    slots = {"ts1": 1000, "ts2": None, "ts9": 1100, "ts3": None, "ts4": 4000}
    chain = tier("part", ("x", "ts1", "ts2"), ("y", "ts2", "ts3"), ("z", "ts3", "ts4"))
    text = elan(slots, chain, tier("whole", ("a", "ts1", "ts4"), ("b", "ts9", "ts4")))
    found = instances(load(write("a.eaf", text), labels=("part",)), "clip_0")
    assert found == [("x", 1, 2), ("y", 2, 3), ("z", 3, 4)]


def test_elan_name_and_origin(load: Callable, write: Callable) -> None:
    shifted = EAF.replace("MIME_TYPE", 'TIME_ORIGIN="500" MIME_TYPE')
    assert instances(load(write("a.eaf", shifted)), "clip_0")[0][1:] == (2.0, 4.5)
    two = EAF.replace("</HEADER>", '<MEDIA_DESCRIPTOR MEDIA_URL="side.mp4"/></HEADER>')
    assert list(load(write("a.eaf", two)).database) == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (EAF[:-40], "is not a whole ELAN document"),
        (EAF.replace('TIME_SLOT_REF2="ts2"', 'TIME_SLOT_REF2="ts3"'), "has no times of its own"),
        (EAF.replace("run &amp; jump", ""), "the label is empty"),
    ],
)  # fmt: skip
def test_elan_errors(load: Callable, write: Callable, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("a.eaf", text))
    assert message in str(caught.value)


def test_elan_two_documents_of_a_recording(load: Callable, write: Callable, tmp_path: Path) -> None:
    write("eaf/a.eaf", EAF)
    write("eaf/b.eaf", EAF)
    with pytest.raises(ValueError, match=r"b.eaf: recording 'clip_0' has been annotated before"):
        load(tmp_path / "eaf")


@pytest.mark.parametrize(
    "text",
    [
        "action\t\t00:00:01.500\t00:00:04.000\t00:00:02.500\trun\n",
        "action\t\t1.5\t4.0\t2.5\trun\n",
        "action\tme\t1500\t4000\t2500\trun\n",
        "action\t\t00:00:01.500\t1.5\t1500\t00:00:04.000\t4.0\t4000\t00:00:02.500\t2.5\t2500\trun\n",
        "action\t\t00:00:01.500\t1.5\t00:00:04.000\t4.0\t00:00:02.500\t2.5\trun\tfile.eaf\n",
        '"#file:///clip_0.mp4"\naction\t\t1.5\t4.0\t2.5\trun\n',
        f"{BEGIN} - hh:mm:ss.ms\t{END} - hh:mm:ss.ms\taction\n00:00:01.500\t00:00:04.000\trun\n",
        f"{BEGIN} - ss.msec\t{END} - ss.msec\tDuration - ss.msec\taction\n1.5\t4.0\t2.5\trun\n",
        "Begin Time - msec\tEnd Time - msec\taction\ttool\n1500\t4000\trun\n1500\t4000\t\trope\n",
    ],
)
def test_elan_exports(load: Callable, write: Callable, text: str) -> None:
    imported = load(write("clip_0.txt", text), labels=("action",))
    assert imported.formats == ("elan",)
    assert instances(imported, "clip_0") == [("run", 1.5, 4.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("action\t\t1.5\t4.0\trun\n", "cannot recognize the columns"),  # no duration to check by
        ("action\t\t1.5\t4.0\t9\trun\n", "cannot recognize the columns"),
        ("Begin Time - ss.msec\taction\n1.5\trun\n", "needs a begin and an end time"),
        (f"{BEGIN} - ss.msec\t{END} - ss.msec\taction\n1.5\tx\trun\n", "line 2: 'x' is no time"),
    ],
)  # fmt: skip
def test_elan_export_errors(load: Callable, write: Callable, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("a.txt", text), format_name="elan")
    assert message in str(caught.value)
