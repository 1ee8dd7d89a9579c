"""Tables as people write them."""

from collections.abc import Callable

import pytest
from importer_helpers import instances

from mmtal.preparation.importers.csv_table import role_of

RUN = [("run", 1.5, 4.0)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("recording,start,end,label\na,1.5,4,run\n", "plain"),
        ("label;end;recording;start\nrun;4;a;1.5\n", "other order, semicolons"),
        ("video-id\tt-start\tt-end\tclass\na\t1.5\t4\trun\n", "tabs, names of ActivityNet tools"),
        ("Video Name|Begin|Stop|Action\na|1.5|4|run\n", "bars and capitals"),
        ("video,startTime,endTime,label\na,1.5,4,run\n", "camel case"),
        ("\ufeffrecording,start,end,label\r\na,1.5,4,run\r\n", "Excel: a mark and CRLF"),
        ("sep=;\nrecording;start;end;label\na;1.5;4;run\n", "Excel's line before the header"),
        ('"recording","start","end","label"\n"a","1.5","4","run"\n', "quotes"),
        ("recording,start,end,label\na, 1.5 , 4 ,  run \n\n , , , \n", "spaces and empty lines"),
        ("recording,start,end,label\na,00:00:01.5,0:04,run", "clock, no line end at the end"),
        ("recording,start_frame,end_frame,label\na,15,40,run\n", "frames by the name"),
        ("recording,start (ms),end (ms),label\na,1500,4000,run\n", "milliseconds by the name"),
        ("recording,start_frame,end (s),label\na,15,4,run\n", "each its unit"),
        ("recording,onset,offset,event\na,1.5,4,run\n", "onset and offset"),
    ],
)
def test_forms(load: Callable, write: Callable, text: str, why: str) -> None:
    imported = load(write("t.csv", text), fps=10)
    assert imported.formats == ("csv",), why
    assert instances(imported, "a") == RUN, why
    assert imported.database["a"]["subset"] == "training"


def test_encodings(load: Callable, write: Callable) -> None:
    text = "recording,start,end,label\na,1,2,Äpfel schälen\n"
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        assert instances(load(write("t.csv", data)), "a") == [("Äpfel schälen", 1, 2)]
    with pytest.raises(ValueError, match="not text in UTF-8"):
        load(write("t.csv", text.encode("latin-1")))


def test_labels_with_commas_quotes_and_line_ends(load: Callable, write: Callable) -> None:
    text = 'recording,start,end,label\na,1,2,"cut, then ""peel"""\nb,3,4,"two\nlines"\nb,x,5,y\n'
    with pytest.raises(ValueError, match=r"t.csv, line 5: 'x' is no time"):  # not row 4
        load(write("t.csv", text))
    imported = load(write("t.csv", text.replace("b,x,5,y\n", "")))
    assert instances(imported, "a") == [('cut, then "peel"', 1, 2)]
    assert instances(imported, "b") == [("two\nlines", 3, 4)]


def test_unit_and_columns_by_option(load: Callable, write: Callable) -> None:
    path = write("t.csv", "tape,in,out,what,start\na,15,40,run,no time\n")
    columns = dict(recording="tape", start="in", end="out", label="what")
    imported = load(path, fps=10, unit="frames", columns=columns)
    assert instances(imported, "a") == RUN
    assert "columns not used: start" in imported.notes[0]


def test_all_optional_columns(load: Callable, write: Callable) -> None:
    text = (
        "recording,start,end,label,label_id,subset,recording_duration,fps,subject\n"
        "a,10,20,run,1,training,9.5,10,s1\n"
        "a,30,40,jump,0,training,9.5,10,s1\n"
        "b,,,,,test,8,20,s2\n"
    )
    imported = load(write("t.csv", text), unit="frames", group="subject")
    assert imported.database == {
        "a": dict(
            subset="training",
            duration=9.5,
            fps=10,
            group="s1",
            annotations=[
                dict(label="run", label_id=1, segment=[1.0, 2.0]),  # at its own frame rate
                dict(label="jump", label_id=0, segment=[3.0, 4.0]),
            ],
        ),
        "b": dict(subset="test", duration=8.0, fps=20, group="s2", annotations=[]),
    }


