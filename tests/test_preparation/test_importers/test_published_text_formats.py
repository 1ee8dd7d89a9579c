"""THUMOS, MultiTHUMOS, EPIC-Kitchens and Charades as they are published, in small."""

from collections.abc import Callable

import pytest
from importer_helpers import instances

CHARADES = (
    "id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length\n"
    '46GP8,HR43,Kitchen,6,7,Yes,"A person, cooks.",food,x,c092 11.90 21.20;c147 0.00 12.60,24.83\n'
    "N11GT,0KZ7,Stairs,5,7,Yes,y,z,w,,18.33\n"
)
CHALLENGE = "narration_id,video,start,stop,verb,noun,action\nP01_01_0,P01_01,4,101,3,1,9\n"
PUBLISHED = (
    "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,"
    "start_frame,stop_frame,narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes\n"
    "P01_11_0,P01,P01_11,00:00:00.560,00:00:00.00,00:00:01.89,1,113,get plate,get,0,plate,2,"
    "\"['plate', 'cup']\",\"[2, 5]\"\n"
)


def test_thumos(load: Callable, write: Callable, tmp_path) -> None:
    write("ann/Diving_val.txt", "video_validation_0000001  1.5 4.0\n")
    write("ann/Diving_test.txt", "video_test_0000002 0.0  2.0\nvideo_test_0000002 3 4\n")
    write("ann/BaseballPitch_test.txt", "video_test_0000002 5.0 6.0\n")
    write("ann/Ambiguous_test.txt", "video_test_0000002 7.0 8.0\nvideo_test_0000009 1 2\n")
    write("ann/detclasslist.txt", "7 BaseballPitch\n9 BasketballDunk\n")
    imported = load(tmp_path / "ann")
    assert imported.formats == ("thumos",)
    assert imported.dropped == {"marked as ambiguous": 2}
    assert any("detclasslist.txt: not read" in note for note in imported.notes)
    assert {k: e["subset"] for k, e in imported.database.items()} == {
        "video_validation_0000001": "validation",
        "video_test_0000002": "test",  # a recording with ambiguous segments only is none
    }
    assert instances(imported, "video_test_0000002") == [
        ("BaseballPitch", 5, 6), ("Diving", 0, 2), ("Diving", 3, 4),
    ]  # fmt: skip
    ids = [i["label_id"] for i in imported.database["video_test_0000002"]["annotations"]]
    assert ids == [0, 1, 1]


def test_multithumos_subset_from_the_name_of_the_video(
    load: Callable, write: Callable, tmp_path
) -> None:
    write("m/Run.txt", "video_validation_0000001 1.5 4.0\nvideo_test_0000002 5.0 6.0\n")
    write("m/class_list.txt", "1 Run\n2 Walk\n")
    imported = load(tmp_path / "m")
    assert [e["subset"] for e in imported.database.values()] == ["validation", "test"]


def test_thumos_errors_name_the_line(load: Callable, write: Callable, tmp_path) -> None:
    write("ann/Diving_val.txt", "video_validation_1 1.5 4.0\n\nvideo_validation_1 1.5\nv 1 x\n")
    with pytest.raises(ValueError) as caught:
        load(tmp_path / "ann", format_name="thumos")
    assert "2 rows" in str(caught.value)
    assert "Diving_val.txt, line 3: must be 'video start end'" in str(caught.value)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="holds no text files"):
        load(tmp_path / "empty", format_name="thumos")


def test_epic_challenge_table_counts_30_frames_per_second(load: Callable, write: Callable) -> None:
    write(
        "e/EPIC_100_verb_classes.csv",
        "id,key,instances,category\n0,take,\"['get']\",x\n3,open,,y\n",
    )
    write("e/c2_video_lengths.csv", "video,frames\nP01_01,300\nP09_09,30\n")
    imported = load(write("e/c2_training.csv", CHALLENGE), labels=("verb",))
    assert imported.database == {
        "P01_01": dict(
            subset="training",
            duration=10.0,
            fps=30.0,
            annotations=[dict(label="open", label_id=3, segment=[4 / 30, 101 / 30])],
        )
    }
    assert any("3 of 4 classes have no instance" in note for note in imported.notes)


def test_epic_published_table_has_timestamps(load: Callable, write: Callable) -> None:
    write("e/EPIC_100_video_info.csv", "video_id,duration,fps,resolution\nP01_11,561.5,59.94,1x1\n")
    path = write("e/EPIC_100_validation.csv", PUBLISHED)
    imported = load(path, labels=("noun",), group="participant_id")
    assert imported.database == {
        "P01_11": dict(
            subset="validation",
            duration=561.5,
            fps=59.94,
            group="P01",
            annotations=[dict(label="noun_2", label_id=2, segment=[0.0, 1.89])],
        )
    }
    assert any("no EPIC_100_noun_classes.csv beside" in note for note in imported.notes)


def test_epic_actions_are_pairs_over_both_tables(load: Callable, write: Callable) -> None:
    write("e/EPIC_100_verb_classes.csv", "id,key\n0,take\n3,open\n")
    write("e/EPIC_100_noun_classes.csv", "id,key\n1,tap\n2,plate\n")
    paths = write("e/c2_training.csv", CHALLENGE), write("e/EPIC_100_validation.csv", PUBLISHED)
    imported = load(*paths, labels=("action",))
    assert instances(imported, "P01_01")[0][0] == "open tap"
    assert [e["annotations"][0]["label_id"] for e in imported.database.values()] == [0, 1]


