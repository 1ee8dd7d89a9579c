"""What ``fix`` writes can be used as it is, and what it did is on record."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from mmtal.datasets import TemporalDataset
from mmtal.preparation.verification import fix, verify


def load(own, path: Path, subset: str = "training", **changes) -> TemporalDataset:
    """With all checks."""
    return TemporalDataset(
        str(path),
        features=str(own.features),
        subset=subset,
        feature_stride=2,
        snippet_frames=2,
        pipeline=[dict(type="LoadFeatures"), dict(type="PackInputs")],
        **changes,
    )


def spoil(own) -> None:
    """One of everything."""
    own.database["r0"]["annotations"] += [
        {"label": "run", "label_id": 0, "segment": [20, 18]},
        {"label": "run", "label_id": 0, "segment": [20, 20]},
        {"label": "jump", "label_id": 1, "segment": [28, 31], "segment(frames)": [112, 124]},
        {"label": "jump", "label_id": 1, "segment": [-1, 1.5]},
        {"label": "jump", "label_id": 1, "segment": [31, 35]},
        {"label": "jump", "label_id": 1, "segment": [10.5, 12.5]},
        {"label": "jump", "label_id": 1, "segment": [10.5, "?"]},
        "nonsense",
    ]
    own.database["r1"].update(duration="long")
    own.database["r2"] = ["no entry"]
    own.put("r3", np.full((60, 5), np.nan, np.float32))
    own.instance("r4").update(label_id=5)


def test_everything_is_fixed(own):
    spoil(own)
    report = own.verify()
    before = own.ann.read_bytes()
    out = own.root / "out" / "clean.json"
    counts = fix(report, out)
    assert own.ann.read_bytes() == before
    assert counts == {
        "recording removed": 2,
        "instance removed": 5,
        "segment swapped": 1,
        "segment clipped": 2,
        "value removed": 1,
        "duration added": 1,
        "classes numbered again": 1,
    }
    database = json.loads(out.read_text())["database"]
    assert list(database) == ["r0", "r1", "r4", "r5"]
    assert [i["segment"] for i in database["r0"]["annotations"]] == [
        [2, 8],
        [10.5, 12.5],
        [18, 20],
        [28, 30],
        [0, 1.5],
    ]
    assert "segment(frames)" not in database["r0"]["annotations"][3]
    again = verify(out, features=own.features, feature_stride=2, snippet_frames=2)
    assert again.counts() == {"extra feature file": 2}  # of those that were removed
    assert len(load(own, out)) == 2 and len(load(own, out, "validation")) == 2
    assert load(own, out).metainfo["classes"] == ("jump", "run")


def test_every_change_is_on_record(own):
    spoil(own)
    fix(own.verify(), own.root / "clean.json")
    log = json.loads((own.root / "clean.log.json").read_text())
    assert log["from"] == str(own.ann)
    assert len(log["changes"]) == sum(log["counts"].values()) == 13
    changes = {(c["change"], c.get("recording"), c.get("instance")): c for c in log["changes"]}
    swapped = changes["segment swapped", "r0", 2]
    assert (swapped["before"], swapped["after"]) == ([20, 18], [18, 20])
    assert changes["instance removed", "r0", 3]["reason"] == "empty"
    assert changes["instance removed", "r0", 6]["reason"] == "outside the recording"
    assert changes["instance removed", "r0", 7]["reason"] == "repeats instance 1"
    assert "'?'" in changes["instance removed", "r0", 8]["reason"]
    assert "NaN" in changes["recording removed", "r3", None]["reason"]
    assert "subset" in changes["recording removed", "r2", None]["reason"]
    assert changes["duration added", "r1", None]["after"] == 30.5


def test_sound_data_stay_as_they_are(own):
    own.database["r0"]["url"] = "https://example.org"  # whatever else is in the file
    own.ann.write_text(json.dumps({"version": "1", "database": own.database}))
    report = verify(own.ann, features=own.features)
    assert fix(report, own.root / "clean.json") == {}
    assert json.loads((own.root / "clean.json").read_text()) == json.loads(own.ann.read_text())


def test_a_repeated_name(own):
    own.write()
    text = own.ann.read_text()
    own.ann.write_text(text.replace('{"r0"', '{"r0": {"subset": "validation"}, "r0"', 1))
    assert fix(verify(own.ann), own.root / "clean.json") == {"repetition removed": 1}
    assert len(load(own, own.root / "clean.json")) == 4


def test_a_leak_is_left_out_of_the_second_split(own):
    (own.features / "r5.npy").write_bytes((own.features / "r0.npy").read_bytes())
    assert fix(own.verify(), own.root / "clean.json") == {"recording removed": 1}
    assert list(json.loads((own.root / "clean.json").read_text())["database"])[-1] == "r4"


@pytest.mark.parametrize("how", ["same", "link", "other spelling", "its log"])
def test_the_input_is_never_overwritten(own, how: str):
    report = own.verify()
    before = own.ann.read_bytes()
    out = own.ann
    if how == "link":
        out = own.root / "link.json"
        out.symlink_to(own.ann)
    elif how == "other spelling":
        out = own.root / "features" / ".." / "ann.json"
    elif how == "its log":
        own.ann.rename(own.root / "x.log.json")
        report, out = verify(own.root / "x.log.json"), own.root / "x.json"
    with pytest.raises(ValueError, match="would overwrite"):
        fix(report, out)
    assert report.ann_files[0].read_bytes() == before


def test_nothing_is_written_where_nothing_is_left(own):
    files = {path.name for path in own.root.iterdir()} | {"ann.json"}
    out = own.root / "clean.json"
    wrong = own.verify(feature_stride=7)
    with pytest.raises(ValueError, match=r"leave out 6 of 6 recordings.*feature stride"):
        fix(wrong, out)
    for entry in own.database.values():
        entry["annotations"] = [{"label": "run", "segment": [3, 3]}]
    with pytest.raises(ValueError, match="no usable instance is left"):
        fix(own.verify(), out)
    with pytest.raises(ValueError, match="is a folder"):
        fix(own.verify(), own.features)
    assert {path.name for path in own.root.iterdir()} == files


def test_a_disk_that_is_full_leaves_nothing(own, monkeypatch: pytest.MonkeyPatch):
    report, out = own.verify(), own.root / "clean.json"
    out.write_text("older")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        fix(report, out)
    assert out.read_text() == "older"
    assert {p.name for p in own.root.iterdir()} == {"ann.json", "clean.json", "features"}


def test_one_file_at_a_time(own):
    other = own.root / "b.json"
    other.write_bytes(own.write().read_bytes())
    with pytest.raises(ValueError, match="needs one annotation file, but got 2"):
        fix(verify([own.ann, other]), own.root / "clean.json")
