"""Parameter names of an ActionFormer in other codebases.

A rule is a pair of templates, theirs and ours, with the same fields, so that it works in both
directions. Of our state dict, the vector ``head.level_scales`` goes by its elements' names
(``head.level_scales.0``), since the others keep one parameter per level.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from torch import nn

_FIELDS = {
    "i": r"\d+",
    "n": r"\d+",
    "p": r"weight|bias",
    "part": r"stem|branch",
    "branch": r"cls|reg",
    "conv": r"(?:query|key|value)_conv",
    "norm": r"(?:query|key|value)_norm",
    "linear": r"query|key|value|proj",
    "residual": r"attn|mlp",
    "block_conv": r"conv1|conv2|downsample",
}


@dataclass(frozen=True)
class Rule:
    """One kind of parameter.

    Attributes:
        theirs: Template of the others' name, with fields such as ``{i}`` in braces.
        ours: Template of our name, with the same fields.
        ones: Dimensions of size 1 that their shape has before and after ours.
        again: Template of the name under which they save the same parameter once more; empty: none.
    """

    theirs: str
    ours: str
    ones: tuple[int, int] = (0, 0)
    again: str = ""

    def their_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Their shape of a parameter that has this shape here."""
        before, after = self.ones
        return (1,) * before + tuple(shape) + (1,) * after


@dataclass(frozen=True)
class NamingScheme:
    """All the names of one codebase.

    Attributes:
        name: How a user calls it.
        rules: The first one that fits a name counts.
        dropped: Names of ours that this codebase does not save.
        norm_eps: What its embedding, neck and towers add to the variance in LayerNorm.
        mask_after_norm: Whether its embedding and towers are zero in the padding.
        configs: Folders of mmtal's configs of its models.
    """

    name: str
    rules: tuple[Rule, ...]
    dropped: frozenset[str] = frozenset()
    norm_eps: float = 1e-5
    mask_after_norm: bool = False
    configs: tuple[str, ...] = ("configs/actionformer",)

    def to_ours(self, name: str) -> tuple[str, Rule] | None:
        """Our name of their parameter, and the rule; None where we have no such parameter."""
        return _rename(name, self._from_theirs)

    def to_theirs(self, name: str) -> tuple[str, Rule] | None:
        """Their name of our parameter, and the rule; None where they have no such parameter."""
        return _rename(name, self._from_ours)

    def their_names(self, name: str) -> list[str]:
        """All of their names of our parameter, mostly one."""
        found = [_rename(name, table) for table in (self._from_ours, self._copies)]
        return [renamed[0] for renamed in found if renamed]

    def extended(self, rules: Iterable[Rule]) -> "NamingScheme":
        """With more rules, which come first."""
        return replace(self, rules=(*rules, *self.rules))

    def for_model(self, model: nn.Module) -> "NamingScheme":
        """With the rules of a model's parts: of this scheme's name in their ``naming_rules``."""
        rules = [getattr(part, "naming_rules", {}).get(self.name, ()) for part in model.children()]
        return self.extended(rule for part in rules for rule in part)

    @cached_property
    def _from_theirs(self) -> list[tuple[re.Pattern[str], str, Rule]]:
        names = [(name, rule) for rule in self.rules for name in (rule.theirs, rule.again) if name]
        return [(_pattern(name), rule.ours, rule) for name, rule in names]

    @cached_property
    def _from_ours(self) -> list[tuple[re.Pattern[str], str, Rule]]:
        return [(_pattern(rule.ours), rule.theirs, rule) for rule in self.rules]

    @cached_property
    def _copies(self) -> list[tuple[re.Pattern[str], str, Rule]]:
        return [(_pattern(rule.ours), rule.again, rule) for rule in self.rules if rule.again]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    fixed, fields = parts[0::2], parts[1::2]
    groups = [f"(?P<{field}>{_FIELDS[field]})" for field in fields] + [""]
    return re.compile("".join(re.escape(f) + g for f, g in zip(fixed, groups, strict=True)))


def _rename(name: str, table: list[tuple[re.Pattern[str], str, Rule]]) -> tuple[str, Rule] | None:
    for pattern, template, rule in table:
        match = pattern.fullmatch(name)
        if match:
            return template.format_map(match.groupdict()), rule
    return None


_NORM = (1, 1)  # the release keeps norms as (1, C, 1)
_LINEAR = (0, 1)  # and linear layers as convolutions (C, C, 1)


