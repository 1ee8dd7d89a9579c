"""What all formats share: format, subset, duration, label ids, segments."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clips import write_clip
from importer_helpers import instances

from mmtal.datasets import TemporalDataset
from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.experiments.extracting import execute, plan_extraction
from mmtal.preparation.importers import (
    Format,
    ImportOptions,
    Source,
    detection,
    import_annotations,
    known_formats,
    read_class_names,
    write_annotations,
)
from mmtal.preparation.importers.collected import Collected

TABLE = "recording,start,end,label\na,1.5,4,run\nb,2,3,jump\n"


# ---------------------------------------------------------------- format


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", {"results": {}}, "the JSON holds results. "),
        ("a.json", [], "the JSON is a list of 0"),
        ("a.json", "{", "is not JSON"),
        ("a.json", "[" * 100_000, "is not JSON"),
        ("a.json", {}, "is in no known format"),
        ("a.csv", "one,two\n1,2\n", "the first line is 'one,two'"),
        ("a.csv", "tape,start,end\n", "no column for the label: .* --columns label=NAME"),
        ("a.csv", "", "the file is empty"),
        ("a.npy", b"\x93NUMPY\x01\x00v", "not text"),
        ("a.bin", b"\0\0", "not text"),
        # "video start end" and "a word each": neither is complete
        ("a.txt", "v1 1.5 4\nv2\n", "is in no known format"),
    ],
)
def test_unknown_files_are_refused(
    load: Callable, write: Callable, name: str, content, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load(write(name, content))


def test_ambiguous_files_are_refused(load: Callable, write: Callable, tmp_path: Path) -> None:
    """A folder with documents of ELAN and label files of frames."""
    write("both/a.eaf", "<ANNOTATION_DOCUMENT/>")
    write("both/a.txt", "run\nrun\njump\n")
    with pytest.raises(
        ValueError, match=r"could be elan \(.*\) and frames \(.*choose with --format"
    ):
        load(tmp_path / "both", fps=1)
    assert len(instances(load(tmp_path / "both", fps=1, format_name="frames"), "a")) == 2


def test_folders(load: Callable, tmp_path: Path, write: Callable) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="the folder holds no file"):
        load(tmp_path / "empty")
    write("other/a.pdf", b"x")
    with pytest.raises(ValueError, match=r"the folder holds a.pdf"):
        load(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        load(tmp_path / "nowhere")


def test_names_of_formats_are_their_keys() -> None:
    formats = known_formats()
    assert [entry.name for entry in formats.values()] == list(formats)
    assert len(formats) >= 21


def test_a_plugin_adds_a_format(
    load: Callable, write: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(source: Source, options: ImportOptions, collected: Collected) -> None:
        recording = collected.recording("x", where=str(source.path))
        collected.add(recording, 1, 2, "run", where=str(source.path))

    mine = Format("mine", "my format", lambda probe: probe.text == "mine", read)
    monkeypatch.setattr(detection, "_FORMATS", dict(known_formats()))
    monkeypatch.setattr(detection, "load_plugins", lambda: detection.add_format(mine))
    assert load(write("a.x", "mine")).formats == ("mine",)
    with pytest.raises(ValueError, match="there is a format 'elan' already"):
        detection.add_format(replace(mine, name="elan"))
    with pytest.raises(ValueError, match=r"the format must be one of activitynet, .* but got 'x'"):
        load(write("a.x", "mine"), format_name="x")


# ---------------------------------------------------------------- subset


@pytest.mark.parametrize(
    ("name", "subset"),
    [
        ("train.csv", "training"),
        ("my-val-2.csv", "validation"),
        ("EPIC_100_test.csv", "test"),
        ("constraints.csv", "training"),  # "train" is no word of it
        ("train_and_test.csv", "training"),  # told by nothing, so by default
    ],
)
def test_subset_by_name(load: Callable, write: Callable, name: str, subset: str) -> None:
    imported = load(write(name, TABLE))
    assert {entry["subset"] for entry in imported.database.values()} == {subset}
    assert sum("subset" in note for note in imported.notes) == 1


def test_subset_given(write: Callable) -> None:
    one, two = write("1.csv", TABLE), write("2.csv", TABLE.replace("a,", "c,").replace("b,", "d,"))
    sources = [Source.parse(f"training={one}"), Source.parse(f"test={two}")]
    imported = import_annotations(sources)
    assert [e["subset"] for e in imported.database.values()] == ["training"] * 2 + ["test"] * 2
    assert not any("subset" in note for note in imported.notes)
    equals = write("x=1.csv", TABLE)
    assert Source.parse(str(equals)).path == equals


# ---------------------------------------------------------------- durations


def test_table_of_durations(load: Callable, write: Callable) -> None:
    path = write("t.csv", TABLE)
    for text, fps in [
        ("recording,duration,fps\na,9.5,20\nb,0:08,\n", None),
        ("video;frames;fps\na;190;20\nb;80;10\n", None),
        ("video\tframes\na\t95\nb\t80\n", 10),
    ]:
        imported = load(path, durations=write("d.csv", text), fps=fps)
        assert [e["duration"] for e in imported.database.values()] == [9.5, 8.0], text
    imported = load(path, durations=write("d.csv", "recording,duration\na,9.5\n"))
    assert "duration" not in imported.database["b"]
    assert any("lacks 1 recording, such as 'b'" in note for note in imported.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("recording,length_mm\na,9\n", "must name the columns recording, and duration"),
        ("recording,duration\na,0\nb,x\n", "line 2: 'duration' must be a number > 0(.|\n)*line 3"),
        ("recording,duration\na,3\n", "segment outside the recording"),
    ],
)
def test_bad_durations(load: Callable, write: Callable, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(write("t.csv", TABLE), durations=write("d.csv", text))
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load(write("t.csv", TABLE), durations=Path("nowhere.csv"))


def test_durations_from_features(load: Callable, write: Callable, tmp_path: Path) -> None:
    (tmp_path / "features").mkdir()
    np.save(tmp_path / "features" / "a.npy", np.zeros((20, 2), np.float32))
    arguments = dict(features=tmp_path / "features", fps=8)
    imported = load(write("t.csv", TABLE), **arguments, feature_stride=4, snippet_frames=16)
    assert imported.database["a"]["duration"] == (19 * 4 + 16) / 8
    assert "duration" not in imported.database["b"]
    assert any("1 recording without a feature file" in note for note in imported.notes)
    with pytest.raises(ValueError, match="need --feature-stride and --snippet-frames"):
        load(write("t.csv", TABLE), **arguments)
    with pytest.raises(ValueError, match="give --fps"):
        load(
            write("t.csv", TABLE),
            features=tmp_path / "features",
            feature_stride=4,
            snippet_frames=4,
        )
    with pytest.raises(FileNotFoundError, match="feature folder"):
        load(write("t.csv", TABLE), features=tmp_path / "none")


def test_durations_from_extracted_features(load: Callable, write: Callable, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs PyAV: pip install av")
    video = write_clip(tmp_path / "a.mp4", times=105)
    [job] = plan_extraction({"a": video}, tmp_path / "features", backbone="pixels")
    execute(job)
    for expected in (4.2, 4.0):  # the video's; where it is gone, that of 16 features
        imported = load(write("t.csv", TABLE), features=tmp_path / "features", fps=25)
        assert imported.database["a"]["duration"] == pytest.approx(expected)
        video.unlink(missing_ok=True)


# ---------------------------------------------------------------- segments


BAD = "recording,start,end,label,recording_duration\na,4,1,x,5\na,2,2,x,5\na,3,6,x,5\na,-1,2,x,5\n"


def test_bad_segments(load: Callable, write: Callable) -> None:
    path = write("t.csv", BAD + "a,1,5,x,5\n")
    with pytest.raises(ValueError) as caught:
        load(path)
    text = str(caught.value)
    assert "reversed segment (1 found)" in text and "empty segment (1 found)" in text
    assert "segment outside the recording (2 found)" in text
    assert "t.csv, line 4: 'x' [3, 6] s, duration 5 s" in text and "--bad-segments keep" in text
    kept = load(path, bad_segments="keep")
    assert len(instances(kept, "a")) == 5 and not kept.dropped
    assert "2 kept as published: segment outside the recording" in kept.notes
    dropped = load(path, bad_segments="drop")
    assert instances(dropped, "a") == [("x", 1, 5)]
    assert sum(dropped.dropped.values()) == 4


def test_a_time_before_the_start_of_a_recording_of_unknown_length(
    load: Callable, write: Callable
) -> None:
    with pytest.raises(ValueError, match=r"outside the recording \(1 found\)"):
        load(write("t.csv", "recording,start,end,label\na,-1,2,x\n"))


def test_rounding_at_the_end_is_no_mistake(load: Callable, write: Callable) -> None:
    text = "recording,start,end,label,recording_duration\na,0,5.0000001,x,5\n"
    assert len(instances(load(write("t.csv", text)), "a")) == 1


# ---------------------------------------------------------------- labels


def test_label_ids_by_file(load: Callable, write: Callable) -> None:
    for text, expected in [
        ("0 run\n1 jump\n", [0, 1]),
        ("1 run\n2 jump\n", [0, 1]),
        ("run\njump\n", [0, 1]),
        ("c000 sit\nc001 run\nc002 jump\n", [1, 2]),
        ("id,key,other\n0,sit,x\n5,run,\n6,jump,\n", [5, 6]),
        ('000\t"quoted"\n001\tjump\n002\trun\n', [2, 1]),
    ]:
        imported = load(write("t.csv", TABLE), classes=read_class_names(write("c.txt", text)))
        found = [e["annotations"][0]["label_id"] for e in imported.database.values()]
        assert found == expected, text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 run\n", "line 3: label 'jump' has no number in the file of classes"),
        ("0 run\n0 jump\n", "occurs twice"),
        ("0 run\n1 run\n", "occurs twice"),
        ("id,key\nx,run\n", "'x' is no class number"),
        ("\n", "names no class"),
    ],
)
def test_bad_files_of_classes(load: Callable, write: Callable, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(write("t.csv", TABLE), classes=read_class_names(write("c.txt", text)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,1,2,x,0\na,3,4,x,1\n", "line 3: label 'x' has the label id 1 here and 0 before"),
        ("a,1,2,x,0\na,3,4,y,0\n", "labels 'x' and 'y' share the label id 0"),
        ("a,1,2,x,0\na,3,4,y,\n", "line 3: label 'y' has no number in the other labels' ids"),
    ],
)
def test_contradicting_ids(load: Callable, write: Callable, rows: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(write("t.csv", "recording,start,end,label,label_id\n" + rows))


def test_ids_and_file_of_classes_must_agree(load: Callable, write: Callable) -> None:
    path = write("t.csv", "recording,start,end,label,label_id\na,1,2,x,1\n")
    assert len(instances(load(path, classes={0: "y", 1: "x"}), "a")) == 1
    with pytest.raises(ValueError, match="label 'x' has the label id 1, but the file of classes"):
        load(path, classes={0: "x", 1: "y"})


def test_doubts_are_told(load: Callable, write: Callable) -> None:
    text = (
        "recording,start,end,label\nclip.mp4,1.5,4,run\nclip.mp4,5,6,Run\n"
        + "clip.mp4,7,8,run\n" * 3
    )
    notes = "\n".join(load(write("t.csv", text)).notes)
    assert "differ only in case: 'Run', 'run'" in notes
    assert "must be named 'clip.mp4.npy'" in notes
    assert "1 recording without fps" in notes
    assert "2 instances repeat another" in notes


def test_a_segment_that_ends_just_outside_is_clipped(load: Callable, write: Callable) -> None:
    """Within a frame or a feature, which tools round differently; not what the source keeps."""
    text = "recording,start,end,label,recording_duration\na,-0.03,4,run,10\na,5,10.03,run,10\n"
    path = write("t.csv", text)
    for options in (dict(fps=25), {}, dict(fps=100, feature_stride=4)):
        imported = load(path, **options)
        assert instances(imported, "a") == [("run", 0, 4), ("run", 5, 10)]
        assert any(note.startswith("2 segments reach just over an end") for note in imported.notes)
    assert instances(load(path, fps=25, bad_segments="keep"), "a")[1] == ("run", 5, 10.03)
    with pytest.raises(ValueError, match=r"segment outside the recording \(2 found\)"):
        load(path, fps=100)
    with pytest.raises(ValueError, match=r"segment outside the recording \(1 found\)"):
        load(write("t.csv", text + "a,10.01,10.03,run,10\n"), fps=25)  # nothing of it is left


@pytest.mark.parametrize("name", ["../../etc/x", "/etc/x"])
def test_names_that_lead_out_of_a_folder(load: Callable, write: Callable, name: str) -> None:
    path = write("t.csv", f"recording,start,end,label\n{name},1,2,run\n")
    with pytest.raises(ValueError, match=rf"'{name}' must not lead out of a folder: rename it"):
        load(path)


def test_byte_order_marks_and_gzip(load: Callable, write: Callable) -> None:
    """In every reader of text: annotations, lists, classes, durations."""
    entry = dict(subset="x", annotations=[dict(label="run", segment=[1, 2])])
    text = json.dumps({"database": {"a": entry}})
    for data in (text.encode("utf-8-sig"), gzip.compress(text.encode()), text.encode("utf-16")):
        path = write("a.json", data)
        assert list(load(path).database) == list(AnnotationFile(path).database) == ["a"]
    names = write("c.txt", gzip.compress("0 run\n".encode("utf-8-sig")))
    lists = [Source(write("l.txt", "a\n".encode("utf-8-sig")), "test")]
    durations = write("d.csv", "recording,duration\na,9\n".encode("utf-8-sig"))
    found = load(path, classes=read_class_names(names), lists=lists, durations=durations)
    assert found.database["a"]["subset"] == "test" and found.database["a"]["duration"] == 9


def test_a_file_without_an_instance_is_refused(load: Callable, write: Callable) -> None:
    path = write("a.json", {"database": {"a": dict(subset="test"), "b": dict(subset="test")}})
    with pytest.raises(ValueError, match=r"no instance could be read \(2 recordings, read as act"):
        load(path)


def test_options_check_themselves() -> None:
    for given in (dict(fps=float("nan")), dict(feature_stride=-1), dict(unit="days")):
        with pytest.raises(ValueError, match=f"{next(iter(given))} must be"):
            ImportOptions(**given)
    assert ImportOptions(unit="ms").unit == "milliseconds"


# ---------------------------------------------------------------- writing


def test_there_and_back(load: Callable, write: Callable, tmp_path: Path) -> None:
    """Numbers that have no short decimal form, odd names, recordings without instances."""
    content = {
        'a, "b"': dict(
            subset="training",
            duration=10 / 3,
            fps=30000 / 1001,
            group="s 1",
            annotations=[
                dict(label="x, y", label_id=4, segment=[0.1 + 0.2, 10 / 3]),
                dict(label='say "z"', label_id=0, segment=[0, 1e-7]),
            ],
        ),
        "Ä": dict(subset="test", annotations=[]),
    }
    first = load(write("a.json", {"database": content}))
    assert first.database == content
    for ending in (".csv", ".tsv"):
        write_annotations(tmp_path / f"back{ending}", first.database)
        again = load(tmp_path / f"back{ending}")
        assert again.database == content and list(again.database) == list(content)
    write_annotations(tmp_path / "again.json", again.database)
    assert load(tmp_path / "again.json").database == content
    with pytest.raises(ValueError, match=r"must end in .json, .csv or .tsv"):
        write_annotations(tmp_path / "a.txt", content)


def test_what_is_written_builds_a_dataset(load: Callable, write: Callable, tmp_path: Path) -> None:
    (tmp_path / "features").mkdir()
    for name in "ab":
        np.save(tmp_path / "features" / f"{name}.npy", np.zeros((50, 2), np.float32))
    imported = load(
        write("t.csv", TABLE),
        features=tmp_path / "features",
        fps=10,
        feature_stride=1,
        snippet_frames=1,
    )
    write_annotations(tmp_path / "ann.json", imported.database)
    dataset = TemporalDataset(
        "ann.json",
        data_root=str(tmp_path),
        features="features",
        subset="training",
        feature_stride=1,
        snippet_frames=1,
    )
    assert dataset.metainfo["classes"] == ("jump", "run")
    assert dataset.get_data_info(0)["segments"].tolist() == [[1.5, 4.0]]
    assert dataset.get_data_info(0)["duration"] == 5.0
