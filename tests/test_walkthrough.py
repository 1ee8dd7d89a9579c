"""The guide's backbone is TemporalMaxer's: by its release's figures, by the project's outputs."""

import importlib.util
import sys
from collections.abc import Iterator

import pytest
import torch
from mmengine.config import Config
from test_docs import ROOT, blocks, patched
from torch import nn

from mmtal.new_project import new_project
from mmtal.registry import BACKBONES

sys.path.insert(0, str(ROOT / "projects" / "temporalmaxer" / "tests"))
from golden_models import unmatched_share
from test_temporalmaxer_golden import TemporalMaxerGolden

from projects.temporalmaxer.temporalmaxer import MaxPoolPyramid

FILE = "projects/maxer/maxer/maxer_backbone.py"


@pytest.fixture(scope="module")
def backbone(tmp_path_factory) -> Iterator[type[nn.Module]]:
    """The class after all steps of the guide."""
    top = tmp_path_factory.mktemp("top")
    (top / "projects").mkdir()
    (top / "configs").symlink_to(ROOT / "configs")
    new_project("maxer", kind="backbone", folder=top / "projects")
    steps = [
        block for block in blocks(ROOT / "docs" / "plugins.md") if block.kind in ("patch", "file")
    ]
    steps = [block for block in steps if block.argument == FILE]
    assert len(steps) == 3
    for step in steps:
        (top / FILE).write_text(patched((top / FILE).read_text(), step.text))
    spec = importlib.util.spec_from_file_location("walked_maxer_backbone", top / FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.MaxerBackbone
    del BACKBONES.module_dict["MaxerBackbone"]


class WalkedGolden(TemporalMaxerGolden):
    """The release's golden model, with the guide's backbone in place of the project's."""

    @property
    def config(self) -> Config:
        config = Config.fromfile(
            ROOT / "projects" / "temporalmaxer" / "configs" / f"{self.config_name}.py"
        )
        num_embed, num_pools = config.model.backbone.pop("depths")
        assert num_embed == 2
        config.model.backbone.update(type="MaxerBackbone", num_levels=1 + num_pools)
        return config


@pytest.mark.slow
@pytest.mark.parametrize("name", ["thumos_i3d", "epic_slowfast_verb"])
def test_it_detects_what_the_release_detects(backbone, name):
    golden = WalkedGolden(name)
    model = golden.build()
    assert type(model.backbone) is backbone
    (sample,) = model.eval().test_step(
        golden.video(0, golden.meta["lengths"][0], in_grid_units=False)
    )
    expected = [golden.figures[f"eval0.{key}"] for key in ("segments", "scores", "labels")]
    assert unmatched_share(sample.pred_instances, expected) <= 1e-3


@pytest.mark.parametrize(
    ("length", "why"),
    [(128, "a full sequence"), (70, "shorter"), (1, "one feature"), (0, "nothing but padding")],
)
@pytest.mark.parametrize("full_padding", [False, True])
def test_it_computes_what_the_project_computes(backbone, full_padding, length, why):
    sizes = dict(embed_channels=16, max_seq_len=128, full_padding=full_padding)
    torch.manual_seed(0)
    published, walked = MaxPoolPyramid(5, **sizes), backbone(5, **sizes)
    walked.load_state_dict(published.state_dict())
    for norm in (*published.embedding.norms, *walked.embedding.norms):
        nn.init.constant_(norm.bias, 0.3)  # reaches the padding
    mask = torch.arange(128)[None] < length
    x = torch.randn(1, 5, 128) * mask
    (features, masks), (expected, expected_masks) = walked(x, mask), published(x, mask)
    assert walked.level_strides == published.level_strides
    for level, stride in enumerate(walked.level_strides):
        assert features[level].shape == (1, 16, 128 // stride)
        assert torch.equal(features[level], expected[level]), why
        assert torch.equal(masks[level], expected_masks[level]), why
    for size in (1, 70, 128, 129):
        assert walked.padding.padded_length(size) == published.padding.padded_length(size)
