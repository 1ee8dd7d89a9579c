"""Positions computed in testing on THUMOS14's real lengths, ours and the official release's.

python benchmarks/padding.py
"""

import json
import math
import os
import sys
from pathlib import Path

from mmengine.config import Config

from mmtal.config_files import find_config
from mmtal.registry import BACKBONES

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data"))


def thumos_lengths(subset: str) -> list[int]:
    """Number of I3D features of each recording of a subset, ``Validation`` or ``Test``."""
    path = DATA / "benchmarks" / "thumos14" / "thumos14.json"
    if not path.exists():
        sys.exit(f"skipped: needs {path} (set MMTAL_DATA to the folder that holds the data sets)")
    return [
        math.floor((video["duration"] * video["fps"] - 16) / 4) + 1
        for video in json.loads(path.read_text())["database"].values()
        if video["subset"] == subset
    ]


def main() -> None:
    config = Config.fromfile(find_config("actionformer/thumos_i3d"))
    rule = BACKBONES.build(config.model.backbone).padding
    for subset in ("Test", "Validation"):
        lengths = thumos_lengths(subset)
        real = sum(lengths)
        ours = sum(rule.padded_length(n) for n in lengths)
        release = sum(rule.official_length(n) for n in lengths)
        print(
            f"THUMOS14 {subset.lower()}, {len(lengths)} recordings, {real} features: "
            f"ours {ours / real:.3f} times as many, release {release / real:.3f}, "
            f"ratio {release / ours:.2f}"
        )


if __name__ == "__main__":
    main()
