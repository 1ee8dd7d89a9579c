"""Names of other codebases, both ways (figures of converted models: the golden tests)."""

import json

import pytest
import torch
from extra_golden import MODELS, extra_golden
from golden_models import GOLDEN

from mmtal.checkpoints.bridge import from_mmtal, to_mmtal
from mmtal.checkpoints.names import OFFICIAL, OPENTAD, Rule
from mmtal.registry import MODELS as REGISTRY

RECIPES = [p.stem for p in GOLDEN.glob("*.json") if "params" in json.loads(p.read_text())]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_published_name_has_one_of_ours_and_comes_back(name: str) -> None:
    params = json.loads((GOLDEN / f"{name}.json").read_text())["params"]
    ours = {theirs: OFFICIAL.to_ours(theirs) for theirs in params}
    assert None not in ours.values()
    assert len({found[0] for found in ours.values()}) == len(params)
    for theirs, (renamed, rule) in ours.items():
        assert OFFICIAL.to_theirs(renamed) == (theirs, rule), "the rules are their own inverse"


def same(first: dict, second: dict) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[key], second[key]) and first[key].dtype == second[key].dtype
        for key in first
    )


@pytest.mark.parametrize("name", MODELS)
def test_official_round_trip_is_exact(name: str) -> None:
    golden = extra_golden(name)
    official, model = golden.official_weights(), REGISTRY.build(golden.config.model)
    ours = to_mmtal(official, model, OFFICIAL)
    back = from_mmtal(ours.state_dict, model, OFFICIAL)
    assert not ours.problems + back.problems
    assert same(back.state_dict, official), "names, shapes and every bit"
    again = to_mmtal(back.state_dict, model, OFFICIAL)
    assert same(again.state_dict, ours.state_dict)


def test_statuses_say_what_became_of_each() -> None:
    ours = to_mmtal(extra_golden("extra_rel_pos").official_weights(), *_official())
    assert {row.status for row in ours.rows if not row.source} == {"initial"}
    back = from_mmtal(ours.state_dict, *_official())
    assert [row.source for row in back.rows if not row.target] == ["head.loss_normalizer"]
    assert "1 left out" in back.summary() and "left out" in back.table()


def test_other_types_are_taken_only_with_their_values() -> None:
    weights = extra_golden("extra_rel_pos").official_weights()
    name = "cls_head.cls_head.conv.bias"
    half = to_mmtal({**weights, name: weights[name].half()}, *_official())
    assert not half.problems
    double = to_mmtal({**weights, name: weights[name].double() + 1e-12}, *_official())
    assert double.problems == [
        f"rounded: {name} is torch.float64, whose values torch.float32 cannot hold"
    ]


def _official() -> tuple:
    return REGISTRY.build(MODELS["extra_rel_pos"]), OFFICIAL


@pytest.mark.parametrize(
    ("change", "problems", "why"),
    [
        (
            lambda w: w.update({"head.extra": torch.ones(1), "neck.norms.9.bias": torch.ones(1)}),
            ["unknown: head.extra", "unknown: neck.norms.9.bias"],
            "unknown to the model, though the second's name could be renamed",
        ),
        (
            lambda w: w.pop("head.level_scales"),
            [f"missing: head.level_scales.{level}" for level in range(4)],
            "a vector that is one parameter per level there",
        ),
        (
            lambda w: w.update({"head.cls_conv.bias": torch.ones(5)}),
            ["shape: head.cls_conv.bias is (5,), the config's model needs (3,)"],
            "other classes",
        ),
        (
            lambda w: w.update({"head.level_scales": torch.ones(5)}),
            ["unknown: head.level_scales.4"],
            "a level too many",
        ),
    ],
)
def test_exports_are_refused_as_imports_are(change, problems: list[str], why: str) -> None:
    model, scheme = _official()
    weights = dict(model.state_dict())
    change(weights)
    conversion = from_mmtal(weights, model, scheme)
    assert conversion.problems == problems, why
    with pytest.raises(ValueError, match="does not fit the config"):
        conversion.raise_if_unmatched()


def test_a_fpn_has_no_counterpart_in_opentad() -> None:
    model, _ = _official()
    problems = from_mmtal(model.state_dict(), model, OPENTAD).problems
    assert "unknown: neck.laterals.0.weight has no counterpart in a checkpoint of 'opentad'" in (
        problems
    )


def test_a_plugins_rules_come_first() -> None:
    scheme = OFFICIAL.extended([Rule("neck.fpn_norms.{i}.{p}", "neck.mine.{i}.{p}")])
    assert scheme.to_ours("neck.fpn_norms.2.bias")[0] == "neck.mine.2.bias"
    assert scheme.to_theirs("neck.norms.2.bias")[0] == "neck.fpn_norms.2.bias"


def test_a_parameter_that_they_save_twice() -> None:
    model = torch.nn.Module()
    model.neck = torch.nn.Linear(2, 1)
    scheme = OPENTAD.extended([Rule("first.{p}", "neck.{p}", again="second.{p}")])
    theirs = from_mmtal(model.state_dict(), model, scheme)
    assert list(theirs.state_dict) == [
        f"{part}.{p}" for p in ("weight", "bias") for part in ("first", "second")
    ]
    assert same(to_mmtal(theirs.state_dict, model, scheme).state_dict, model.state_dict())
    once = {k: v for k, v in theirs.state_dict.items() if k.startswith("second")}
    assert same(to_mmtal(once, model, scheme).state_dict, model.state_dict())
    changed = {**theirs.state_dict, "second.bias": torch.ones(1)}
    assert to_mmtal(changed, model, scheme).problems == [
        "unequal: second.bias differs from another name of the same parameter"
    ]
