"""Tables as people write them."""

import datetime
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from importer_helpers import instances

from mmtal.preparation.importers.columns import role_of

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
        ("recording;start;end;label\na;1,5;4,0;run\n", "decimal commas"),
        ("recording\tstart\tend\tlabel\na\t0:01,5\t4\trun\n", "decimal comma of a clock"),
        ("recording,start,duration,label\na,1.5,2.5,run\n", "start and length"),
        ("recording,start_ms,duration_ms,label\na,1500,2500,run\n", "length in milliseconds"),
        ("recording,start (ms),duration,label\na,1500,2500,run\n", "its unit is the start's"),
        ("participant,onset,offset,activity\na,1.5,4,run\n", "a participant is a recording"),
        ("From X, version 1\nat,10:31\n\nrecording,start,end,label\na,1.5,4,run", "preamble"),
        ("X;;;\nrecording;start;end;label\na;1,5;4;run", "preamble of a spreadsheet"),
        ("recording,start,end,label,,\na,1.5,4,run,,\n", "empty columns at the end"),
        ("recording,first_frame,last_frame,label\na,15,39,run\n", "the last frame belongs to it"),
    ],
)
def test_forms(load: Callable, write: Callable, text: str, why: str) -> None:
    imported = load(write("a.csv", text), fps=10)
    assert imported.formats == ("csv",), why
    assert instances(imported, "a") == RUN, why
    assert imported.database["a"]["subset"] == "training"


def test_encodings(load: Callable, write: Callable) -> None:
    text = "recording,start,end,label\na,1,2,Äpfel schälen\n"
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        assert instances(load(write("t.csv", data)), "a") == [("Äpfel schälen", 1, 2)]
    old = load(write("t.csv", text.encode("cp1252")))
    assert instances(old, "a") == [("Äpfel schälen", 1, 2)]
    assert any("read as Windows-1252" in note for note in old.notes)
    for data in (text.encode("utf-8-sig"), text.encode()):
        assert instances(load(write("t.csv.gz", gzip.compress(data))), "a")[0][1] == 1
    for data in (b"\x93\x81\x8d", gzip.compress(text.encode())[:-9]):
        with pytest.raises(ValueError, match=r"not text|packed"):
            load(write("t.csv", data))


def test_decimal_commas_are_told_from_others(load: Callable, write: Callable) -> None:
    label = load(write("t.csv", "recording;start;end;label\na;1;2;3,4\n"))
    assert instances(label, "a") == [("3,4", 1, 2)]
    for text in ("a;1,5;4;x\na;1.5;4;x\n", "a;1.500,5;4;x\n"):  # points, too
        with pytest.raises(ValueError, match=r"decimal comma|no time"):
            load(write("t.csv", "recording;start;end;label\n" + text))
    with pytest.raises(ValueError, match=r"'1,500' has a decimal comma"):  # or 1500?
        load(write("t.csv", 'recording,start,end,label\na,"1,500",4,x\n'))


def test_a_table_for_each_recording(load: Callable, write: Callable, tmp_path: Path) -> None:
    text = "start,end,label,subject\n1.5,4,run,anna\n"
    for name in "ab":
        write(f"tables/{name}.csv", text)
    assert instances(load(tmp_path / "tables"), "b") == RUN
    write("tables/c.csv", text + "6,7,run,ben\n")  # which may be the recording
    with pytest.raises(ValueError, match=r"c.csv: no column for the reco.*=subject; or.*=FILE"):
        load(tmp_path / "tables")
    assert list(load(tmp_path / "tables", columns=dict(recording="FILE")).database) == [*"abc"]
    people = load(tmp_path / "tables", columns=dict(recording="subject"))
    assert list(people.database) == ["anna", "ben"]
    one = write("one.csv", text)
    assert list(load(one).database) == ["anna"]
    with pytest.raises(ValueError, match=r"two.csv, line 2: 'anna' is in another table, too"):
        load(one, write("two.csv", text))


def test_the_advice_works(load: Callable, write: Callable) -> None:
    path = write("t.csv", "tape,in,out,what\na,1.5,4,run\n")
    columns: dict[str, str] = {}
    for role, name in dict(recording="tape", start="in", end="out", label="what").items():
        with pytest.raises(ValueError, match=r"in no known format|Name it with --columns .*=NAME"):
            load(path, columns=columns)
        columns[role] = name
    assert instances(load(path, columns=columns), "a") == RUN
    tape = write("t.csv", "tape,start,end,label\na,1.5,4,run\n")
    assert instances(load(tape, columns=dict(recording="tape")), "a") == RUN


def test_frames_that_belong_to_the_segment(load: Callable, write: Callable) -> None:
    path = write("t.csv", "recording,start,end,label\na,15,39,run\na,40,40,jump\n")
    with pytest.raises(ValueError, match=r"empty segment(.|\n)*add --inclusive"):
        load(path, unit="frames", fps=10)
    imported = load(path, unit="frames", fps=10, inclusive=True)
    assert instances(imported, "a") == [*RUN, ("jump", 4, 4.1)]
    with pytest.raises(ValueError, match="add --unit frames"):
        load(path, inclusive=True)
    path = write("t.csv", "recording,start,end,label\na,15,39,run\na,40,50,jump\n")
    assert any("add --inclusive" in n for n in load(path, unit="frames", fps=10).notes)


