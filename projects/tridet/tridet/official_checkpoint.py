"""Checkpoints of the TriDet release, renamed for this project.

Run as ``python -m projects.tridet.tridet.official_checkpoint CHECKPOINT CONFIG OUT``.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch import Tensor

from mmtal.apis import load_official_state_dict, save_whole
from mmtal.checkpoints.names import Rule
from mmtal.cli.entry import run_tool
from mmtal.engine.runner import load_config

# Where ActionFormer's release has no such parameter.
_LAYERS = {
    "ln": "norm",
    "gn": "mlp_norm",
    "psi": "psi",
    "fc": "fc",
    "convw": "conv_w",
    "convkw": "conv_kw",
    "global_fc": "phi",
}
_BLOCK, _TOWER = "backbone.{part}.{i}.", "head.boundary_towers."
RULES = (
    *(Rule(f"{_BLOCK}{name}.{{p}}", f"{_BLOCK}{ours}.{{p}}") for name, ours in _LAYERS.items()),
    Rule(_BLOCK + "drop_path_out.scale", _BLOCK + "sgp_drop_path.scale"),
    Rule("start_head.head.{i}.conv.{p}", _TOWER + "0.convs.{i}.{p}"),
    Rule("start_head.norm.{i}.{p}", _TOWER + "0.norms.{i}.{p}"),
    Rule("start_head.cls_head.conv.{p}", "head.boundary_convs.0.{p}"),
    Rule("end_head.head.{i}.conv.{p}", _TOWER + "1.convs.{i}.{p}"),
    Rule("end_head.norm.{i}.{p}", _TOWER + "1.norms.{i}.{p}"),
    Rule("end_head.cls_head.conv.{p}", "head.boundary_convs.1.{p}"),
)
"""Names of the TriDet release, :data:`mmtal.checkpoints.names.OFFICIAL`'s apart."""


def load_tridet_state_dict(
    source: str | Path | Mapping[str, Any], config: str | Path | Config
) -> dict[str, Tensor]:
    """:func:`mmtal.apis.load_official_state_dict` for a checkpoint of the TriDet release."""
    return load_official_state_dict(source, config, extra_rules=RULES)


def main() -> None:
    """Convert a file."""
    parser = argparse.ArgumentParser(description="Convert a checkpoint of the TriDet release.")
    parser.add_argument("checkpoint", help="file of the release, .pth.tar")
    parser.add_argument("config", help="config of the same model, of projects/tridet/configs")
    parser.add_argument("out", help="file to write, .pth; every tool takes it as a checkpoint")
    args = parser.parse_args()
    weights = load_tridet_state_dict(args.checkpoint, load_config(args.config))
    save_whole(args.out, dict(state_dict=weights, meta={}))
    print(f"{len(weights)} arrays of {args.checkpoint} written to {args.out}")  # noqa: T201


if __name__ == "__main__":
    run_tool(main)