@pytest.mark.parametrize(
    ("text", "labels", "message"),
    [
        (CHALLENGE, (), "choose with --labels from 'verb', 'noun', 'action'"),
        (CHALLENGE, ("verbs",), "no kind 'verbs'"),
        (CHALLENGE, ("verb", "noun"), "must be one of"),
        (CHALLENGE.replace(",4,", ",four,"), ("verb",), "line 2: 'four' is no time"),
        ("narration_id,video_id,start_timestamp\n", ("verb",), "the test tables have no labels"),
    ],
)
def test_epic_errors(
    load: Callable, write: Callable, text: str, labels: tuple, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("c2_training.csv", text), labels=labels)
    assert message in str(caught.value)


SOUNDS = """\
annotation_id,participant_id,video_id,start_timestamp,stop_timestamp,start_sample,stop_sample,\
description,class,class_id
P01_01_0,P01,P01_01,00:00:02.466,00:00:05.315,59184,127560,paper rustle,rustle,4
P02_03_7,P02,P02_03,01:02:03.040,01:02:03.540,89352960,89364960,"pour, stir",stir / mix / whisk,8
"""


def test_epic_sounds_has_seconds_beside_samples(load: Callable, write: Callable) -> None:
    write("e/EPIC_100_video_info.csv", "video_id,duration,fps,resolution\nP01_01,9.5,59.94,1x1\n")
    tests = write("e/EPIC_Sounds_detection_test_videos.csv", "video_id\nP01_101\n")
    imported = load(write("e/EPIC_Sounds_train.csv", SOUNDS), tests, group="participant_id")
    assert imported.formats == ("epic-sounds",)
    rustle = dict(label="rustle", label_id=4, segment=[2.466, 5.315], comment="paper rustle")
    stir = dict(label="stir / mix / whisk", label_id=8, segment=[3723.04, 3723.54])
    assert imported.database == {
        "P01_01": dict(
            subset="training", duration=9.5, fps=59.94, group="P01", annotations=[rustle]
        ),
        "P02_03": dict(
            subset="training", group="P02", annotations=[dict(stir, comment="pour, stir")]
        ),
        "P01_101": dict(subset="test", group="P01", annotations=[]),
    }
    write("e/EPIC_Sounds_recognition_test_timestamps.csv", "video_id,start_sample\n")
    write("e/EPIC_Sounds_train.pkl", b"\x80")
    folder = load(tests.parent, group="participant_id")  # a clone of the repository
    assert folder.formats == ("epic-sounds",) and folder.database == imported.database


def test_epic_sounds_without_classes(load: Callable, write: Callable) -> None:
    columns = "annotation_id,video_id,start_timestamp,stop_timestamp,start_sample,stop_sample"
    row = "P01_0,P01,00:00:01.0,00:00:02.0,24000,48000"
    test = write("EPIC_Sounds_recognition_test_timestamps.csv", f"{columns}\n{row}\n")
    with pytest.raises(ValueError, match="no column 'class': instances are in EPIC_Sounds_train"):
        load(test)
    other = write("other.csv", f"{columns},description\n{row},clang\n")
    with pytest.raises(ValueError, match="--columns label=description takes that"):
        load(other)
    assert instances(load(other, columns=dict(label="description")), "P01") == [("clang", 1, 2)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("00:00:05.315", "", "line 2: a time is missing"),  # samples do not stand in for it
        (",rustle,4", ",rustle,four", "line 2: 'label_id' must be a whole number"),
        (",rustle,4", ",,4", "line 2: the label is empty"),
    ],
)
def test_epic_sounds_errors(
    load: Callable, write: Callable, old: str, new: str, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("EPIC_Sounds_train.csv", SOUNDS.replace(old, new)))
    assert message in str(caught.value)


def test_charades_table(load: Callable, write: Callable) -> None:
    imported = load(write("Charades_v1_train.csv", CHARADES), group="subject")
    assert imported.formats == ("charades",)
    assert imported.database == {
        "46GP8": dict(
            subset="training",
            duration=24.83,
            group="HR43",
            annotations=[
                dict(label="c092", label_id=92, segment=[11.9, 21.2]),
                dict(label="c147", label_id=147, segment=[0.0, 12.6]),
            ],
        ),
        "N11GT": dict(subset="training", duration=18.33, group="0KZ7", annotations=[]),
    }
    names = {n: f"name {n}" for n in range(157)}
    imported = load(write("Charades_v1_test.csv", CHARADES), classes=names)
    assert instances(imported, "46GP8")[0][0] == "name 92"
    assert imported.database["N11GT"]["subset"] == "test"


def test_charades_json(load: Callable, write: Callable) -> None:
    entry = dict(subset="testing", duration=23.2, actions=[[149, 16.0, 22.2], [2, 0, 1]])
    imported = load(write("c.json", {"7UPGT": entry}))
    assert instances(imported, "7UPGT") == [("c149", 16.0, 22.2), ("c002", 0, 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CHARADES.replace("c092 11.90", "92 11.90"), "line 2: an action must be 'c092"),
        (CHARADES.replace("24.83", "long"), "line 2: 'length' must be a number"),
        ({"v": dict(subset="training", actions=[[1, 2]])}, "recording 'v', action 0: must be"),
        ({"v": dict(subset="training", actions=[[True, 2, 3]])}, "action 0: must be"),
        ({"v": dict(subset=["training"], actions=[])}, "the subset must be a name, but got ['tr"),
        ({"v": dict(subset="", actions=[])}, "the subset must be a name, but got ''"),
        ({"v": dict(subset="training", duration=-1, actions=[])}, "'duration' must be"),
    ],
)
def test_charades_errors(load: Callable, write: Callable, content, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("c.csv" if isinstance(content, str) else "c.json", content))
    assert message in str(caught.value)
