"""Print a model's size and cost: python tools/get_flops.py CONFIG [--length N]."""

import argparse

import torch
from mmengine.config import DictAction
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from mmtal.cli.entry import run_tool
from mmtal.engine.runner import load_config
from mmtal.registry import MODELS


def build(model_config: dict, device: str) -> nn.Module:
    """The model; on the ``meta`` device it has shapes, but no values and no memory."""
    with torch.device(device):
        return MODELS.build(model_config).to(device).eval()


def count_parameters(model: nn.Module) -> int:
    """Learned values; buffers, such as the head's loss normalizer, are none."""
    return sum(parameter.numel() for parameter in model.parameters())


def count_macs(model_config: dict, length: int) -> int:
    """Multiply-accumulates of convolutions, linear layers and attention for one recording.

    Args:
        model_config: Config of a localizer.
        length: Features of the recording; padded as in testing, and the padding is counted.
    """

    def count(device: str) -> int:
        model = build(model_config, device)
        features = torch.zeros(length, model.backbone.in_channels, device=device)
        batch = model.data_preprocessor(dict(inputs=[features]))
        # The counter does not know the CPU's fused attention, but the plain matrix products.
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            model(batch["inputs"], batch["masks"])
        return counter.get_total_flops() // 2  # a multiplication and an addition count as two

    with torch.no_grad():
        try:
            return count("meta")
        except NotImplementedError:  # the model looks at values, so that it must really run
            return count("cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="config file")
    parser.add_argument(
        "--length", type=int, help="features of the recording (default: the training length)"
    )
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="override values of the config, by dotted name",
    )
    args = parser.parse_args()
    if args.length is not None and args.length < 1:
        raise ValueError(f"--length must be >= 1, but got {args.length}")
    config = load_config(args.config, options=args.cfg_options)
    model = build(config.model, "meta")
    length = args.length or model.padding.max_seq_len
    print(f"config      {args.config}")
    print(f"length      {length} features, padded to {model.padding.padded_length(length)}")
    print(f"parameters  {count_parameters(model) / 1e6:.2f} M")
    print(f"MACs        {count_macs(config.model, length) / 1e9:.2f} G")


if __name__ == "__main__":
    run_tool(main)
