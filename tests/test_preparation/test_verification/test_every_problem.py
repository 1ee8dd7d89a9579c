"""Each kind of problem is found, told apart from the others, and comes with a remedy."""

import itertools
import json
import re
from collections import Counter

import numpy as np
import pytest

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.preparation.verification import verify
from mmtal.preparation.verification.findings import KINDS


def edit(**changes):
    """Change the first instance of r0."""
    return lambda own: own.instance().update(changes)


def entry(name="r0", **changes):
    return lambda own: own.database[name].update(changes)


def drop(name, key):
    return lambda own: own.database[name].pop(key)


def put(array, name="r0", folder="features"):
    return lambda own: own.put(name, array(own) if callable(array) else array, folder)


def spoiled(value, row=7, channel=3):
    def array(own):
        values = own.array()
        values[row, channel] = value
        return values

    return array


def constant(*channels):
    def array(own):
        values = own.array()
        values[:, list(channels)] = 0.5
        return values

    return array


def several(*steps):
    return lambda own: [step(own) for step in steps]


def rename(own, old, new):
    own.database[new] = own.database.pop(old)
    own.put(new)
    (own.features / f"{old}.npy").unlink()


def copy_features(own, source, target):
    (own.features / f"{target}.npy").write_bytes((own.features / f"{source}.npy").read_bytes())


def events(own, r0=2.0):
    """Events alone, the first of them at ``r0``."""
    for name, entry in own.database.items():
        times = (r0 if name == "r0" else 2.0, 12.0, 29.5)
        entry["annotations"] = [{"label": "run", "label_id": 0, "time": time} for time in times]
    return own.database