def test_a_duration_column_is_not_taken_for_the_recordings(load: Callable, write: Callable) -> None:
    imported = load(write("t.csv", "recording,start,end,duration,label\na,1,4,3,run\n"))
    assert "duration" not in imported.database["a"]
    assert any("not used: duration" in note for note in imported.notes)


def test_whole_numbers_are_doubted(load: Callable, write: Callable) -> None:
    imported = load(write("t.csv", "recording,start,end,label\na,100,250,run\n"))
    assert any("if they are frames" in note for note in imported.notes)
    imported = load(write("t.csv", "recording,start,end,label\na,100,250.5,run\n"))
    assert not any("if they are frames" in note for note in imported.notes)


def test_all_bad_rows_in_one_error(load: Callable, write: Callable) -> None:
    rows = [
        "a,1,2,run",
        "a,x,2,run",
        "a,1,,run",
        "a,1,2,",
        ",1,2,run",
        "a,1,2,run,more",
        "a,1",
        '"a,1,2,run',
    ]
    with pytest.raises(ValueError) as caught:
        load(write("t.csv", "recording,start,end,label\n" + "\n".join(rows)))
    text = str(caught.value)
    assert text.startswith("7 row(s) cannot be read, nothing is written:")
    for line, message in [
        (3, "'x' is no time"),
        (4, "a time is missing"),
        (5, "the label is empty"),
        (6, "the recording has no name"),
        (7, "5 fields, but the first line names 4 columns (decimal commas"),
        (8, "the row has 2 fields"),
        (9, "check the quotes"),
    ]:
        assert any(f"t.csv, line {line}: " in row and message in row for row in text.split("\n"))


def test_many_bad_rows_are_counted(load: Callable, write: Callable) -> None:
    with pytest.raises(ValueError, match=r"^25 row\(s\)(.|\n)*line 11: (.|\n)*and 15 more$"):
        load(write("t.csv", "recording,start,end,label\n" + "a,1,x,run\n" * 25))


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("recording,start,stop,end,label\n", {}, "could both be the end; choose with --columns"),
        ("recording,start,end,label,label\n", {}, "the column 'label' occurs twice"),
        ("recording,start,end,label\n", {"columns": {"start": "t0"}}, "no column 't0'"),
        ("recording,start,end,label\n", {"columns": {"begin": "start"}}, "must be one of"),
        ("recording,start,end,label\n", {"group": "subject"}, "no column 'subject'"),
        ("recording,start,end,label\n", {}, "no instance could be read (0 recordings"),
        ("a,1,2,run\n", {"format_name": "csv"}, "first line must name recording, start"),
        ("recording,start,end,label,fps\na,1,2,run,0\n", {}, "'fps' must be a number > 0"),
        ("recording,start,end,label,label_id\na,1,2,run,-1\n", {}, "'label_id' must be a whole"),
        ("recording,start,end,label,split\na,1,2,x,train\na,3,4,x,test\n", {},
         "line 3: recording 'a' has the subset 'train' before, 'test' here"),
        ("recording,start_frame,end_frame,label\na,1,2,run\n", {}, "frame rate is not known"),
        ("recording,start,end,label\na,1,2,x\n", {"group": "("}, "is no pattern"),
        ("recording,start,end,label\na,1,2,x\n", {"group": r"(\d)"}, "1 recording(s) have no"),
    ],
)  # fmt: skip
def test_errors(load: Callable, write: Callable, text: str, options: dict, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("t.csv", text), **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("start", ("start", None)),
        ("t_start", ("start", None)),
        ("Start Time (s)", ("start", "seconds")),
        ("frame_end", ("end", "frames")),
        ("stop_ms", ("end", "milliseconds")),
        ("start_frame_ms", (None, None)),  # two units
        ("start_end", (None, None)),
        ("frame", (None, None)),
        ("restart", (None, None)),
        ("video_duration", ("duration", None)),
        ("duration", (None, None)),
        ("", (None, None)),
    ],
)
def test_role_of_a_column(column: str, role: tuple) -> None:
    assert role_of(column) == role
