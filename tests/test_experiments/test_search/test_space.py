"""What a search varies must exist."""

from pathlib import Path

import pytest
from mmengine.config import Config

from mmtal.config_files import find_config
from mmtal.engine.runner import load_config
from mmtal.experiments.search.space import DEFAULT_SPACE, read_space, template_values


@pytest.fixture(scope="module")
def thumos() -> Config:
    return load_config(find_config("actionformer/thumos_i3d"))


def test_default_space_and_what_the_template_says(thumos: Config) -> None:
    space = read_space()
    assert [dimension.key for dimension in space] == list(DEFAULT_SPACE)
    assert template_values(space, thumos) == dict(
        learning_rate=1e-4, batch_size=2, epochs=30, weight_decay=0.05
    )


def test_command_line_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text("learning_rate: log(1e-5, 1e-3)\nmodel.head.nms.sigma: float(0.3, 0.7)\n")
    space = read_space(file, ["learning_rate = log(1e-4, 1e-3)"])
    assert {d.key: str(d) for d in space} == {
        "learning_rate": "log(0.0001, 0.001)",
        "model.head.nms.sigma": "float(0.3, 0.7)",
    }


FILES = [
    ("empty", "", "holds nothing"),
    ("a list", "- 1\n- 2\n", "holds a list"),
    ("no YAML", "a: [1\n", "cannot be read as YAML"),
    ("a key twice", "a: int(1, 2)\na: int(1, 3)\n", "the key 'a' is there twice"),
    ("a number that YAML 1.1 takes for text", "a: 5e-5\n", "expected log(low, high)"),
    ("a number", "learning_rate: 0.1\n", "learning_rate: expected log(low, high)"),
]


@pytest.mark.parametrize(("why", "text", "message"), FILES, ids=[case[0] for case in FILES])
def test_refuses_file(tmp_path: Path, why: str, text: str, message: str) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(text)
    with pytest.raises(ValueError) as caught:
        read_space(file)
    assert message in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no\.yaml does not exist"):
        read_space(tmp_path / "no.yaml")


CONFLICTS = [
    ("no range", ["learning_rate"], [], "KEY=RANGE"),
    ("twice", ["epochs=int(1, 2)", "epochs=int(1, 3)"], [], "epochs more than once"),
    (
        "under two names",
        ["learning_rate=log(1, 2)", "optim_wrapper.optimizer.lr=log(1, 2)"],
        [],
        "are the same value",
    ),
    ("also fixed", ["epochs=int(1, 2)"], ["train_cfg.max_epochs"], "--cfg-options sets it"),
]


@pytest.mark.parametrize(
    ("why", "vary", "fixed", "message"), CONFLICTS, ids=[case[0] for case in CONFLICTS]
)
def test_refuses_conflicts(why: str, vary: list, fixed: list, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_space(vary=vary, fixed=fixed)
    assert message in str(caught.value)


KNOWN = [
    ("in the config", "model.backbone.window"),
    ("a default of the component", "model.backbone.dropout"),
    ("in a list", "train_dataloader.dataset.pipeline.1.crop_ratio"),
    ("a default in a list", "train_dataloader.dataset.pipeline.1.max_tries"),
    ("a dict", "model.head.nms"),
]


@pytest.mark.parametrize(("why", "key"), KNOWN, ids=[case[0] for case in KNOWN])
def test_known_key(thumos: Config, why: str, key: str) -> None:
    template_values(read_space(vary=[f"{key}=choice(1, 2)"]), thumos)


UNKNOWN = [
    ("misspelt at the end", "model.backbone.windwo", "'model.backbone.window'"),
    ("a default misspelt", "model.backbone.drop_out", "'model.backbone.dropout'"),
    ("misspelt in between", "modle.backbone.window", "'model.backbone.window'"),
    ("a part is left out", "optimizer.lr", "'optim_wrapper.optimizer.lr'"),
    ("the wrapper's option misspelt", "learning_rat", "'learning_rate'"),
    ("beyond the list", "train_dataloader.dataset.pipeline.9.max_len", "has no '9'"),
    ("into a number", "model.backbone.window.size", "has no 'size'"),
    ("like nothing", "zzzz", "the config has no value 'zzzz'"),
]


@pytest.mark.parametrize(("why", "key", "hint"), UNKNOWN, ids=[case[0] for case in UNKNOWN])
def test_unknown_key(thumos: Config, why: str, key: str, hint: str) -> None:
    with pytest.raises(ValueError) as caught:
        template_values(read_space(vary=[f"{key}=choice(1, 2)"]), thumos)
    assert f"no value '{key}'" in str(caught.value) and hint in str(caught.value)


def test_default_of_a_component_is_no_template_value(thumos: Config) -> None:
    space = read_space(vary=["model.backbone.dropout=float(0, 0.3)"])
    assert template_values(space, thumos) == {"model.backbone.dropout": None}
