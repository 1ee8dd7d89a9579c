"""Checkpoints of OpenTAD become ours and theirs again, in models that compute as it does."""

from pathlib import Path

import pytest
import torch
from opentad_golden import FILES, PROJECT, opentad_golden

from mmtal.checkpoints.bridge import check_arithmetic, from_mmtal, to_mmtal
from mmtal.checkpoints.files import find_fitting_config, read_foreign_checkpoint
from mmtal.checkpoints.names import OFFICIAL, OPENTAD
from mmtal.registry import MODELS


@pytest.mark.parametrize("name", FILES)
def test_every_published_name_has_one_of_ours_and_comes_back(name: str) -> None:
    params = opentad_golden(name).meta["params"]
    ours = {theirs: OPENTAD.to_ours(theirs) for theirs in params}
    assert None not in ours.values()
    assert len({found[0] for found in ours.values()}) == len(params)
    for theirs, (renamed, rule) in ours.items():
        assert OPENTAD.to_theirs(renamed) == (theirs, rule), "the rules are their own inverse"


def test_a_file_finds_its_config_and_comes_back_bit_by_bit(tmp_path: Path) -> None:
    golden = opentad_golden("anet_tsp")
    weights = {**golden.checkpoint_weights(), "rpn_head.loss_normalizer": torch.tensor(123.456)}
    saved = {f"module.{name}": value for name, value in weights.items()}
    torch.save(dict(epoch=14, state_dict=saved), tmp_path / "best.pth")
    file = read_foreign_checkpoint(tmp_path / "best.pth")
    theirs, which = file.weights(None)
    assert (file.format, which, file.epoch) == ("opentad", "plain", 14)
    assert find_fitting_config(theirs, OPENTAD, "opentad") == PROJECT / "configs" / "anet_tsp.py"

    model = MODELS.build(golden.config.model)
    ours = to_mmtal(theirs, model, OPENTAD)
    assert ours.state_dict["head.loss_normalizer"] == torch.tensor(123.456)
    back = from_mmtal(ours.state_dict, model, OPENTAD).state_dict
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[key], weights[key]) for key in back)
    assert all(back[key].dtype == weights[key].dtype for key in back)


def test_statuses_say_what_became_of_each() -> None:
    golden = opentad_golden("anet_tsp")
    model = MODELS.build(golden.config.model)
    rows = to_mmtal(golden.checkpoint_weights(), model, OPENTAD).rows
    status = {row.source: row.status for row in rows}
    assert status["projection.stem.0.ln1.weight"] == "same"
    assert status["projection.stem.0.attn.proj.weight"] == "reshaped"
    assert status["rpn_head.loss_normalizer"] == "dtype", "an integer in OpenTAD's averaged weights"
    assert len(status) == len(golden.meta["params"]) + 1


@pytest.mark.parametrize("name", FILES)
def test_equal_names_do_not_hide_other_arithmetic(name: str) -> None:
    with torch.device("meta"):
        model = MODELS.build(opentad_golden(name).config.model)
    check_arithmetic(model, OPENTAD)
    with pytest.raises(ValueError, match=r"eps \[1e-06\] and mask_after_norm \[True\]"):
        check_arithmetic(model, OFFICIAL)
    for part in (model.neck.norms[0], model.backbone.embedding.norms[0], model.head.reg_tower):
        before = dict(part.__dict__)
        part.__dict__.update(eps=1e-5, mask_after_norm=False)
        with pytest.raises(ValueError, match="'opentad' computes with 1e-06 and True"):
            check_arithmetic(model, OPENTAD)
        part.__dict__.clear()
        part.__dict__.update(before)
