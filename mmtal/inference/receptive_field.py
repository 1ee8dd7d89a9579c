"""Measure the receptive field of a model.

B batch, C channels, T features, L levels, T_l positions of level l.
"""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mmtal.models import TemporalLocalizer
from mmtal.models.layers import ConvAttention, FixedPadding, SelectiveSSM
from mmtal.registry import MODELS
from mmtal.runtime.windowing import Reach

PROBES = 8
"""Random recordings: max pooling passes a gradient to its winner alone, another one in each."""

LONGEST_PROBE = 8192
"""Features up to which the reach is looked for; a model that sees further counts as unbounded."""


def narrow_twin(model: Mapping[str, Any]) -> TemporalLocalizer:
    """A model with few channels that sees as far as the one of this config, measured in a second.

    A model whose backbone has no width by the names of mmtal's own, or allows none of these, is
    built as it is: measuring takes longer.
    """
    if not {"in_channels", "embed_channels"} <= model["backbone"].keys():
        return MODELS.build(copy.deepcopy(model)).eval()
    config: Any = copy.deepcopy(model)
    backbone, head = config["backbone"], config["head"]
    width = 8 * backbone.get("num_heads", 4)
    if isinstance(backbone["in_channels"], int):
        backbone["in_channels"], backbone["embed_channels"] = 8, width
    else:
        sources = len(backbone["in_channels"])
        backbone["in_channels"], backbone["embed_channels"] = [8] * sources, [width] * sources
    if "out_channels" in config["neck"]:
        config["neck"]["out_channels"] = width
    if head.get("channels"):
        head["channels"] = width
    try:
        return MODELS.build(config).eval()
    except (TypeError, ValueError):
        return MODELS.build(copy.deepcopy(model)).eval()


def measure_reach(model: TemporalLocalizer) -> Reach:
    """Measure the receptive field of every level of a localizer.

    A feature matters if the gradient of a point's raw predictions (positions last) with respect to
    it is not zero; in double precision, not even a chain of small attention weights vanishes.
    ValueError: the receptive field has no bound, as with global attention, or predictions depend on
    the absolute position in the recording.
    """
    if any(isinstance(m, ConvAttention) and m.window == -1 for m in model.modules()):
        raise ValueError(_refusal("it has global attention (window=-1)"))
    if any(isinstance(m, SelectiveSSM) for m in model.modules()):
        raise ValueError(_refusal("its selective scans run from end to end of a recording"))
    if any(isinstance(m, nn.GroupNorm) for m in model.modules()):
        raise ValueError(_refusal("it normalizes over the whole recording (GroupNorm)"))
    if isinstance(model.padding, FixedPadding):
        raise ValueError(_refusal(f"it works on {model.padding.max_seq_len} features at once"))
    if getattr(model.backbone, "abs_pos", False):
        raise ValueError(_refusal("it adds absolute positions (abs_pos=True)"))
    probe = copy.deepcopy(model).double().eval().requires_grad_(False)
    coarsest = max(model.backbone.level_strides)
    length = 32 * coarsest
    while length <= max(LONGEST_PROBE, 32 * coarsest):
        reach = _measure(probe, length)
        if max(reach.left + reach.right) < length // 2 - 2 * coarsest:
            return reach
        length *= 2
    raise ValueError(_refusal(f"its predictions depend on features {length // 4} and more away"))


def _measure(model: TemporalLocalizer, length: int) -> Reach:
    strides = tuple(model.backbone.level_strides)
    coarsest = max(strides)
    generator = torch.Generator().manual_seed(0)
    device = next(model.parameters()).device
    shape = (2 * PROBES, model.backbone.in_channels, length)
    inputs = torch.randn(shape, generator=generator, dtype=torch.float64).to(device)
    inputs.requires_grad_(True)
    masks = torch.ones(2 * PROBES, length, dtype=torch.bool, device=device)
    raw = _raw_predictions(model, inputs, masks)
    left, right = [], []
    for level, stride in enumerate(strides):
        # Where levels are upsampled, what a point sees depends on where it is in the coarsest
        # step: the first point of a step sees furthest ahead, the last furthest back.
        middle = length // 2 // coarsest * coarsest
        points = [middle, middle + coarsest - stride]
        total = 0 * inputs.sum()  # where outputs are constant, nothing matters
        for outputs in raw:
            for probes, point in zip(outputs[level].chunk(2), points, strict=True):
                values = probes[..., point // stride]
                weights = torch.randn(values.shape, generator=generator, dtype=torch.float64)
                total = total + (values * weights.to(device)).sum()
        (gradient,) = torch.autograd.grad(total, inputs, retain_graph=True)
        seen = [some.any(0).any(0).nonzero().squeeze(1) for some in (gradient != 0).chunk(2)]
        left.append(max([0, *(p - int(s[0]) for p, s in zip(points, seen, strict=True) if len(s))]))
        right.append(
            max([0, *(int(s[-1]) - p for p, s in zip(points, seen, strict=True) if len(s))])
        )
    return Reach(strides, tuple(left), tuple(right))


def _raw_predictions(model: TemporalLocalizer, inputs: Tensor, masks: Tensor) -> list[list[Tensor]]:
    features, level_masks = model.extract_feat(inputs, masks)
    raw = model.head(features, level_masks)
    lengths = [mask.shape[1] for mask in level_masks]
    for outputs in raw:
        if [x.shape[-1] for x in outputs] != lengths:
            raise ValueError(_refusal(f"a {type(model.head).__name__} is not known to be local"))
    return list(raw)


def _refusal(reason: str) -> str:
    return (
        f"this model cannot predict in windows or in a stream: {reason}, so its predictions in a "
        "part of a recording differ from those in the whole. Predict in one pass"
    )
