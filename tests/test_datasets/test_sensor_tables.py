"""Tables of sensors: clocks, gaps, rates, devices."""

import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmtal.datasets.features import open_features, read_shape
from mmtal.datasets.sensor_tables import clock_rate, describe_table, table_names, table_start

START = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
SECONDS = np.arange(500) / 50
JITTERED = SECONDS + np.random.default_rng(0).uniform(-0.004, 0.004, 500)


def signal(seconds: np.ndarray) -> np.ndarray:
    return np.stack([np.sin(3 * seconds), np.cos(2 * seconds) + 5], axis=1)


def write(path: Path, clock: str, times: list, values: np.ndarray, *, mark: str = ",") -> Path:
    rows = [
        mark.join([str(t), *map("{:.5f}".format, v)]) for t, v in zip(times, values, strict=True)
    ]
    header = mark.join([clock, "x [g]", "y [g]"])
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def moments(seconds: np.ndarray) -> list[str]:
    return [(START + datetime.timedelta(seconds=float(s))).isoformat() for s in seconds]


@pytest.mark.parametrize(
    ("clock", "times"),
    [
        ("time", JITTERED.round(5).tolist()),
        ("t", (JITTERED + 17.3).round(5).tolist()),
        ("timestamp", (1000 * JITTERED).round().astype(int).tolist()),
        ("time_ms", (1000 * JITTERED).round(3).tolist()),
        ("Timestamp (ms)", (1000 * JITTERED).round(3).tolist()),
        ("time [us]", (1e6 * JITTERED).round().tolist()),
        ("unix_time", (1.7e9 + JITTERED).round(4).tolist()),
        ("Timestamp", (1.7e12 + 1000 * JITTERED).round(1).tolist()),
        ("time", (1.7e18 + 1e9 * JITTERED).astype("int64").tolist()),
        ("datetime", moments(JITTERED)),
        ("date", [text.replace("T", " ").replace("+02:00", "Z") for text in moments(JITTERED)]),
        ("clock", [text[11:26] for text in moments(JITTERED)]),
        ("seconds_elapsed", JITTERED.round(5).tolist()),
    ],
)
def test_clocks_are_understood(tmp_path: Path, clock: str, times: list) -> None:
    path = write(tmp_path / "a.csv", clock, times, signal(JITTERED))
    assert clock_rate([path]) == 50 and table_names(path) == ("x [g]", "y [g]")
    values = open_features([path]).read()
    assert abs(len(values) - 500) <= 1
    first = JITTERED[0]
    np.testing.assert_allclose(values[:498], signal(first + SECONDS[:498]), atol=0.02)


@pytest.mark.parametrize("mark", [";", "\t", " "])
def test_delimiters_units_below_names_and_lines_before_them(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path / "a.csv", "time", SECONDS.round(3).tolist(), signal(SECONDS), mark=mark)
    header, rest = path.read_text().split("\n", 1)
    units = mark.join(["s", "g", "g"])
    names = header.replace(" [g]", "")
    text = rest.replace(".", ",") if mark != " " else rest
    path.write_text(f"Sensor: 12, left\n\n{names}\n{units}\n{text}")
    if mark == " ":
        path.write_text(f"Sensor: 12, left\n{names}\n{units}\n{text}")
    assert table_names(path) == ("x [g]", "y [g]")
    np.testing.assert_allclose(open_features([path]).read(), signal(SECONDS), atol=1e-4)


def test_regular_samples_stay_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time", SECONDS.tolist(), signal(SECONDS))
    np.testing.assert_allclose(open_features([path]).read(), signal(SECONDS), atol=1e-5)
    assert describe_table(path, rate=None, together=()) == []


def test_gaps_are_bridged_or_masked_and_named(tmp_path: Path) -> None:
    kept = np.ones(500, bool)
    kept[100:110] = kept[200:300] = False
    path = write(tmp_path / "a.csv", "time", SECONDS[kept].tolist(), signal(SECONDS)[kept])
    values = open_features([path]).read()
    assert values.shape == (500, 2)
    np.testing.assert_allclose(values[kept], signal(SECONDS)[kept], atol=1e-4)
    np.testing.assert_allclose(values[100:110], signal(SECONDS[100:110]), atol=0.1)
    others = np.delete(values, slice(200, 300), axis=0)
    np.testing.assert_allclose(values[200:300], np.tile(others.mean(axis=0), (100, 1)), atol=1e-5)
    (text,) = describe_table(path, rate=None, together=())
    assert text == "no samples from 3.98 to 6.00 s: masked"
    (tmp_path / "tables.yaml").write_text("max_gap: 3")
    assert describe_table(path, rate=None, together=()) == []
    assert np.ptp(open_features([path]).read()[200:300, 0]) > 0.1