# name: (what is spoiled, arguments of verify, kind, severity, recording, value)
CASES = {
    "entry no object": (lambda own: own.database.update(r0=[1]), {},
        "malformed entry", "error", "r0", r"expected an object with a string 'subset'.*\[1\]"),
    "segment no numbers": (edit(segment=["1", "2"]), {},
        "malformed entry", "error", "r0", r"instance 0: expected 'segment'.*\['1', '2'\]"),
    "segment beyond all floats": (edit(segment=[1, 10**400]), {},
        "malformed entry", "error", "r0", "instance 0: expected 'segment'"),
    "duration negative": (entry(duration=-1), {},
        "malformed entry", "error", "r0", "'duration' to be a number > 0, but got -1"),
    "name leaves the folder": (lambda own: rename(own, "r0", "../x"), {},
        "name is no path below the features", "error", "../x", "would lie elsewhere"),
    "subset": (lambda own: None, {"subset": ["training", "tset"]},
        "subset does not occur", "error", None, "'tset'.*'training', 'validation'"),
    "no instance": (lambda own: [e.update(annotations=[]) for e in own.database.values()], {},
        "no instance", "error", None, "no recording has an instance"),
    "one label, two ids": (edit(label_id=1), {},
        "contradicting label ids", "error", "r1", "label 'run' the label_id 0, others give it 1"),
    "gap in the ids": (lambda own: [i.update(label_id=7) for e in own.database.values()
                                    for i in e["annotations"] if i["label"] == "jump"], {},
        "gap in the label ids", "error", None, r"label_id 7 \('jump'\) occurs with 2 classes"),
    "label not configured": (edit(label="hop"), {"classes": ["run", "jump"]},
        "unknown label", "error", "r0", "instance 0 'hop'"),
    "label_id not configured": (lambda own: None, {"classes": 1},
        "unknown label", "error", None, r"label_id 1 \('jump'\) occurs with 1 classes"),
    "no fps in one": (drop("r3", "fps"), {}, "missing fps", "error", "r3", "has no 'fps'"),
    "no fps at all": (lambda own: [e.pop("fps") for e in own.database.values()], {},
        "missing fps", "error", None, "none of 6 recordings"),
    "no fps at all, nor a stride to compare with": (
        lambda own: [e.pop("fps") for e in own.database.values()], {"feature_stride": None},
        "missing fps", "warning", None, "none of 6 recordings"),
    "no duration": (drop("r3", "duration"), {},
        "missing duration", "warning", "r3", "has no 'duration'"),
    "reversed": (edit(segment=[8, 2]), {}, "reversed segment", "error", "r0", r"'run' \[8, 2\] s"),
    "empty": (edit(segment=[2, 2]), {}, "empty segment", "error", "r0", r"'run' \[2, 2\] s"),
    "outside": (edit(segment=[2, 30.6]), {},
        "segment outside the recording", "error", "r0", r"\[2, 30.6\] s, duration 30 s"),
    "within a feature of the end": (edit(segment=[2, 30.4]), {},
        "segment outside the recording", "warning", "r0", r"\[2, 30.4\] s, duration 30 s"),
    "milliseconds": (lambda own: [i.update(segment=[1000 * t for t in i["segment"]])
                                  for e in own.database.values() for i in e["annotations"]], {},
        "times in another unit", "error", None, "look like ms: --unit ms"),
    "before the start": (edit(segment=[-0.6, 3]), {},
        "segment outside the recording", "error", "r0", r"\[-0.6, 3\] s"),
    "outside what the features reach": (
        several(drop("r0", "duration"), edit(segment=[2, 31.1])), {},
        "segment outside the recording", "error", "r0", r"duration 30.5 s"),
    "duplicated": (lambda own: own.database["r0"]["annotations"].append(
        {"label": "run", "label_id": 0, "segment": [2.0005, 8]}), {},
        "duplicated instance", "warning", "r0", "instance 2 .* repeats instance 0"),
    "shorter than a snippet": (edit(segment=[2, 2.4]), {},
        "shorter than one snippet", "warning", "r0", "lasts 0.4 s, a snippet 0.5 s"),
    "shorter than a feature": (edit(segment=[2, 2.4]), {"feature_stride": None},
        "shorter than one snippet", "warning", "r0", "lasts 0.4 s, a snippet 0.5 s"),
    "two spellings": (lambda own: own.database["r4"]["annotations"].append(
        {"label": "Run ", "label_id": 2, "segment": [20, 22]}), {},
        "labels differ only in case or spaces", "warning", None, "'run' and 'Run '"),
    "point": (lambda own: own.database["r4"]["annotations"].append(
        {"label": "hop", "label_id": 2, "time": 20}), {},
        "event without duration", "warning", None, "1 event without duration"),
    "point outside": (lambda own: events(own, r0=30.1), {},
        "event outside the recording", "error", "r0", "event 0 'run' at 30.1 s, duration 30 s"),
    "left-out point outside": (lambda own: own.database["r4"]["annotations"].append(
        {"label": "hop", "time": -1}), {},
        "event outside the recording", "warning", "r4", "event 2 'hop' at -1 s"),
    "points twice": (lambda own: events(own, r0=12.0005), {},
        "duplicated instance", "warning", "r0", "event 1 'run' at 12 s repeats instance 0"),
    "point no number": (lambda own: events(own, r0="0:12"), {},
        "malformed entry", "error", "r0", "'time' to be a number of seconds, but got '0:12'"),
    "points in frames": (lambda own: [i.update(time=4 * i["time"]) for e in events(own).values()
                                      for i in e["annotations"]], {},
        "times in another unit", "error", None, "look like frames: --unit frames"),
    "class of both": (lambda own: own.database["r4"]["annotations"].append(
        {"label": "run", "label_id": 0, "time": 20}), {},
        "class of segments and events", "error", None, "'run'"),
    "class absent": (lambda own: [own.database[n]["annotations"].pop() for n in ("r4", "r5")], {},
        "class absent from a split", "warning", None, "1 of 2 do not .* in 'validation': 'jump'"),
    "misspelt in a split": (lambda own: [i.update(label="jmup", label_id=2)
                                         for n in ("r4", "r5")
                                         for i in own.database[n]["annotations"]
                                         if i["label"] == "jump"], {},
        "label in two spellings", "error", None, "'jmup' .*only in 'validation'.*mean 'jump'"),
    "split without instances": (lambda own: [own.database[n].pop("annotations")
                                             for n in ("r4", "r5")], {},
        "split without instances", "error", None, "'validation' has none"),
    "split without instances, to look at": (
        lambda own: [own.database[n].pop("annotations") for n in ("r4", "r5")],
        {"subset": "validation"},
        "split without instances", "warning", None, "'validation' has none"),
    "no subset to test on": (
        lambda own: [own.database[n].update(subset="training") for n in ("r4", "r5")], {},
        "no subsets to train and test on", "error", None, "one to test on, but has 'training'"),
    "turned round": (
        lambda own: [own.put(f"r{n}", own.array(5, 57 + n)) for n in range(6)], {},
        "axes seem to be exchanged", "error", None, "all 6 recordings have 5 features of 57 to 62"),
    "case of ids": (lambda own: rename(own, "r4", "R0"), {},
        "ids differ only in case or prefix", "warning", "R0", "'r0' .* differ only in case"),
    "prefix of ids": (lambda own: rename(own, "r4", "v_r0"), {},
        "ids differ only in case or prefix", "warning", "v_r0", "'r0' .*in the prefix 'v_'"),
    "leak": (lambda own: copy_features(own, "r0", "r5"), {},
        "identical features in two splits", "error", "r5", "'r0'"),
    "copy": (lambda own: copy_features(own, "r0", "r1"), {},
        "identical features", "warning", "r1", "'r0'"),
    "folder": (lambda own: None, {"features": "/nowhere"},
        "missing feature folder", "error", None, "'/nowhere' is not a folder"),
    "file missing": (lambda own: (own.features / "r2.npy").unlink(), {},
        "missing feature file", "error", "r2", r"features/r2\.npy"),
    "file extra": (lambda own: own.put("other"), {},
        "extra feature file", "warning", None, r"features/other\.npy"),
    "file twice": (lambda own: np.savez(own.features / "r2.npz", own.array()), {},
        "extra feature file", "warning", None, r"features/r2\.npz: r2\.npy is read in its place"),
    "no bytes": (lambda own: (own.features / "r2.npy").write_bytes(b""), {},
        "empty feature file", "error", "r2", r"r2\.npy: has 0 bytes"),
    "no features": (put(np.zeros((0, 5), np.float32)), {},
        "empty feature file", "error", "r0", r"must not be empty.*\(0, 5\)"),
    "whole numbers": (put(np.zeros((60, 5), int)), {},
        "unusable feature file", "error", "r0", "must be float16, float32, float64"),
    "channels": (put(lambda own: own.array(60, 4)), {},
        "wrong channel count", "error", "r0", "4 channels, most have 5"),
    "NaN": (put(spoiled(np.nan)), {},
        "NaN, infinite or absurd feature", "error", "r0",
        "1 NaN, first in feature 7, channel 3 of .*r0"),
    "infinity": (put(spoiled(-np.inf)), {},
        "NaN, infinite or absurd feature", "error", "r0",
        "1 infinite, first in feature 7, channel 3"),
    "absurd": (put(spoiled(1e20)), {},
        "NaN, infinite or absurd feature", "error", "r0",
        r"1 beyond 1e\+10, first in feature 7, channel 3"),
    "constant channels": (put(constant(1, 4)), {},
        "constant channel", "warning", "r0", r"2 of 5 channels \(1, 4\) of .*r0\.npy"),
    "channel constant everywhere": (
        lambda own: [own.put(f"r{n}", constant(2)(own)) for n in range(6)], {},
        "constant channel", "warning", None, r"1 of 5 channels \(2\) in all 6 recordings"),
    "nothing changes": (put(np.full((60, 5), 0.5, np.float32)), {},
        "features never change", "error", "r0", "all 60 features of .* are the same"),
    "too long for the features": (entry(duration=33.5), {},
        "duration and feature length disagree", "error", "r0", "should have 67 .* but got 60"),
    "longer than others": (entry(duration=33.5), {"feature_stride": None},
        "duration and feature length disagree", "error", "r0", "as most have one every 2 frames"),
    "longer than others of its duration": (lambda own: own.put("r0", own.array(180, 5)),
        {"feature_stride": None},
        "duration and feature length disagree", "error", "r0", "should have 60 .* but got 180"),
    "sources": (lambda own: [own.put(f"r{n}", own.array(57 if n == 0 else 60, 2), "flow")
                             for n in range(6)],
        {"features": ["features", "flow"]},
        "sources of different lengths", "error", "r0", "features/r0.npy has 60, .*has 57"),
    "too short to be reached": (edit(segment=[2.6, 2.7]), {"regression_ranges": [(0, 4), (4, 99)]},
        "instance out of reach", "warning", "r0", "0.2 features long"),
}  # fmt: skip
# What else these cases are.
ALSO = {
    "split without instances": {"class absent from a split": 0},
    "no instance": {"split without instances": 2},
    "too short to be reached": {"shorter than one snippet": 1},
    "misspelt in a split": {"class absent from a split": 2},
    "two spellings": {"class absent from a split": 1},
    "one label, two ids": {"contradicting label ids": 1},
    "label_id not configured": {"unknown label": 6},
    "duration negative": {"missing duration": 1},
    "turned round": {"duration and feature length disagree": 6},
    "milliseconds": {"segment outside the recording": 12},
    "outside what the features reach": {"missing duration": 1},
    "points in frames": {"event outside the recording": 12},
    "left-out point outside": {"event without duration": 1},
    "class of both": {"event without duration": 1},
}


