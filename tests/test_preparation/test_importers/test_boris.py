"""BORIS: projects and their exports; subjects, modifiers, and STARTs without STOP."""

import copy
from collections.abc import Callable

import pytest
from importer_helpers import instances
from valid_files import BORIS, BORIS_AGGREGATED, BORIS_TABULAR


def changed(change: Callable) -> dict:
    content = copy.deepcopy(BORIS)
    change(content["observations"]["obs 1"])
    return content


def test_project(load: Callable, write: Callable) -> None:
    imported = load(write("p.boris", BORIS))
    assert imported.formats == ("boris",)
    entry = imported.database["obs 1"]
    assert (entry["duration"], entry["fps"]) == (30.5, 25.0)  # of two videos after each other
    assert entry["annotations"] == [
        {"label": "groom", "label_id": 0, "segment": [1.5, 4.0], "subject": "anna",
         "modifiers": "slow|left"},
        {"label": "groom", "label_id": 0, "segment": [2.0, 12.25], "subject": "ben"},
        {"label": "bark", "label_id": 1, "time": 3.0, "comment": "loud"},
    ]  # fmt: skip
    assert imported.database["obs 2"]["annotations"] == []
    assert any("1 event without duration" in note for note in imported.notes)


def test_subjects_and_modifiers(load: Callable, write: Callable) -> None:
    path = write("p.boris", BORIS)
    both = load(path, class_parts=("subject", "modifiers"))
    assert instances_of(both) == ["anna: groom (slow|left)", "ben: groom", "bark"]
    assert instances_of(load(path, subjects=("ben",))) == ["groom"]
    assert load(path, subjects=("ben",), group="subject").database["obs 1"]["group"] == "ben"
    with pytest.raises(ValueError, match="one subject in each recording, but 'obs 1' has"):
        load(path, group="subject")
    assert any("do not distinguish the subjects" in note for note in load(path).notes)
    assert load(write("q.boris", sited()), group="site").database["obs 2"]["group"] == "south"


def test_subjects_become_recordings(load: Callable, write: Callable) -> None:
    """They stay together in a split."""
    path = write("p.boris", BORIS)
    imported = load(path, subjects=("anna", "ben"), per_subject=True)
    assert {k: (len(e["annotations"]), e["group"]) for k, e in imported.database.items()} == {
        "obs 1.anna": (1, "obs 1"),
        "obs 1.ben": (1, "obs 1"),
    }
    with pytest.raises(
        ValueError, match=r"event 3: --per-subject needs a subject .* 'bark' has no"
    ):
        load(path, per_subject=True)


def sited() -> dict:
    content = copy.deepcopy(BORIS)
    content["observations"]["obs 2"]["independent_variables"] = {"site": "south"}
    return content


