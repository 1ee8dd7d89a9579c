"""Small models of the parts that no official recipe uses, with figures of the release.

tests/data/golden/extra_*.json say how the figures were made; weights and videos follow the rules of
the other golden figures.
"""

from dataclasses import dataclass
from functools import cache, cached_property

from golden_models import Golden
from mmengine.config import Config

LENGTHS = (37, 64, 81, 70)
"""Videos of the figures; max_seq_len is 64."""


def _localizer(backbone: dict, neck: dict, **head) -> dict:
    common = dict(
        type="AnchorFreeHead",
        num_classes=3,
        loss_normalizer=20,
        loss_cls=dict(type="FocalLoss"),
        loss_reg=dict(type="DIoULoss"),
        score_thr=0.01,
        pre_nms_topk=30,
        min_duration=0.05,
        nms=None,
        max_per_video=1000,
    )
    return dict(
        type="TemporalLocalizer",
        backbone=dict(max_seq_len=64, **backbone),
        neck=neck,
        head={**common, **head},
    )


def _assigner(*edges: float, center_radius: float | None = 1.5) -> dict:
    ranges = list(zip((0, *edges), (*edges, 10000), strict=True))
    return dict(type="CenterAssigner", regression_ranges=ranges, center_radius=center_radius)


MODELS = {
    "extra_conv_fpn": _localizer(
        dict(type="ConvNet", in_channels=[24, 16], embed_channels=[20, 12], depths=(2, 2, 3)),
        dict(type="FPN", out_channels=24),
        channels=20,
        assigner=_assigner(4, 8, 16),
    ),
    "extra_conv_plain": _localizer(
        dict(
            type="ConvNet",
            in_channels=24,
            embed_channels=16,
            depths=(1, 1, 2),
            embed_kernel=5,
            embed_norm=False,
        ),
        dict(type="IdentityNeck", with_norm=False),
        num_convs=2,
        kernel_size=1,
        with_norm=False,
        empty_classes=[1],
        assigner=_assigner(4, 8),
    ),
    "extra_rel_pos": _localizer(
        dict(
            type="ConvTransformer",
            in_channels=24,
            embed_channels=32,
            depths=(1, 2, 3),
            num_heads=2,
            window=[9, 9, 9, -1],
            abs_pos=True,
            rel_pos=True,
            dropout=0.1,
        ),
        dict(type="FPN", out_channels=32, with_norm=False),
        assigner=_assigner(4, 8, 16, center_radius=None),
        loss_cls=dict(type="FocalLoss", label_smoothing=0.1),
        loss_reg=dict(type="GIoULoss"),
    ),
}


@dataclass
class ExtraGolden(Golden):
    """One of these models."""

    @cached_property
    def config(self) -> Config:
        return Config(dict(model=MODELS[self.config_name]))


@cache
def extra_golden(name: str) -> ExtraGolden:
    return ExtraGolden(name)
