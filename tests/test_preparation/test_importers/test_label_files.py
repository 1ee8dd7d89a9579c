"""One file per recording: Audacity, TextGrid, subtitles, Raven, BIDS, Bento, tables of frames."""

from collections.abc import Callable

import pytest
from valid_files import (
    AUDACITY,
    BENTO,
    BIDS,
    EVENT_LOG,
    FRAME_TABLE,
    RAVEN,
    SHORT_TEXTGRID,
    SOLOMON,
    SRT,
    TEXTGRID,
    VTT,
)

RUN, HOP = {"label": "run", "segment": [1.5, 4.0]}, {"label": "hop", "time": 5.0}
SIT = {"label": "sit", "segment": [5.0, 6.0]}

CASES = {
    "audacity": ("clip 0.txt", AUDACITY, {}, [RUN, HOP]),
    "audacity, commas": ("clip 0.txt", "1,5\t4,0\trun\n5,0\t5,0\thop\n", {}, [RUN, HOP]),
    "textgrid": ("clip 0.TextGrid", TEXTGRID, {"labels": ("act", "moments")}, [RUN, HOP]),
    "textgrid, short": ("clip 0.TextGrid", SHORT_TEXTGRID, {}, [RUN]),
    "textgrid in UTF-16": ("clip 0.TextGrid", SHORT_TEXTGRID.encode("utf-16"), {}, [RUN]),
    "srt": ("clip 0.srt", SRT, {}, [RUN, SIT]),
    "srt from Windows": ("clip 0.srt", SRT.replace("\n", "\r\n").encode(), {}, [RUN, SIT]),
    "vtt": ("clip 0.vtt", VTT, {}, [RUN, SIT]),
    "raven": ("clip 0.Table.1.selections.txt", RAVEN, {}, [RUN, SIT]),
    "bids": ("clip 0_events.tsv", BIDS, {}, [RUN, HOP]),
    "bento": ("clip 0.annot", BENTO, {}, [RUN, SIT]),
    "solomon": ("clip 0.csv", SOLOMON, {"labels": ("Behaviour",)}, [RUN, SIT]),
    "deepethogram": ("clip 0.csv", FRAME_TABLE, {"fps": 2}, [RUN, SIT]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_reads(load: Callable, write: Callable, case: str) -> None:
    name, content, options, expected = CASES[case]
    imported = load(write(name, content), **options)
    assert imported.formats[0] in ("srt", "frame-table", case.split(",")[0].split()[0])
    found = imported.database["clip 0"]["annotations"]
    assert sorted(found, key=repr) == sorted(
        ({**want, "label_id": i["label_id"]} for want, i in zip(expected, found, strict=True)),
        key=repr,
    )


@pytest.mark.parametrize("case", CASES)
def test_a_folder_is_a_recording_for_each_file(load: Callable, write: Callable, case: str) -> None:
    name, content, options, _ = CASES[case]
    one = write(f"d/{name}", content)
    write(f"d/{name.replace('clip 0', 'clip 1')}", content)
    assert list(load(one.parent, **options).database) == ["clip 0", "clip 1"]


def test_lengths_and_rates(load: Callable, write: Callable) -> None:
    grid = load(write("a.TextGrid", SHORT_TEXTGRID)).database["a"]
    assert grid["duration"] == 10
    bento = load(write("b.annot", BENTO)).database["b"]
    assert (bento["duration"], bento["fps"]) == (10.0, 2.0)
    table = load(write("c.csv", FRAME_TABLE), fps=2).database["c"]
    assert (table["duration"], table["fps"]) == (7.0, 2.0)


def test_bento_frames_count_from_one(load: Callable, write: Callable) -> None:
    """Bouts in whole frames: the first frame of a recording is 1, the last belongs to its bout."""
    text = BENTO.replace("2\t4\t2.5", "4\t8\t5").replace("5.5\t6\t1", "11\t12\t2")
    found = load(write("a.annot", text.replace("20.0", "20"))).database["a"]["annotations"]
    assert [i["segment"] for i in found] == [[1.5, 4.0], [5.0, 6.0]]


def test_bids_folder(load: Callable, write: Callable) -> None:
    """Files below; the subject keeps its recordings together; what has no time is counted."""
    root = write("participants.tsv", "participant_id\tage\nsub-01\t3\n").parent
    write("sub-01/func/sub-01_task-x_events.tsv", BIDS + "9\tn/a\thop\n9\t1\tn/a\n")
    write("sub-02/func/sub-02_task-x_events.tsv", BIDS)
    imported = load(root)
    groups = {name: entry["group"] for name, entry in imported.database.items()}
    assert groups == {"sub-01_task-x": "sub-01", "sub-02_task-x": "sub-02"}
    assert imported.dropped == {
        "event whose onset or duration is not known": 1, "event without a trial_type": 1,
    }  # fmt: skip


def test_raven(load: Callable, write: Callable) -> None:
    """Views repeat a selection; a selection of several files counts from its own one's start."""
    imported = load(write("x.txt", RAVEN))
    assert imported.dropped == {"same selection in another view": 2}
    head = "Selection\tBegin Time (s)\tEnd Time (s)\tBegin File\tFile Offset (s)\tSpecies\tNotes\n"
    rows = "1\t101.5\t104\ta.wav\t1.5\towl\t-\n2\t205\t206\tb.wav\t5\tbat\t-\n"
    found = load(write("y.txt", head + rows)).database
    assert found["a"]["annotations"][0]["segment"] == [1.5, 4.0]
    assert found["b"]["annotations"][0]["segment"] == [5.0, 6.0]
    unclear = write("z.txt", (head + rows).replace("Species", "Kind"))
    with pytest.raises(ValueError, match="--columns label=NAME; there is Kind, Notes"):
        load(unclear)
    assert load(unclear, columns={"label": "Kind"}).database.keys() == {"a", "b"}


def test_simba(load: Callable, write: Callable) -> None:
    """Classes are the last columns that are 0 or 1, behind pose and features; --labels chooses."""
    text = ",Nose_x,Nose_p,Attack,Sniff\n" + "".join(
        f"{k},{k}.5,0.{k},{int(k > 1)},{int(k < 2)}\n" for k in range(4)
    )
    imported = load(write("Together_1.csv", text), fps=2)
    assert [(i["label"], i["segment"]) for i in imported.database["Together_1"]["annotations"]] == [
        ("Attack", [1.0, 2.0]), ("Sniff", [0.0, 1.0]),
    ]  # fmt: skip
    one = load(write("Together_1.csv", text), fps=2, labels=("Sniff",)).database["Together_1"]
    assert [i["label"] for i in one["annotations"]] == ["Sniff"]
    with pytest.raises(ValueError, match="need the frame rate: give --fps"):
        load(write("Together_1.csv", text))


def test_simba_results(load: Callable, write: Callable) -> None:
    """The model's probabilities stand between the classes."""
    text = ",Nose_x,Probability_Attack,Attack,Probability_Sniff,Sniff\n" + "".join(
        f"{k},{k}.5,0.{k},{int(k > 1)},0.7,{int(k < 2)}\n" for k in range(4)
    )
    found = load(write("a.csv", text), fps=2).database["a"]["annotations"]
    assert [i["label"] for i in found] == ["Attack", "Sniff"]


def test_frames_that_nobody_has_labeled(load: Callable, write: Callable) -> None:
    text = FRAME_TABLE.replace("5,0,1,0", "5,-1,-1,-1")
    imported = load(write("a_labels.csv", text), fps=2)
    assert imported.dropped["frame that is not labeled (-1)"] == 1
    assert len(imported.database["a"]["annotations"]) == 3


def test_several_columns_of_labels(load: Callable, write: Callable) -> None:
    with pytest.raises(ValueError, match="in 2 columns; choose with --labels from 'Light'"):
        load(write("a.csv", SOLOMON))


def test_a_log_of_events(load: Callable, write: Callable) -> None:
    """START and STOP of each subject are paired, whatever the tool calls them."""
    imported = load(write("a.csv", EVENT_LOG))
    assert imported.formats == ("event-log",)
    assert [
        (i["label"], i["subject"], i.get("segment", i.get("time")))
        for i in imported.database["a"]["annotations"]
    ] == [("run", "a", [1.5, 4.0]), ("run", "b", [2.0, 5.5]), ("hop", "a", 6.0)]
    several = "video,time_ms,label,status\nx,1500,run,on\ny,2000,run,on\nx,4000,run,off\n"
    with pytest.raises(ValueError, match="line 3: 'run' at 2 s starts, but never stops"):
        load(write("b.csv", several))
    assert load(write("b.csv", several + "y,3000,run,off\n")).database.keys() == {"x", "y"}
    twice = EVENT_LOG.replace("2,b,run", "2,a,run")
    with pytest.raises(ValueError, match=r"line 2: .run. of .a. at 1\.5 s starts, but never stops"):
        load(write("c.csv", twice))


def test_a_frame_table_with_times(load: Callable, write: Callable) -> None:
    text = "time,run\n" + "".join(f"{k / 4},{int(4 < k < 9)}\n" for k in range(12))
    entry = load(write("a.csv", text)).database["a"]
    assert (entry["fps"], entry["annotations"][0]["segment"]) == (4.0, [1.25, 2.25])
    with pytest.raises(ValueError, match="'time' are not regular"):
        load(write("a.csv", text.replace("0.5,0\n", "0.9,0\n")))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", AUDACITY + "7\t8\n", "line 4: must be start, end and label with tabs"),
        ("a.txt", AUDACITY + "7\t8\t\n", "line 4: the label is empty"),
        ("a.TextGrid", TEXTGRID, r"labels are in 2 tiers; choose with --labels from 'act'"),
        ("a.TextGrid", SHORT_TEXTGRID[:-20], "is not a whole TextGrid: it ends too early"),
        ("a.srt", SRT.replace("00:06,000", "00:06"), "line 6: must be 'start --> end'"),
        ("a.annot", BENTO.replace("Annotation framerate: 2\n", ""), "give --fps"),
        ("a.csv", FRAME_TABLE, "need the frame rate: give --fps"),
        ("a_events.tsv", BIDS.replace("trial_type", "thing"), "--columns label=NAME"),
    ],
)
def test_errors(load: Callable, write: Callable, name: str, content: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(write(name, content), format_name="audacity" if name == "a.txt" else None)
