"""Models of OpenTAD's ActionFormer with golden figures (see README.md of tests/data/golden)."""

import json
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor, nn

from mmtal.checkpoints.files import convert
from mmtal.registry import MODELS

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from golden_models import Golden

PROJECT = Path(__file__).resolve().parents[1]
DATA = PROJECT / "tests" / "data"

FILES = {
    "thumos_i3d": "opentad_thumos_i3d",
    "anet_tsp": "opentad_anet_tsp",
    "epic_slowfast_verb": "opentad_epic_kitchens_slowfast_verb",
    "ego4d_slowfast": "opentad_ego4d_slowfast",
}
"""Our config of each, of ``configs/``."""


@dataclass
class OpenTADGolden(Golden):
    """One of these models; ``official_weights`` have OpenTAD's names."""

    @cached_property
    def meta(self) -> dict:
        return json.loads((DATA / f"{FILES[self.config_name]}.json").read_text())

    @cached_property
    def figures(self) -> dict[str, np.ndarray]:
        with np.load(DATA / f"{FILES[self.config_name]}.npz") as file:
            return dict(file)

    @cached_property
    def config(self) -> Config:
        return Config.fromfile(PROJECT / "configs" / f"{self.config_name}.py")

    def checkpoint_weights(self) -> dict[str, Tensor]:
        """What OpenTAD would save: its loss normalizer starts as an integer."""
        initial = torch.tensor(self.meta["model"]["rpn_head"]["loss_normalizer"])
        return {**self.official_weights(), "rpn_head.loss_normalizer": initial}

    def build(self) -> nn.Module:
        conversion = convert(
            self.checkpoint_weights(), self.config, source="opentad", target="mmtal"
        )
        conversion.raise_if_unmatched()
        model = MODELS.build(self.config.model)
        model.load_state_dict(conversion.state_dict)
        return model.eval()

    def features(self) -> Tensor:
        """The one video of the figures, (T, C)."""
        random = np.random.RandomState(self.meta["seed"] * 1000)
        shape = (self.meta["valid_length"], self.config.model.backbone.in_channels)
        return torch.from_numpy(random.standard_normal(shape).astype(np.float32))


@cache
def opentad_golden(name: str) -> OpenTADGolden:
    return OpenTADGolden(name)
