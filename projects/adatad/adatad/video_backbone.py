"""AdaTAD's backbone: VideoMAE and ActionFormer's, by OpenTAD's names."""

from dataclasses import replace
from typing import ClassVar

from mmtal.checkpoints.names import OPENTAD, Rule
from mmtal.models import VideoBackbone
from mmtal.registry import BACKBONES

THEIRS, OURS = "backbone.model.backbone.", "backbone.video."

SAME = (
    "fc_norm.{p}",
    *(
        f"blocks.{{i}}.{part}"
        for part in (
            "norm1.{p}", "norm2.{p}", "attn.q_bias", "attn.v_bias", "attn.qkv.weight",
            "attn.proj.{p}", "adapter.gamma", "adapter.down_proj.{p}", "adapter.up_proj.{p}",
            "adapter.dwconv.{p}", "adapter.conv.{p}",
        )
    ),
)  # fmt: skip
"""Names that are theirs and ours."""

RULES = (
    *(Rule(THEIRS + name, OURS + name) for name in SAME),
    Rule(THEIRS + "patch_embed.projection.{p}", OURS + "patch_embed.proj.{p}"),
    Rule(THEIRS + "blocks.{i}.mlp.layers.0.0.{p}", OURS + "blocks.{i}.mlp.fc1.{p}"),
    Rule(THEIRS + "blocks.{i}.mlp.layers.1.{p}", OURS + "blocks.{i}.mlp.fc2.{p}"),
    Rule(THEIRS + "pos_embed", OURS + "positions"),
    Rule("backbone.model.data_preprocessor.mean", OURS + "mean", (0, 3)),
    Rule("backbone.model.data_preprocessor.std", OURS + "std", (0, 3)),
    *(
        replace(rule, ours=rule.ours.replace("backbone.", "backbone.features.", 1))
        for rule in OPENTAD.rules
        if rule.ours.startswith("backbone.")
    ),
)


@BACKBONES.register_module()
class AdaTADBackbone(VideoBackbone):
    """VideoMAE with adapters, and ActionFormer's backbone on its features."""

    naming_rules: ClassVar = {"opentad": RULES}
