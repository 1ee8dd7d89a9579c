"""Units that names of columns say, logs of events, tables of frames and of durations."""

from collections.abc import Callable

import pytest
from importer_helpers import instances

LOG = "time,label,type\n1,run,START\n2.5,run,STOP\n"


@pytest.mark.parametrize(
    ("names", "times", "fps", "span"),
    [
        ("start_us,end_us", "1500000,4000000", None, (1.5, 4)),
        ("start (µs),end (µs)", "1500000,4000000", None, (1.5, 4)),
        ("start_min,end_min", "0.5,2", None, (30, 120)),
        ("start (h),end (h)", "0.5,1", None, (1800, 3600)),
        ("start_s,duration_ms", "1.5,2500", None, (1.5, 4)),
        ("start_frame,duration_s", "15,2.5", 10, (1.5, 4)),
        ("start_frame,duration", "15,25", 10, (1.5, 4)),
    ],
)
def test_units_of_columns(
    load: Callable, write: Callable, names: str, times: str, fps: float | None, span: tuple
) -> None:
    path = write("a.csv", f"recording,{names},label\na,{times},run\n")
    assert instances(load(path, fps=fps), "a") == [("run", *span)]


@pytest.mark.parametrize(
    ("name", "fps", "start"), [("on_ms", None, 0.0015), ("sample_1", 10, 0.15), ("on_s", 10, 1.5)]
)
def test_units_of_columns_that_are_given(
    load: Callable, write: Callable, name: str, fps: float | None, start: float
) -> None:
    path = write("a.csv", f"recording,{name},what,label\na,1.5,4,run\n")
    columns = dict(start=name, end="what")
    assert instances(load(path, fps=fps, columns=columns), "a") == [("run", start, 4)]


def test_units_that_are_given_are_not_guessed(load: Callable, write: Callable) -> None:
    path = write("a.csv", "recording,start,end,label\na,1000,5000,run\n")
    durations = write("d.csv", "recording,duration\na,10\n")
    with pytest.raises(ValueError, match="segment outside"):
        load(path, durations=durations, unit="frames", fps=25)


def test_a_log_of_one_pair(load: Callable, write: Callable) -> None:
    assert instances(load(write("a.csv", LOG)), "a") == [("run", 1, 2.5)]
    commas = LOG.replace(",", ";").replace("2.5", "2,5")
    assert instances(load(write("b.csv", commas)), "b") == [("run", 1, 2.5)]
    frames = LOG.replace("time", "frame").replace("2.5", "25")
    assert instances(load(write("c.csv", frames), fps=10), "c") == [("run", 0.1, 2.5)]


def test_a_regular_log_is_no_table_of_frames(load: Callable, write: Callable) -> None:
    rows = [f"{k},groom,{'START' if k < 3 else 'STOP'},m{k % 2}" for k in range(1, 5)]
    imported = load(write("a.csv", "\n".join(["time,behavior,status,animal", *rows])))
    assert imported.formats == ("event-log",)
    assert instances(imported, "a") == [("groom", 1, 3), ("groom", 2, 4)]


def test_dates_in_a_log_count_from_the_start(load: Callable, write: Callable) -> None:
    text = LOG.replace("1,", "2024-01-01 10:00:01,").replace("2.5,", "2024-01-01 10:00:02.5,")
    path = write("a.csv", text)
    with pytest.raises(ValueError, match="a column recording_start of this table or of"):
        load(path)
    durations = write("d.csv", "recording,recording_start\na,2024-01-01 10:00:00\n")
    assert instances(load(path, durations=durations), "a") == [("run", 1, 2.5)]
    started = text.replace("type", "type,recording_start").replace(
        "T\n2024", "T,2024-01-01 10:00:00\n2024"
    )
    path = write("b.csv", started.replace("P\n", "P,2024-01-01 10:00:00\n"))
    assert instances(load(path), "b") == [("run", 1, 2.5)]


def frames(numbers: list[int], column: str = "frame") -> str:
    return f"{column},run\n" + "".join(f"{n},{int(k > 0)}\n" for k, n in enumerate(numbers))


def test_frames_that_are_numbered(load: Callable, write: Callable) -> None:
    for first, start in ((0, 0.1), (1, 0.1), (100, 10.1)):
        path = write(f"from_{first}.csv", frames([first, first + 1, first + 2]))
        assert instances(load(path, fps=10), path.stem) == [("run", start, round(start + 0.2, 9))]
    for numbers in ([0, 2, 3], [0, 2, 1], [5, 5, 6]):
        with pytest.raises(ValueError, match=r"bad.csv, line \d: frame \d follows frame \d"):
            load(write("bad.csv", frames(numbers)), fps=10)
    with pytest.raises(ValueError, match="column 'run' occurs twice"):
        load(write("twice.csv", "frame,run,run\n0,0,1\n1,1,1\n"), fps=10)
    words = frames([0, 1, 2]).replace(",1", ",True").replace(",0", ",False")
    assert instances(load(write("w.csv", words), fps=10), "w") == [("run", 0.1, 0.3)]


def test_rates_of_frames_that_are_odd_are_said(load: Callable, write: Callable) -> None:
    text = frames([0, 100, 200], "time")
    notes = load(write("a.csv", text)).notes
    assert any("a row every 100 s, if column 'time' is in seconds" in note for note in notes)
    notes = load(write("b.csv", text), fps=10).notes
    assert any("'time' says 0.01 frames per second" in note for note in notes)


def test_durations_of_files_and_of_two_kinds(load: Callable, write: Callable) -> None:
    path = write("a.csv", "recording,start,end,label\na,1,2,run\n")
    named = write("d.csv", "file,duration\na.mp4,10\n")
    assert load(path, durations=named).database["a"]["duration"] == 10
    twice = write("e.csv", "file,duration\na,10\nb,3\na,11\n")
    with pytest.raises(ValueError, match=r"e.csv, line 4: recording 'a' is in the table twice"):
        load(path, durations=twice)