@pytest.mark.parametrize(
    ("start", "end", "began", "why"),
    [
        (
            "2024-03-01T10:00:01.5+01:00",
            "2024-03-01T10:00:04+01:00",
            "2024-03-01T09:00:00Z",
            "zones",
        ),
        ("2024-03-01 10:00:01.5", "2024-03-01 10:00:04", "2024-03-01 10:00:00", "none"),
        ("10:00:01.5", "10:00:04", "10:00:00", "times of day"),
        ("00:00:00.5", "00:00:03", "23:59:59", "over midnight"),
        ("10:00:01.5", "10:00:04", "2024-03-01T10:00:00", "a time of day, and a date"),
        ("1709283601.5", "1709283604", "1709283600", "seconds since 1970"),
        ("1.5", "4", "2024-03-01T10:00:00", "from the recording's start already"),
    ],
)
def test_absolute_times(
    load: Callable, write: Callable, start: str, end: str, began: str, why: str
) -> None:
    row = f"recording,start,end,label\na,{start},{end},run\n"
    own = row.replace("label\n", "label,recording_start\n").replace("run\n", f"run,{began}\n")
    assert instances(load(write("t.csv", own)), "a") == RUN, why
    durations = write("d.csv", f"recording,start,duration\na,{began},9\n")
    assert instances(load(write("t.csv", row), durations=durations), "a") == RUN, why


def test_absolute_times_need_the_start(load: Callable, write: Callable) -> None:
    head = "recording,start,end,label,recording_start\na,"
    for row, message in [
        ("2024-03-01T10:00:01Z,2024-03-01T10:00:04Z,run,", "is a date: .* column recording_start"),
        (
            "2024-03-01T10:00:01Z,2024-03-01T10:00:04,run,2024-03-01T10:00:00Z",
            "only one of .* zone",
        ),
        ("2024-03-01T10:00:61,2024-03-01T10:00:04,run,2024-03-01T10:00:00", "is no time of day"),
        ("09:59:58,10:00:04,run,10:00:00", "'09:59:58' is before the recording's start"),
    ]:
        with pytest.raises(ValueError, match=message):
            load(write("t.csv", head + row + "\n"))
    plain = load(write("t.csv", "recording,start,end,label\na,10:00:01,10:00:04,run\n"))
    assert any("from 10:00:01 on, were counted from the rec" in note for note in plain.notes)


def test_a_workbook(load: Callable, write: Callable, tmp_path: Path) -> None:
    """Numbers, clocks and dates are cells of their own kinds."""
    pytest.importorskip("python_calamine")
    began = datetime.datetime(2024, 3, 1, 10)
    cells = [["recording", "start", "end", "label", "recording_start"],
             ["a", 1.5, 4, "run", began],
             ["b", began + datetime.timedelta(seconds=1.5), began + datetime.timedelta(seconds=4),
              "run", began]]  # fmt: skip
    imported = load(write("t.xlsx", workbook(cells)))
    assert instances(imported, "a") == instances(imported, "b") == RUN
    cells[2][1] = "soon"
    with pytest.raises(ValueError, match="row 3: 'soon' is no time"):
        load(write("t.xlsx", workbook(cells)))
    with pytest.raises(ValueError, match="cannot be read as an Excel workbook"):
        load(write("t.xlsx", b"PK\x03\x04"))


def workbook(rows: list[list[object]]) -> bytes:
    """The least that Excel opens."""

    def cell(value: object) -> str:
        if isinstance(value, datetime.datetime):
            days = (value - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)
            return f'<c s="1"><v>{days!r}</v></c>'
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    sheet = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/s.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/worksheets/s.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}'
        "</sheetData></worksheet>",
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return data.getvalue()


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
    assert text.startswith("7 rows cannot be read, nothing is written:")
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
    head, same = "recording,start,end,label\n", "a,1,x,run\n" * 25
    with pytest.raises(
        ValueError, match=r"(?s)^25 rows.*line 2: .*no time.*\(and 24 more like it\)$"
    ):
        load(write("t.csv", head + same))
    others = "".join(f"a,1,x{n},run\n" for n in range(25))
    with pytest.raises(ValueError, match=r"(?s)^25 rows.*line 11: .*and 15 more$"):
        load(write("t.csv", head + others))


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
        ("recording,start,end,label\na,1,2,x\n", {"group": r"(\d)"}, "1 recording without a group"),
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
        ("duration", ("length", None)),
        ("duration_ms", ("length", "milliseconds")),
        ("last_frame", ("end", "frames")),
        ("", (None, None)),
    ],
)
def test_role_of_a_column(column: str, role: tuple) -> None:
    assert role_of(column) == role


def test_columns_of_details_can_be_named(load: Callable, write: Callable) -> None:
    path = write("a.csv", "recording,from,to,label,Who,Sure\na,1,2,run,anna,0.5\na,3,4,run,ben,1\n")
    columns = {"subject": "Who", "score": "Sure"}
    found = load(path, columns=columns).database["a"]["annotations"]
    assert [(i["subject"], i["score"]) for i in found] == [("anna", 0.5), ("ben", 1)]
    assert {*load(path, columns=columns, per_subject=True).database} == {"a.anna", "a.ben"}
    with pytest.raises(ValueError, match=r"no column 'X' \(--columns subject=\.\.\.\)"):
        load(path, columns={"subject": "X"})
    log = write(
        "b.csv", "time,behavior,status,mouse\n1,hop,POINT,m1\n1,run,START,m1\n2,run,STOP,m1\n"
    )
    _, one = load(log, columns={"subject": "mouse"}).database["b"]["annotations"]
    assert (one["subject"], one["segment"]) == ("m1", [1, 2])
