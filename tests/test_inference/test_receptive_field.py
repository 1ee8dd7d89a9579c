"""The measured reach is the one that the layers add up to, and nothing outside it matters."""

import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmtal.config_files import find_config
from mmtal.inference import receptive_field
from mmtal.inference.receptive_field import measure_reach, narrow_twin
from mmtal.inference.windowing import WindowWalker, reach_of
from mmtal.models.layers import MaskedConv1d
from mmtal.registry import MODELS
from mmtal.runtime.windowing import Reach

init_default_scope("mmtal")
BASE = Config.fromfile(find_config("actionformer/demo")).model
WINDOWS = [9, 9, 5, 3]


def model_config(*, neck: str = "IdentityNeck", backbone: str = "ConvTransformer") -> dict:
    config = copy.deepcopy(BASE.to_dict())
    config["backbone"].update(in_channels=4, embed_channels=16, depths=(2, 1, 3))
    config["backbone"]["window"] = WINDOWS
    if backbone == "ConvNet":
        kept = ("in_channels", "embed_channels", "depths", "max_seq_len")
        config["backbone"] = {k: v for k, v in config["backbone"].items() if k in kept}
        config["backbone"]["type"] = backbone
    config["neck"] = dict(type=neck, **(dict(out_channels=16) if neck == "FPN" else {}))
    config["head"]["assigner"]["regression_ranges"] = [(0, 4), (4, 8), (8, 16), (16, 10000)]
    return config


def added_up() -> tuple[int, ...]:
    """Embedding 2 x 1; per block a convolution at its input's stride and half a window at its
    output's; the head 3 x 1 at the level's."""
    reach, seen = [], 2
    for level, window in enumerate(WINDOWS):
        stride = 2**level
        seen += (stride // 2 or 1) + window // 2 * stride
        reach.append(seen + 3 * stride)
    return tuple(reach)


def test_measured_reach_is_what_the_layers_add_up_to():
    reach = measure_reach(narrow_twin(model_config()))
    assert reach == Reach((1, 2, 4, 8), added_up(), added_up())


def test_figures_of_the_small_recipes():
    """2 for the embedding, 10 for the stem, 279 for the branch, 96 for the head at stride 32."""
    reach = measure_reach(narrow_twin(BASE))
    assert reach.right == reach.left == (15, 27, 51, 99, 195, 387)


@pytest.mark.parametrize(
    "config",
    [model_config(), model_config(neck="FPN"), model_config(backbone="ConvNet")],
    ids=["transformer", "pyramid", "convolutions"],
)
def test_nothing_outside_the_reach_matters(config):
    reach = reach_of(config)  # and a trial in windows succeeds
    torch.manual_seed(1)
    model = MODELS.build(config).eval()
    length = 2 * reach.shortest_window
    values = torch.randn(1, 4, length)
    masks = torch.ones(1, length, dtype=torch.bool)
    with torch.no_grad():
        before = model(values, masks)[0]
        middle = length // 2
        values[..., middle] = 100.0
        after = model(values, masks)[0]
    for level, (stride, left, right) in enumerate(
        zip(reach.level_strides, reach.left, reach.right, strict=True)
    ):
        changed = stride * (before[level] != after[level]).any(1)[0].nonzero().squeeze(1)
        assert changed.min() >= middle - right
        assert changed.max() <= middle + left


def test_a_head_whose_decoding_looks_around_is_found_out(monkeypatch):
    from mmtal.models import AnchorFreeHead

    original = AnchorFreeHead.candidates_by_feat

    def smooth(self, cls_logits, offsets, masks):
        blurred = [torch.nn.functional.avg_pool1d(o, 9, 1, 4) for o in offsets]
        return original(self, cls_logits, blurred, masks)

    monkeypatch.setattr(AnchorFreeHead, "candidates_by_feat", smooth)
    with pytest.raises(ValueError, match="in a trial its predictions in windows differed"):
        reach_of(model_config())


def test_a_head_that_cannot_be_pooled_is_refused():
    model = narrow_twin(model_config())
    model.head = torch.nn.Identity()
    missing = r"predicts in windows must have 'best_candidates', 'candidates_by_feat', .* Identity"
    with pytest.raises(ValueError, match=missing):
        WindowWalker(model, reach=None)


def test_the_random_state_stays_as_it_was():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    reach_of(model_config())
    assert torch.rand(1) == expected


def test_a_far_sight_counts_as_unbounded(monkeypatch):
    monkeypatch.setattr(receptive_field, "LONGEST_PROBE", 256)
    model = narrow_twin(model_config())
    model.head.cls_conv = MaskedConv1d(model.neck.out_channels, 2, kernel_size=501)
    with pytest.raises(ValueError, match="depend on features 128 and more away"):
        measure_reach(model)
