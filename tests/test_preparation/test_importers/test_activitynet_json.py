"""ActivityNet JSON, which is also mmtal's own form."""

from collections.abc import Callable
from typing import Any

import pytest

ENTRY = {
    "subset": "training",
    "duration": 9.5,
    "fps": 30,
    "annotations": [{"label": "run", "label_id": 0, "segment": [1.5, 4.0]}],
}


def test_as_it_is(load: Callable, write: Callable) -> None:
    imported = load(write("a.json", {"database": {"a": ENTRY}}))
    assert imported.database == {"a": ENTRY}
    assert not imported.dropped and not imported.notes


def test_the_published_form(load: Callable, write: Callable) -> None:
    """No label ids, no fps, more keys; testing recordings without annotations."""
    published = {
        "version": "1.3",
        "taxonomy": [],
        "database": {
            "v1": {
                "duration": 82.7,
                "subset": "training",
                "resolution": "320x240",
                "url": "x",
                "annotations": [
                    {"segment": [6.2, 77.7], "label": "Surfing"},
                    {"segment": [1.0, 2.0], "label": "Archery"},
                ],
            },
            "v2": {"duration": 10.0, "subset": "testing", "annotations": []},
            "v3": {"subset": "testing"},
        },
    }
    imported = load(write("a.json", published), fps=25)
    ids = [i["label_id"] for i in imported.database["v1"]["annotations"]]
    assert ids == [1, 0]  # by name
    assert imported.database["v3"] == dict(subset="testing", fps=25, annotations=[])
    assert any("keys not used: resolution, url" in note for note in imported.notes)
    assert any("1 recording without duration" in note for note in imported.notes)


def test_durations_as_text(load: Callable, write: Callable) -> None:
    """As HACS publishes them."""
    imported = load(write("a.json", {"database": {"a": ENTRY | dict(duration="92.166667")}}))
    assert imported.database["a"]["duration"] == 92.166667
    imported = load(write("a.json", {"database": {"a": ENTRY | dict(fps="30000/1001")}}))
    assert imported.database["a"]["fps"] == 30000 / 1001


def test_instances_under_another_name(load: Callable, write: Callable) -> None:
    """As in COIN; they were taken for recordings without instances."""
    coin = {k: v for k, v in ENTRY.items() if k != "annotations"}
    coin |= dict(annotation=ENTRY["annotations"], tags=["sport"])
    for others in ({}, {"annotations": None}):
        path = write("a.json", {"database": {"a": ENTRY, "b": coin | others}})
        with pytest.raises(ValueError, match="'b': has no 'annotations', but a list 'annotation'"):
            load(path)
    empty = dict(subset="test", tags=["sport"], resolution=[320, 240])  # a test set
    assert load(write("a.json", {"database": {"a": ENTRY, "b": empty}})).database["b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(annotations=[dict(label="run", segment=[1])]), "instance 0: 'segment' must be two"),
        (
            dict(annotations=[dict(label="run", segment=[1, "2"])]),
            "must be numbers, but got '2'",
        ),
        (dict(annotations=[dict(label="run", segment=[1, float("nan")])]), "times must be numbers"),
        (dict(annotations=[dict(label=3, segment=[1, 2])]), "'label' must be a name"),
        (dict(annotations=[dict(segment=[1, 2])]), "'label' must be a name, but got None"),
        (dict(annotations=[dict(label="x", label_id="1", segment=[1, 2])]), "'label_id' must be"),
        (dict(annotations=["run"]), "'segment' must be two times"),
        (dict(annotations={}, subset=3), "the subset must be a name"),
        (dict(annotations="run"), "'annotations' must be a list"),
        (dict(duration=0), "'duration' must be a number > 0"),
        (dict(duration="long"), "'duration' must be a number > 0, but got 'long'"),
        (dict(fps=True), "'fps' must be a number > 0"),
    ],
)
def test_all_errors_together(load: Callable, write: Callable, change: dict, message: str) -> None:
    entries: dict[str, Any] = {"a": ENTRY | change, "b": "nothing", "c": ENTRY}
    with pytest.raises(ValueError) as caught:
        load(write("a.json", {"database": entries}))
    text = str(caught.value)
    assert text.startswith("2 rows cannot be read")
    assert "recording 'a'" in text and message in text
    assert "recording 'b': must be an object, but got 'nothing'" in text


def test_two_files_must_agree(load: Callable, write: Callable) -> None:
    one = write("one.json", {"database": {"a": ENTRY}})
    two = write("two.json", {"database": {"b": ENTRY | dict(subset="test")}})
    assert list(load(one, two).database) == ["a", "b"]
    with pytest.raises(ValueError, match=r"two.json, recording 'a': .*has been annotated before"):
        load(one, write("two.json", {"database": {"a": ENTRY}}))