def test_missing_values_of_one_channel_are_its_own(tmp_path: Path) -> None:
    """Sensors of different rates in one table leave empty cells."""
    path = write(tmp_path / "a.csv", "time", SECONDS.tolist(), signal(SECONDS))
    lines = path.read_text().split("\n")
    lines[2:-1:2] = [line.rpartition(",")[0] + "," for line in lines[2:-1:2]]
    path.write_text("\n".join(lines))
    np.testing.assert_allclose(open_features([path]).read(), signal(SECONDS), atol=0.03)


def test_values_that_one_channel_lacks_for_long_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time", SECONDS.tolist(), signal(SECONDS))
    lines = path.read_text().split("\n")
    lines[202:302] = [line.rpartition(",")[0] + "," for line in lines[202:302]]
    path.write_text("\n".join(lines))
    (text,) = describe_table(path, rate=None, together=())
    assert text.startswith("no values of 'y [g]' from ") and text.endswith(": masked")


def test_infinite_samples_are_no_missing_ones(tmp_path: Path) -> None:
    values = signal(SECONDS)
    values[7, 1] = np.inf
    path = write(tmp_path / "a.csv", "time", SECONDS.tolist(), values)
    with pytest.raises(ValueError, match=r"column 'y \[g\]' is infinite in sample 7: empty"):
        open_features([path])


def test_a_date_and_a_time_of_day_are_one_clock(tmp_path: Path) -> None:
    times = [moment.split("T") for moment in moments(JITTERED)]
    rows = [
        f"{d},{h[:15].removeprefix('0')},{x}"
        for (d, h), (x, _) in zip(times, signal(JITTERED), strict=True)
    ]
    (tmp_path / "a.csv").write_text("date,time,x\n" + "\n".join(rows))
    assert table_names(tmp_path / "a.csv") == ("x",)
    start = table_start(tmp_path / "a.csv")
    assert start is not None and start > 1e9
    values = open_features([tmp_path / "a.csv"]).read()
    np.testing.assert_allclose(
        values[:498, 0], signal(JITTERED[0] + SECONDS[:498])[:, 0], atol=0.02
    )


def test_repeated_disordered_and_coarse_times(tmp_path: Path) -> None:
    twice = np.insert(SECONDS, 100, SECONDS[100])
    path = write(tmp_path / "twice.csv", "time", twice.tolist(), signal(twice))
    assert describe_table(path, rate=None, together=()) == [
        "1 row with the time of another: averaged"
    ]
    order = np.arange(500)
    order[[40, 41]] = 41, 40
    path = write(tmp_path / "order.csv", "time", SECONDS[order].tolist(), signal(SECONDS[order]))
    np.testing.assert_allclose(open_features([path]).read(), signal(SECONDS), atol=1e-5)
    path = write(tmp_path / "coarse.csv", "time", np.floor(SECONDS).tolist(), signal(SECONDS))
    assert describe_table(path, rate=None, together=()) == [
        "500 samples at 10 times: spread evenly"
    ]
    np.testing.assert_allclose(open_features([path]).read(), signal(SECONDS), atol=1e-4)


@pytest.mark.parametrize("rate", [20, 25, 33.3, 100])
def test_other_rates_have_no_aliases(tmp_path: Path, rate: float) -> None:
    slow, fast = np.sin(3 * SECONDS), np.sin(2 * np.pi * 23 * SECONDS)
    values = np.stack([slow, slow + fast], axis=1)
    path = write(tmp_path / "a.csv", "time", SECONDS.tolist(), values)
    found = open_features([path], rate=rate).read()
    assert read_shape(path, rate=rate) == found.shape
    grid = np.arange(len(found)) / rate
    assert abs(len(found) - 10 * rate) <= 2
    inner = slice(10, -10)
    np.testing.assert_allclose(found[inner, 0], np.sin(3 * grid)[inner], atol=0.02)
    if rate < 40:  # 23 Hz is beyond half of it
        np.testing.assert_allclose(found[inner, 1], np.sin(3 * grid)[inner], atol=0.1)


def test_devices_of_one_recording_share_a_grid(tmp_path: Path) -> None:
    """They start and end at other times, and have other rates."""
    (tmp_path / "wrist").mkdir(), (tmp_path / "hip").mkdir()
    other = np.arange(1000) / 100 + 1.3
    wrist = write(tmp_path / "wrist" / "a.csv", "time", moments(SECONDS), signal(SECONDS))
    hip = write(tmp_path / "hip" / "a.csv", "time", moments(other), signal(other))
    with pytest.raises(ValueError, match=r"wrist/a\.csv has 50, .*hip/a\.csv has 100\. Give fps"):
        open_features([wrist, hip])
    values = open_features([wrist, hip], rate=50).read()
    assert values.shape == (565, 4)
    np.testing.assert_allclose(values[70:495, :2], values[70:495, 2:], atol=0.02)
    assert describe_table(hip, rate=50, together=[wrist, hip]) == [
        "no samples from 0.00 to 1.30 s: masked"
    ]
    assert table_start(wrist) == START.timestamp()
    late = write(tmp_path / "late.csv", "time", moments(SECONDS + 99), signal(SECONDS))
    with pytest.raises(ValueError, match=r"must overlap in time, but .*wrist.*late\.csv from"):
        open_features([wrist, late], rate=50)


