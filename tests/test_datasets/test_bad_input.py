"""Everything that is wrong with the data is refused when the dataset is built."""

import numpy as np
import pytest

from mmtal.datasets import TemporalDataset, feature_check
from mmtal.datasets.annotation_file import repeated_instances


def set_(container: dict, key: str, value: object) -> None:
    container[key] = value


def with_value(value: float) -> np.ndarray:
    array = np.zeros((100, 3), np.float16)
    array[40, 2] = value
    return array


# what is wrong, how the dataset is called, what the message must say: place, finding, remedy
BAD_INPUT = {
    "annotation file missing": (
        lambda disk: None,
        {"data_root": "/nowhere"},
        r"annotation file '/nowhere/ann\.json' does not exist: check data_root",
    ),
    "feature folder missing": (
        lambda disk: None,
        {"features": ["features", "flow"]},
        r"feature folder '.*/flow' does not exist: check data_root and features",
    ),
    "unknown subset": (
        lambda disk: None,
        {"subset": "test"},
        r"ann\.json: subset 'test'.*'Training' \(2 recordings\), 'Validation' \(1 recordings\)",
    ),
    "no recording left": (
        lambda disk: None,
        {"file_prefix": "v_", "allow_missing": True},
        r"ann\.json, subset training: no recording is left.*v_[ab]\.npy.*there is '.*file_prefix",
    ),
    "entry without subset": (
        lambda disk: disk.database["a"].pop("subset"),
        {},
        r"ann\.json: recording 'a': expected an object with a string 'subset'.*The format is",
    ),
    "annotations no list": (
        lambda disk: set_(disk.database["a"], "annotations", {"run": [1, 2]}),
        {},
        r"recording 'a': expected 'annotations' to be a list, but got \{'run'",
    ),
    "segment of one number": (
        lambda disk: set_(disk.instance(), "segment", [1]),
        {},
        r"recording 'a', instance 0: expected 'segment' to be \[start, end\] in seconds",
    ),
    "segment of NaN": (
        lambda disk: set_(disk.instance(), "segment", [1, float("nan")]),
        {},
        r"recording 'a', instance 0: expected 'segment'.*nan",
    ),
    "label missing": (
        lambda disk: disk.instance().pop("label"),
        {},
        r"recording 'a', instance 0: expected an object with a string 'label'",
    ),
    "label_id a string": (
        lambda disk: set_(disk.instance(), "label_id", "0"),
        {},
        r"recording 'a', instance 0: expected 'label_id' to be a whole number.*, but got '0'",
    ),
    "duration a string": (
        lambda disk: set_(disk.database["b"], "duration", "10"),
        {},
        r"recording 'b': expected 'duration' to be a number > 0, but got '10'",
    ),
    "no fps": (
        lambda disk: disk.database["b"].pop("fps"),
        {},
        r"ann\.json: recording 'b' has no 'fps': add it, or give the argument fps",
    ),
    "one label, two ids": (
        lambda disk: set_(disk.instance("c"), "label_id", 7),
        {},
        r"ann\.json: recording 'c' gives label 'run' the label_id 7, others give it 0",
    ),
    "two labels, one id": (
        lambda disk: disk.database["a"]["annotations"].append(
            {"label": "hop", "label_id": 1, "segment": [1, 2]}
        ),
        {},
        r"labels 'jump' and 'hop' share the label_id 1\. Make them differ",
    ),
    "some labels without id": (
        lambda disk: disk.database["a"]["annotations"].append({"label": "hop", "segment": [1, 2]}),
        {},
        r"label 'hop' has no label_id, others have one\. Add it",
    ),
    "gap in the ids": (
        lambda disk: disk.database["a"]["annotations"].append(
            {"label": "hop", "label_id": 5, "segment": [1, 2]}
        ),
        {},
        r"without gaps, but label_id 5 \('hop'\) occurs with 3 classes\. Set classes",
    ),
    "id beyond the number of classes": (
        lambda disk: None,
        {"classes": 1},
        r"unknown label, but label_id 1 \('jump'\) occurs with 1 classes\. Set classes",
    ),
    "no instance anywhere": (
        lambda disk: [entry.pop("annotations") for entry in disk.database.values()],
        {},
        r"ann\.json: the file: expected at least one instance with a label",
    ),
    "unknown label": (
        lambda disk: None,
        {"classes": ["run", "hop"]},
        r"ann\.json(.|\n)*unknown label \(2 found\): correct.*\n.*recording 'a', instance 1 'jump'",
    ),
    "reversed segment": (
        lambda disk: set_(disk.instance("b"), "segment", [4, 1]),
        {},
        r"ann\.json(.|\n)*reversed segment \(1 found\): swap.*keep'"
        r"\n  - recording 'b', instance 0 'run' \[4, 1\] s",
    ),
    "empty segment": (
        lambda disk: set_(disk.instance("b"), "segment", [4, 4]),
        {},
        r"empty segment \(1 found\): give it an end.*\n  - recording 'b', instance 0",
    ),
    "segment after the end": (
        lambda disk: set_(disk.instance("b"), "segment", [4, 10.2]),
        {},
        r"outside the recording \(1 found\): correct.*\n.*'b', instance 0.*duration 10 s",
    ),
    "segment before the start": (
        lambda disk: set_(disk.instance("b"), "segment", [-0.2, 3]),
        {},
        r"outside the recording \(1 found\): correct.*\n.*'b', instance 0",
    ),
    "milliseconds": (
        lambda disk: [
            i.update(segment=[1000 * t for t in i["segment"]])
            for entry in disk.database.values()
            for i in entry["annotations"]
        ],
        {},
        r"times in another unit \(1 found\): .*mmtal data.*\n.*these look like ms: --unit ms",
    ),
    "feature file missing": (
        lambda disk: (disk.features / "b.npy").unlink(),
        {},
        r"missing feature file \(1 found\): .*allow_missing=True\n.*recording 'b': .*/b\.npy",
    ),
    "resized features without a duration": (
        lambda disk: disk.database["b"].pop("duration"),
        {"feature_stride": None, "snippet_frames": None},
        r"missing duration \(1 found\): add it.*\n  - recording 'b'",
    ),
    "name leaves the folder": (
        lambda disk: disk.database.update({"../a": disk.database["a"]}),
        {"allow_missing": True},
        r"no path below the features \(1 found\): .*another name\n  - recording '\.\./a'",
    ),
    "all names leave the folder": (
        lambda disk: set_(disk.__dict__, "database", {"C:\\a": disk.database["a"]}),
        {},
        r"no path below the features \(1 found\): ",
    ),
    "name longer than a file name may be": (
        lambda disk: disk.database.update({"に" * 99: disk.database["a"]}),
        {},
        r"missing feature file \(1 found\): ",
    ),
    "other channel count": (
        lambda disk: (
            disk.database.update(d=disk.database["a"]),
            disk.put("d", np.zeros((100, 3))),
            disk.put("b", np.zeros((100, 4))),
        ),
        {},
        r"wrong channel count \(1 found\): extract.*\n.*'b' has 4 channels, most have 3 .*b\.npy",
    ),
    "one-dimensional features": (
        lambda disk: disk.put("b", np.zeros(100)),
        {},
        r"unusable feature file \(1 found\)(.|\n)*recording 'b': .*b\.npy: .*1 dim.*Save one row",
    ),
    "empty features": (
        lambda disk: disk.put("b", np.zeros((0, 3))),
        {},
        r"recording 'b': .*b\.npy: features must not be empty.*Extract them again",
    ),
    "whole numbers": (
        lambda disk: disk.put("b", np.zeros((100, 3), np.int32)),
        {},
        r"recording 'b': .*b\.npy: features must be float16.*int32.*astype",
    ),
    "damaged file": (
        lambda disk: (disk.features / "b.npy").write_bytes(b"\x93NUMPY"),
        {},
        r"recording 'b': .*b\.npy cannot be read.*Write the file again",
    ),
    "sources of other lengths": (
        lambda disk: [disk.put(n, np.zeros((97, 3)), folder="flow") for n in "ab"],
        {"features": ["features", "flow"]},
        r"recording 'a': .*agree in length within 2.*features/a\.npy has 100.*flow/a\.npy has 97",
    ),
    "NaN": (
        lambda disk: disk.put("b", with_value(np.nan)),
        {},
        r"absurd feature \(1 found\): extract.*\n.*'b': feature 40, channel 2 of .*b\.npy",
    ),
    "infinity": (
        lambda disk: disk.put("b", with_value(np.inf)),
        {},
        r"'b': feature 40, channel 2 of .*b\.npy",
    ),
    "too few features for the duration": (
        lambda disk: disk.put("b", np.zeros((94, 3))),
        {},
        r"disagree \(1 found\): check feature_stride.*\n.*'b' lasts 10 s.*100 features, but got 94",
    ),
    "too many features for the duration": (
        lambda disk: disk.put("b", np.zeros((106, 3))),
        {},
        r"disagree \(1 found\).*\n.*'b' lasts 10 s.*100 features, but got 106",
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_refused_when_the_dataset_is_built(disk, case: str):
    spoil, changes, message = BAD_INPUT[case]
    spoil(disk)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        disk.dataset(**changes)


@pytest.mark.parametrize("content", ["{", "[]", '{"videos": {}}', '{"database": []}', "\xff"])
def test_files_that_are_not_in_the_format(disk, content: str):
    (disk.root / "ann.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"ann\.json.*(is not|: expected .*database)"):
        TemporalDataset(
            str(disk.root / "ann.json"),
            features=str(disk.features),
            subset="training",
            feature_stride=1,
            snippet_frames=1,
        )


def test_all_problems_come_in_one_error_with_the_first_few_cases(disk):
    entry = {"label": "run", "label_id": 0, "segment": [3, 2]}
    disk.database["a"]["annotations"] = [entry] * 7
    disk.put("b", np.zeros((100, 2)))
    (disk.features / "b.npy").unlink()
    with pytest.raises(ValueError) as caught:
        disk.dataset()
    text = str(caught.value)
    assert "reversed segment (7 found)" in text and "and 2 more" in text
    assert "missing feature file (1 found)" in text
    assert text.count("instance") == 5


def test_tolerances_accept_what_they_should(disk):
    disk.put("a", np.zeros((95, 3), np.float32))  # 5 % less
    disk.put("b", np.full((105, 3), 6e4, np.float16))  # 5 % more, near float16's end
    assert len(disk.dataset()) == 2


def test_checks_can_be_left_out(disk):
    disk.put("a", with_value(np.nan)[:50])
    dataset = disk.dataset(check_values=False, check_duration=False)
    with pytest.raises(ValueError, match=r"'a'.*a\.npy"):  # still never reaches the model
        dataset[0]


def test_ranks_share_the_scan_of_values(disk, monkeypatch):
    disk.put("b", with_value(np.nan))
    monkeypatch.setattr(feature_check, "get_dist_info", lambda: (0, 2))
    disk.dataset()
    monkeypatch.setattr(feature_check, "get_dist_info", lambda: (1, 2))
    with pytest.raises(ValueError, match="NaN"):
        disk.dataset()


def test_repeated_instances_of_any_size() -> None:
    instances = [(1.0, 2.0, "a"), (1.0, 2.0004, "a"), (0.0, 1e308, "a"), (0.0, 1e308, "a")]
    assert repeated_instances(instances) == {1: 0, 3: 2}