def _backbone(prefix: str, norm: tuple[int, int]) -> tuple[Rule, ...]:
    """The transformer blocks, which OpenTAD took from the release; ``norm``: ``ones`` of a norm."""
    theirs, ours = f"{prefix}.{{part}}.{{i}}.", "backbone.{part}.{i}."
    return (
        Rule(theirs + "ln1.{p}", ours + "attn_norm.{p}", norm),
        Rule(theirs + "ln2.{p}", ours + "mlp_norm.{p}", norm),
        Rule(theirs + "attn.{conv}.conv.weight", ours + "attn.{conv}.weight"),
        Rule(theirs + "attn.{norm}.{p}", ours + "attn.{norm}.{p}", norm),
        Rule(theirs + "attn.{linear}.weight", ours + "attn.{linear}.weight", _LINEAR),
        Rule(theirs + "attn.{linear}.bias", ours + "attn.{linear}.bias"),
        Rule(theirs + "attn.rel_pe", ours + "attn.rel_pos", (2, 0)),
        Rule(theirs + "mlp.{n}.weight", ours + "mlp.{n}.weight", _LINEAR),
        Rule(theirs + "mlp.{n}.bias", ours + "mlp.{n}.bias"),
        Rule(theirs + "drop_path_{residual}.scale", ours + "{residual}_drop_path.scale", (1, 1)),
        Rule(theirs + "{block_conv}.conv.{p}", ours + "{block_conv}.{p}"),
    )


OFFICIAL = NamingScheme(
    "official",
    (
        Rule("backbone.proj.{i}.conv.{p}", "backbone.embedding.projections.{i}.{p}"),
        Rule("backbone.embd.{i}.conv.{p}", "backbone.embedding.convs.{i}.{p}"),
        Rule("backbone.embd_norm.{i}.{p}", "backbone.embedding.norms.{i}.{p}", _NORM),
        *_backbone("backbone", _NORM),
        Rule("neck.fpn_norms.{i}.{p}", "neck.norms.{i}.{p}", _NORM),
        Rule("neck.lateral_convs.{i}.conv.{p}", "neck.laterals.{i}.{p}"),
        Rule("neck.fpn_convs.{i}.conv.{p}", "neck.convs.{i}.{p}"),
        Rule("{branch}_head.head.{i}.conv.{p}", "head.{branch}_tower.convs.{i}.{p}"),
        Rule("{branch}_head.norm.{i}.{p}", "head.{branch}_tower.norms.{i}.{p}", _NORM),
        Rule("cls_head.cls_head.conv.{p}", "head.cls_conv.{p}"),
        Rule("reg_head.offset_head.conv.{p}", "head.reg_conv.{p}"),
        Rule("reg_head.scale.{i}.scale", "head.level_scales.{i}"),
    ),
    dropped=frozenset({"head.loss_normalizer"}),
)
"""The ActionFormer release (happyharrycn/actionformer_release)."""

OPENTAD = NamingScheme(
    "opentad",
    (
        Rule("projection.proj.{i}.conv.{p}", "backbone.embedding.projections.{i}.{p}"),
        Rule("projection.embed.{i}.conv.{p}", "backbone.embedding.convs.{i}.{p}"),
        Rule("projection.embed.{i}.norm.{p}", "backbone.embedding.norms.{i}.{p}"),
        *_backbone("projection", (0, 0)),
        Rule("neck.fpn_norms.{i}.{p}", "neck.norms.{i}.{p}"),
        Rule("rpn_head.{branch}_convs.{i}.conv.{p}", "head.{branch}_tower.convs.{i}.{p}"),
        Rule("rpn_head.{branch}_convs.{i}.norm.{p}", "head.{branch}_tower.norms.{i}.{p}"),
        Rule("rpn_head.{branch}_head.{p}", "head.{branch}_conv.{p}"),
        Rule("rpn_head.scale.{i}.scale", "head.level_scales.{i}"),
        Rule("rpn_head.loss_normalizer", "head.loss_normalizer"),
    ),
    norm_eps=1e-6,
    mask_after_norm=True,
    configs=(
        "projects/opentad_actionformer/configs",
        "projects/actionmamba/configs",
        "projects/adatad/configs",
        "projects/bmn/configs",
        "projects/causaltad/configs",
        "projects/dyfadet/configs",
        "projects/tadtr/configs",
    ),
)
"""OpenTAD (sming256/OpenTAD): ActionFormer; what other models have besides, they say themselves."""

SCHEMES = {scheme.name: scheme for scheme in (OFFICIAL, OPENTAD)}

FIRST_PARTS = {
    "official": ("cls_head.", "reg_head.", "stage1."),  # the last one: MS-TCN's
    "opentad": ("rpn_head.", "transformer."),
}
"""How names of weights begin that the other codebases alone have."""