def test_parquet_with_a_clock(tmp_path: Path) -> None:
    stamps = pa.array((1.7e18 + 1e9 * SECONDS).astype("int64"), pa.timestamp("ns", tz="UTC"))
    columns = dict(time=stamps, x=signal(SECONDS)[:, 0], y=signal(SECONDS)[:, 1])
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    np.testing.assert_allclose(
        open_features([tmp_path / "a.parquet"]).read(), signal(SECONDS), atol=1e-5
    )
    assert table_start(tmp_path / "a.parquet") == pytest.approx(1.7e9)


def test_counters_of_packets_that_wrap(tmp_path: Path) -> None:
    ticks = (65_400 + np.delete(np.arange(500), [7, 8, 300])) % 65_536
    values = np.delete(signal(SECONDS), [7, 8, 300], axis=0)
    path = write(tmp_path / "a.csv", "PacketCounter", ticks.tolist(), values)
    with pytest.raises(ValueError, match=r"'PacketCounter' goes by 1|must hold|counts from"):
        open_features(
            [write(tmp_path / "b.csv", "PacketCounter", list(range(500)), signal(SECONDS))]
        )
    (tmp_path / "tables.yaml").write_text("{time: PacketCounter, unit: 0.02}")
    np.testing.assert_allclose(open_features([path]).read(), signal(SECONDS), atol=0.02)


def test_an_index_is_no_channel(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},{x:.3f},{y:.3f}" for n, (x, y) in enumerate(signal(SECONDS)))
    (tmp_path / "a.csv").write_text(",x,y\n" + rows)
    assert table_names(tmp_path / "a.csv") == ("x", "y")
    assert open_features([tmp_path / "a.csv"]).read().shape == (500, 2)


BAD = {
    "a clock that counts by 1": ("time", list(range(500)), r"'time' goes by 1, .*name it 'time_s'"),
    "a counter as a channel": (
        "sample_no",
        list(range(500)),
        r"'sample_no' counts from row to row",
    ),
    "a clock that was reset": ("time", [*SECONDS[:300], *SECONDS[:200]], r"sample 300 is 5\.98 s"),
    "a clock that stands": ("time_s", [3.0] * 500, r"must have samples at two times or more"),
    "a wrong stamp": ("time_s", [0, *(1e7 + SECONDS[1:])], r"take wrong time stamps out"),
    "no time in a row": ("time", ["", *SECONDS[1:]], r"sample 0 must have a time in column 'time'"),
    "texts": (
        "kind",
        ["run"] * 500,
        r"line 2: column 'kind' must hold numbers, but has 'run'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_clocks_are_named(tmp_path: Path, case: str) -> None:
    clock, times, message = BAD[case]
    path = write(tmp_path / "a.csv", clock, times, signal(SECONDS))
    with pytest.raises(ValueError, match=rf"a\.csv.*{message}|{message}"):
        open_features([path])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("maxgap: 1", "must have some of time, unit, max_gap, start, channels, but has 'maxgap'"),
        ("[1]", "but is no mapping"),
        ("max_gap: -1", "max_gap must be seconds >= 0, but got -1"),
        ("start: x", "start must be seconds, but got 'x'"),
        ("start: 12", "ends at 9.98 s of its clock, before 'start'"),
        ("unit: h", "unit of 'time' must be s, ms, us or ns, but got 'h'"),
        ("unit: 0.0", "unit of 'time' must be seconds > 0"),
        ("time: stamp", "has no column 'stamp'"),
        ("channels: x", "channels must be a list of columns, but got 'x'"),
    ],
)
def test_bad_settings_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "a.csv", "time", SECONDS.tolist(), signal(SECONDS))
    (tmp_path / "tables.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        open_features([path])


def test_second_0_may_be_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time", (SECONDS + 4).tolist(), signal(SECONDS))
    for start, first in ((0, 200), (4, 0), (6, -100)):
        (tmp_path / "tables.yaml").write_text(f"start: {start}")
        values = open_features([path]).read()
        assert len(values) == 500 + first
        np.testing.assert_allclose(values[-300:], signal(SECONDS)[-300:], atol=1e-4)


def test_settings_choose_the_channels(tmp_path: Path) -> None:
    text = "time,label,y,x\n" + "\n".join(f"{t},run,{2 * t},{t % 1}" for t in SECONDS)
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=r"line 2: column 'label' .*'channels: \[\.\.\.\]'"):
        open_features([tmp_path / "a.csv"])
    (tmp_path / "tables.yaml").write_text("channels: [x, y]")
    values = open_features([tmp_path / "a.csv"]).read()
    np.testing.assert_allclose(values, np.stack([SECONDS % 1, 2 * SECONDS], axis=1), atol=1e-5)
