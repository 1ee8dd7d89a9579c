"""Show the size and the cost of a config's model."""

from argparse import Namespace
from typing import Any

from mmtal.cli.options import print_result, shared

ARGUMENTS = {
    "config": "",
    "--length": dict(
        type=int, metavar="N", help="features of the recording (default: the training length)",
    ),
    **shared("--json", "--cfg-options"),
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.engine.runner import load_config

    if args.length is not None and args.length < 1:
        raise ValueError(f"--length must be >= 1, but got {args.length}")
    config = load_config(args.config, options=args.cfg_options)
    model = build(config.model, "meta")
    length = args.length or model.padding.max_seq_len
    padded = model.padding.padded_length(length)
    macs = count_macs(config.model, length, pictures_of(config))
    parameters = count_parameters(model)
    print_result(
        args,
        dict(length=length, padded=padded, parameters=parameters, macs=macs),
        f"config      {args.config}\nlength      {length} features, padded to {padded}\n"
        f"parameters  {parameters / 1e6:.2f} M\nMACs        {macs / 1e9:.2f} G",
    )


def build(model_config: dict[str, Any], device: str) -> Any:
    """The model; on the ``meta`` device it has shapes, but no values and no memory."""
    import torch

    from mmtal.registry import MODELS

    with torch.device(device):
        # FlopCounterMode watches gradients, also under no_grad, and fails at views of parameters
        return MODELS.build(model_config).to(device).eval().requires_grad_(False)


def count_parameters(model: Any) -> int:
    """Learned values; buffers, such as the head's loss normalizer, are none."""
    return sum(parameter.numel() for parameter in model.parameters())


def pictures_of(config: Any) -> tuple[int, ...]:
    """Of each step in testing: how many, height and width; empty: the model takes features."""
    pipeline = [dict(step) for step in config.test_dataloader.dataset.get("pipeline", ())]
    if not pipeline or pipeline[0]["type"] != "LoadFrames":
        return ()
    sizes = [step["size"] for step in pipeline if step.get("size")]
    if not sizes:
        raise ValueError("the test pipeline must say the size of pictures, as ResizeFrames does")
    height, width = (sizes[-1], sizes[-1]) if isinstance(sizes[-1], int) else sizes[-1]
    return pipeline[0].get("per_step", 1), height, width


def count_macs(model_config: dict[str, Any], length: int, pictures: tuple[int, ...] = ()) -> int:
    """Multiply-accumulates of convolutions, linear layers and attention for one recording.

    It is padded as in testing, and the padding is counted. ``pictures`` are those of each step, of
    a model that takes them: number, height, width.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    def count(device: str) -> int:
        model = build(model_config, device)
        shape = (length, *pictures, model.backbone.in_channels)
        features = torch.zeros(shape, device=device)
        batch = model.data_preprocessor(dict(inputs=[features]))
        # The counter does not know the CPU's fused attention, but the plain matrix products.
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            model(batch["inputs"], batch["masks"])
        return int(counter.get_total_flops()) // 2  # a multiplication and an addition count as two

    with torch.no_grad():
        try:
            return count("meta")
        except NotImplementedError:  # the model looks at values, so that it must really run
            return count("cpu")
