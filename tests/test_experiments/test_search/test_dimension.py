"""mmtal.experiments.search.space."""

from typing import Any

import optuna
import pytest

from mmtal.experiments.search.space import Dimension

READ = [
    ("log", "log(5e-5,2e-4)", "log(5e-05, 0.0002)"),
    ("spaces around", "  float( 0 , 0.3 ) ", "float(0, 0.3)"),
    ("integers", "int(1, 4)", "int(1, 4)"),
    ("with a step", "int(16, 128, 16)", "int(16, 128, 16)"),
    ("negative", "float(-1, 1)", "float(-1, 1)"),
    ("any value", "choice([(0, 4)], 'a b', None)", "choice([(0, 4)], 'a b', None)"),
    ("words need no quotes", "choice(hard, gaussian)", "choice(hard, gaussian)"),
]


@pytest.mark.parametrize(("why", "text", "shown"), READ, ids=[case[0] for case in READ])
def test_reads(why: str, text: str, shown: str) -> None:
    dimension = Dimension.parse("key", text)
    assert str(dimension) == shown
    assert Dimension.parse("key", shown) == dimension


WRONG = [
    ("no range", "0.1", "expected log(low, high)"),
    ("unknown kind", "uniform(0, 1)", "expected log(low, high)"),
    ("one end", "log(0.1)", "expected log(low, high)"),
    ("a step of a float", "float(0, 1, 0.1)", "expected log(low, high)"),
    ("words as ends", "float(a, b)", "expected log(low, high)"),
    ("true is no number", "int(True, 4)", "expected log(low, high)"),
    ("half a call", "log(1, 2", "expected log(low, high)"),
    ("keywords", "log(low=1, high=2)", "expected log(low, high)"),
    ("code", "__import__('os')", "expected log(low, high)"),
    ("empty", "float(1, 1)", "is empty"),
    ("the wrong way round", "log(2e-4, 5e-5)", "low < high"),
    ("no end", "float(0, 1e999)", "low < high"),
    ("log of zero", "log(0, 1)", "above 0"),
    ("half epochs", "int(1, 2.5)", "whole numbers"),
    ("step too large", "int(1, 4, 4)", "the step must be 1 to 3"),
    ("step of zero", "int(1, 4, 0)", "the step must be 1 to 3"),
    ("no choice", "choice(1)", "two or more different values"),
    ("the same twice", "choice(1, 1)", "two or more different values"),
    ("nothing", "choice()", "two or more different values"),
]


@pytest.mark.parametrize(("why", "text", "message"), WRONG, ids=[case[0] for case in WRONG])
def test_refuses(why: str, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Dimension.parse("model.x", text)
    assert message in str(caught.value) and str(caught.value).startswith("model.x: ")


INVERSE = [
    ("log(1, 10)", 10, 10.0),
    ("log(1, 10)", 0.9, None),
    ("int(1, 9, 2)", 3, 3),
    ("int(1, 9, 2)", 4, None),
    ("int(1, 9)", 2.0, 2),
    ("float(0, 1)", None, None),
    ("float(0, 1)", True, None),
    ("choice((0.9, 1.0), None)", (0.9, 1.0), "(0.9, 1.0)"),
    ("choice((0.9, 1.0), None)", None, "None"),
    ("choice(hard, gaussian)", "gaussian", "gaussian"),
    ("choice(1, 2)", 3, None),
]


@pytest.mark.parametrize(("text", "value", "stored"), INVERSE)
def test_stored_form(text: str, value: Any, stored: Any) -> None:
    dimension = Dimension.parse("key", text)
    assert dimension.stored_of(value) == stored
    if stored is not None:
        assert dimension.value_of(stored) == value


@pytest.mark.parametrize(
    "text", ["log(5e-5, 2e-4)", "float(0, 1)", "int(2, 8, 3)", "choice([1], [2])"]
)
def test_suggests_values_of_its_own(text: str) -> None:
    dimension = Dimension.parse("key", text)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    values = [dimension.suggest(study.ask()) for _ in range(20)]
    assert all(dimension.stored_of(value) is not None for value in values)
    assert len({str(value) for value in values}) > 1
    assert dimension.stored_of(dimension.first) is not None