def prepare(own, arguments):
    if isinstance(arguments.get("features"), list):
        arguments = {**arguments, "features": [own.root / name for name in arguments["features"]]}
    return arguments


def vary_lengths(own):
    """Lengths from which a stride can be told."""
    for n in range(1, 6):
        own.database[f"r{n}"]["duration"] = 30.0 + n
        own.put(f"r{n}", own.array(60 + 2 * n, 5))


@pytest.mark.parametrize("case", CASES)
def test_problem_is_found(own, case: str):
    spoil, arguments, kind, severity, recording, value = CASES[case]
    if case == "longer than others":
        vary_lengths(own)
    spoil(own)
    report = own.verify(**prepare(own, arguments))
    found = [f for f in report.findings if f.kind == kind]
    assert found, report.counts()
    assert (found[0].severity, found[0].recording) == (severity, recording)
    assert re.search(value, found[0].value), found[0].value
    assert found[0].remedy
    assert report.ok == (report.errors == 0)
    if severity == "error":
        assert not report.ok
    others = {k: n for k, n in report.counts().items() if k != kind}
    allowed = ALSO.get(case, {})
    assert {k for k in others if k not in allowed} == set(), others
    assert re.search(f"{severity}: {kind}", report.format())
    assert json.loads(json.dumps(report.to_json()))["counts"][kind] == len(found)