def instances_of(imported) -> list[str]:
    return [i["label"] for i in imported.database["obs 1"]["annotations"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: o["events"].pop(), "'groom' of 'anna' at 1.5 s starts, but never stops"),
        (lambda o: o["events"].append([20, "", "groom", "", ""]), "at 20 s starts, but never"),
        (lambda o: o["events"].append([20, "", "climb", "", ""]), "'climb' is not in the project"),
        (lambda o: o["events"].append(["NA", "", "bark", "", ""]), "event 6: times must be num"),
        (lambda o: o["events"].append([5, ""]), "event 6: not enough values"),
        (lambda o: o.pop("events"), "observation 'obs 1': lacks 'events'"),
    ],
)  # fmt: skip
def test_errors(load: Callable, write: Callable, change: Callable, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(write("p.boris", changed(change)))


def test_advice_on_unpaired_events_works(load: Callable, write: Callable) -> None:
    path = write("p.boris", changed(lambda o: o["events"].pop()))
    imported = load(path, bad_segments="drop")
    assert imported.dropped == {"START or STOP without the other": 1}
    assert len(imported.database["obs 1"]["annotations"]) == 2


def test_named_after_the_video(load: Callable, write: Callable) -> None:
    content = copy.deepcopy(BORIS)
    del content["observations"]["obs 2"]  # live
    assert list(load(write("p.boris", content), columns={"recording": "media"}).database) == ["a"]


EXPECTED = [("groom", 1.5, 4.0), ("groom", 2.0, 12.25)]


@pytest.mark.parametrize("text", [BORIS_AGGREGATED, BORIS_TABULAR], ids=["aggregated", "tabular"])
def test_exports(load: Callable, write: Callable, text: str) -> None:
    imported = load(write("e.tsv", text))
    assert imported.formats == ("boris-table",)
    entry = imported.database["obs 1"]
    assert (entry["duration"], entry["fps"]) == (30.5, 25.0)
    segments = [i for i in entry["annotations"] if "segment" in i]
    assert [(i["label"], *i["segment"]) for i in segments] == EXPECTED
    assert [i["subject"] for i in segments] == ["anna", "ben"]
    assert segments[0]["modifiers"] == "slow|left"
    assert [i["time"] for i in entry["annotations"] if "time" in i] == [3.0]


def test_clocks_in_exports(load: Callable, write: Callable) -> None:
    text = BORIS_AGGREGATED.replace("\t1.5\t4.0\t", "\t00:00:01.500\t00:00:04.000\t")
    assert load(write("e.tsv", text)).database["obs 1"]["annotations"][0]["segment"] == [1.5, 4.0]


def test_an_old_export_without_names_of_columns(load: Callable, write: Callable) -> None:
    row = "obs\t2016\tvideo.mp4\t539.920\t25.0\t12\tanna\tgroom\t\t\tSTATE\t1.5\t4.0\t2.5\t\t\n"
    entry = load(write("e.tsv", row + row.replace("1.5\t4.0", "5.0\t7.5"))).database["obs"]
    assert (entry["duration"], entry["fps"], len(entry["annotations"])) == (539.92, 25.0, 2)


def test_an_old_export_says_the_observation_above(load: Callable, write: Callable) -> None:
    head = "Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tComment\tStatus\n"
    rows = "".join(
        f"{t}\ta.mp4\t9.5\t25.0\tx\trun\t\t{k}\n" for t, k in ((1, "START"), (2, "STOP"))
    )
    imported = load(write("e.tsv", f"Observation id\tobs 7\n\nMedia file(s)\n\n{head}{rows}"))
    assert instances(imported, "obs 7") == [("run", 1.0, 2.0)]
    assert imported.database["obs 7"]["duration"] == 9.5


def test_unknown_lengths_and_texts_that_are_none(load: Callable, write: Callable) -> None:
    lengths = {"/videos/a.mp4": "NA", "/videos/b.mp4": -1}
    path = write("p.boris", changed(lambda o: o["media_info"].update(length=lengths)))
    assert "duration" not in load(path).database["obs 1"]
    path = write("q.boris", changed(lambda o: o["events"][2].__setitem__(4, None)))
    assert load(path).database["obs 1"]["annotations"][2] == dict(label="bark", label_id=1, time=3)
    path = write("r.boris", changed(lambda o: o["events"][2].__setitem__(3, ["x"])))
    with pytest.raises(ValueError, match=r"event 3: 'modifiers' must be a text, but got \['x'\]"):
        load(path)


def test_subjects_that_are_not_there(load: Callable, write: Callable) -> None:
    with pytest.raises(ValueError, match="--subjects bem: nobody is called so; there is 'anna'"):
        load(write("p.boris", BORIS), subjects=("anna", "bem"))


def test_decimal_commas_in_exports(load: Callable, write: Callable) -> None:
    entry = load(write("e.tsv", BORIS_AGGREGATED.replace(".", ","))).database["obs 1"]
    assert (entry["duration"], entry["fps"]) == (30.5, 25.0)
    assert entry["annotations"][0]["segment"] == [1.5, 4.0]