def test_every_kind_has_a_case():
    elsewhere = {
        "repeated recording", "recording in two splits", "segments left out", "irregular samples",
        "classes do not fit the model", "channels do not fit the model", "other columns",
        "too short for the window", "place in time unknown",
    }  # fmt: skip
    assert {case[2] for case in CASES.values()} | elsewhere == set(KINDS)


def test_sound_data_have_no_finding(own):
    report = own.verify(regression_ranges=[(0, 4), (4, 10000)], max_seq_len=64, min_overlap=0.5)
    assert report.ok and not report.findings
    assert "No problem found." in report.format()
    assert report.format().endswith("0 errors, 0 warnings. The data can be used.")


def test_all_problems_come_at_once(own):
    edit(segment=[8, 2])(own)
    entry("r1", duration="x")(own)
    put(spoiled(np.nan), "r2")(own)
    drop("r3", "fps")(own)
    (own.features / "r4.npy").unlink()
    own.database["r5"]["annotations"] += [{"label": 3}, {"label": "run", "segment": None}]
    counts = own.verify().counts()
    assert counts == {
        "malformed entry": 4,  # duration; label and segment of one instance, segment of another
        "missing fps": 1,
        "reversed segment": 1,
        "missing feature file": 1,
        "NaN, infinite or absurd feature": 1,
        "missing duration": 1,
    }


@pytest.mark.parametrize(("same_subset", "same"), itertools.product([True, False], repeat=2))
def test_a_name_that_occurs_twice(own, same_subset: bool, same: bool):
    """``json`` keeps the last one in silence."""
    own.write()
    first = {**own.database["r0"], "subset": "training" if same_subset else "validation"}
    if not same:
        first["duration"] = 31.0
    text = own.ann.read_text()
    own.ann.write_text(text.replace('{"r0"', '{"r0": ' + json.dumps(first) + ', "r0"', 1))
    report = verify(own.ann, features=own.features)
    kind = "repeated recording" if same_subset else "recording in two splits"
    (finding,) = report.findings
    assert (finding.kind, finding.recording, finding.severity) == (kind, "r0", "error")
    assert ("with the same content" in finding.value) == (same_subset and same)
    with pytest.raises(ValueError, match=r"ann\.json: recording 'r0' occurs more than once"):
        AnnotationFile(own.ann)


@pytest.mark.parametrize("subset", ["training", "Validation"])
def test_a_recording_in_two_files(own, subset: str):
    own.write()
    other = own.root / "other.json"
    other.write_text(json.dumps({"database": {"r1": {**own.database["r1"], "subset": subset}}}))
    report = verify([own.ann, other], features=own.features)
    kind = "repeated recording" if subset == "training" else "recording in two splits"
    found = [f for f in report.findings if f.kind == kind]
    assert [f.recording for f in found] == ["r1"] and "other.json" in found[0].value


def test_unusual_ids(own):
    """Separators, spaces, other alphabets, line breaks: a name is a name, and harms no terminal."""
    for name in ("sub/r0", "a b", "日本", "x\x1b[31m\n"):
        own.database[name] = json.loads(json.dumps(own.database["r3"]))
        own.put(name)
    report = own.verify()
    assert report.counts() == {"ids differ only in case or prefix": 1}  # sub/r0
    (own.features / "x\x1b[31m\n.npy").unlink()
    text = own.verify().format()
    assert "\x1b" not in text and "recording 'x\\u001b[31m\\n'" in text


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        (lambda name: f"v_{name}.npy", "set file_prefix='v_'"),
        (lambda name: f"{name.upper()}.npy", "let the names agree in prefix, case and ending"),
    ],
)
def test_missing_files_that_have_another_name(own, files, hint: str):
    for path in list(own.features.iterdir()):
        path.rename(path.with_name(files(path.stem)))
    report = own.verify(file_prefix="")
    assert Counter(report.counts()) == {"missing feature file": 6, "extra feature file": 6}
    assert hint in report.findings[0].remedy
    if "v_" in hint:
        assert own.verify(file_prefix="v_").ok
        assert own.verify().ok, "it is found out"


def test_ending_is_found_out(own):
    for path in list(own.features.iterdir()):
        np.savez(path.with_suffix(".npz"), feats=np.load(path))
        path.unlink()
    own.put("stray")
    own.put("r0")  # the same recording in another format
    report = own.verify()
    assert report.ok and report.counts() == {"extra feature file": 2}
    assert own.verify(file_ext=".npy").counts()["missing feature file"] == 5


def test_turned_arrays_are_recognized(own):
    own.put("r0", own.array(5, 60))
    own.put("r1", own.array(60, 4))
    found = [f for f in own.verify().findings if f.kind == "wrong channel count"]
    assert ["features.T" in f.remedy for f in found] == [True, False]


def test_missing_subsets_are_made_by_another_command(own):
    own.database["r0"].pop("subset")
    assert "mmtal data split" in own.verify().findings[0].remedy


def test_stride_is_told_from_the_lengths(own):
    vary_lengths(own)
    fit = own.verify(feature_stride=None, snippet_frames=None).statistics["features"]["fit"]
    assert fit["unit"] == "frames" and fit["feature_stride"] == pytest.approx(2)
