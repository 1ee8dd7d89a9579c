"""Export a trained model to a file that runs without mmtal.

C channels, T features, T_l positions of level l.
"""

import contextlib
import copy
import importlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from mmtal.inference.export_description import describe
from mmtal.inference.inferencer import TemporalActionInferencer
from mmtal.runtime.description import KEY
from mmtal.runtime.padding import FixedPadding
from mmtal.utils.files import whole_file

FORMATS = {"onnx": ".onnx", "torch": ".pt2"}
"""Kinds of files and their endings."""
INPUTS = ("features", "mask")
TOLERANCE = 1e-4
"""Raw predictions of a file must equal PyTorch's within it."""

Run = Callable[[Tensor, Tensor], Sequence[Any]]


def export(inferencer: TemporalActionInferencer, path: str | Path, *, to: str = "onnx") -> float:
    """Write a model to one file: the network with its weights, and a description of the rest.

    The network takes ``features`` float32 (1, C, T), zero in the padding, and ``mask`` bool (1, T),
    True where valid, for any T that is a multiple of the coarsest level stride. It gives the head's
    raw predictions (1, ..., T_l), which ONNX names ``logits_0``, ... for each level, then
    ``offsets_0``, ...

    Args:
        inferencer: With the model, and with what else is needed to predict.
        path: File to write.
        to: ``onnx``; the JSON under ``mmtal`` in the file's metadata is all that
            :mod:`mmtal.runtime` needs to find what the inferencer finds. ``torch``: a program that
            ``torch.export.load`` reads, with the same JSON as the extra file ``mmtal.json``.

    Returns:
        The largest difference of raw predictions between the file and PyTorch in a trial.

    Raises:
        ValueError: The model or its config cannot be exported; says why.
        ImportError: ``to='onnx'`` without the packages that it needs.
    """
    if to not in FORMATS:
        raise ValueError(f"to must be one of {tuple(FORMATS)}, but got {to!r}")
    if to == "onnx":
        _require_onnx()
    if isinstance(inferencer.model.padding, FixedPadding):
        raise ValueError(
            "this model cannot be exported, since it works on "
            f"{inferencer.model.padding.max_seq_len} features at once, not on recordings of any "
            "length"
        )
    inferencer.pipeline.require_features("exported")
    text = describe(inferencer, for_runtime=to == "onnx").to_json()
    network = RawPredictions(inferencer.model)
    with whole_file(path) as part:
        try:
            # No length is special: without it, some would be refused that fit in one block.
            settings: Any = importlib.import_module("torch.fx.experimental._config")
            oblivious = settings.patch(backed_size_oblivious=True)
            with _quiet(), oblivious, sdpa_kernel(SDPBackend.MATH):
                run = (_write_onnx if to == "onnx" else _write_program)(network, part, text)
        except OSError:  # the disk is full
            raise
        except Exception as error:  # whatever tracing does to foreign code
            reason = str(error.__cause__ or error).strip().splitlines()
            raise ValueError(
                f"this model cannot be exported, PyTorch's exporter says: {reason[0]}. Components "
                "of plugins must not branch in Python on values or lengths"
            ) from error
        difference = _largest_difference(network, run)
        if not difference <= TOLERANCE:
            raise ValueError(
                f"this model cannot be exported: in a trial the file's raw predictions differed by "
                f"{difference:.2g} from PyTorch's. Components of plugins must not branch in Python "
                "on values or lengths"
            )
    return difference


class RawPredictions(nn.Module):
    """The network alone, on the CPU: ``features`` and ``mask`` to the head's raw predictions."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).cpu().float().eval().requires_grad_(False)
        for module in self.model.modules():
            if type(module) is nn.GroupNorm:
                module.__class__ = _ExactGroupNorm
        self.coarsest: int = max(model.backbone.level_strides)

    def forward(self, features: Tensor, mask: Tensor) -> list[Tensor]:
        raw, _ = self.model.raw_predictions(features, mask)
        return [x for part in raw for x in part]

    def inputs(self, length: int, padded: int | None = None) -> tuple[Tensor, Tensor]:
        """Random features of a recording of that length, padded as its rule says, and its mask."""
        padded = padded or self.model.padding.padded_length(length)
        random = torch.Generator().manual_seed(length)
        features = torch.randn(1, self.model.backbone.in_channels, padded, generator=random)
        mask = torch.arange(padded)[None] < length
        return features * mask[:, None], mask

    def output_names(self) -> list[str]:
        """Of the flat list of raw predictions."""
        raw, _ = self.model.raw_predictions(*self.inputs(1))
        parts = ["logits", "offsets", *(f"raw{i}" for i in range(2, len(raw)))]
        return [f"{name}_{i}" for name, x in zip(parts, raw, strict=False) for i in range(len(x))]


class _ExactGroupNorm(nn.GroupNorm):
    """Group norm in float64: onnxruntime adds up tens of thousands of float32 one by one."""

    def forward(self, x: Tensor) -> Tensor:
        groups = x.unflatten(1, (self.num_groups, -1))  # (B, G, C / G, T)
        wide = groups.double()
        mean = wide.mean((2, 3), keepdim=True)
        variance = (wide - mean).square().mean((2, 3), keepdim=True)
        y = ((wide - mean) * (variance + self.eps).rsqrt()).float().flatten(1, 2)
        if self.weight is None:
            return y
        return y * self.weight[:, None] + self.bias[:, None]


def _write_onnx(network: RawPredictions, path: Path, text: str) -> Run:
    import onnxruntime

    program: Any = torch.onnx.export(
        network,
        _example(network),
        dynamo=True,
        dynamic_shapes=_dynamic(),
        input_names=INPUTS,
        output_names=network.output_names(),
        verbose=False,
    )
    program.model.metadata_props[KEY] = text
    program.save(str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda features, mask: session.run(
        None, {"features": features.numpy(), "mask": mask.numpy()}
    )


def _write_program(network: RawPredictions, path: Path, text: str) -> Run:
    program = torch.export.export(
        network, _example(network), dynamic_shapes=_dynamic(), strict=False
    )
    torch.export.save(program, str(path), extra_files={f"{KEY}.json": text})
    return torch.export.load(str(path)).module()


def _example(network: RawPredictions) -> tuple[Tensor, Tensor]:
    """Inputs to trace with: long enough for several blocks of local attention at every level."""
    length = 69 * network.coarsest
    return network.inputs(length - 3, length)


def _dynamic() -> tuple[dict[int, Any], dict[int, Any]]:
    return {2: torch.export.Dim.AUTO}, {1: torch.export.Dim.AUTO}


@torch.no_grad()
def _largest_difference(network: RawPredictions, run: Run) -> float:
    longest = network.model.padding.max_seq_len
    differences = [0.0]
    for length in (1, longest // 2 + 1, longest, longest + 1, longest + network.coarsest + 3):
        inputs = network.inputs(length)
        try:
            given = run(*inputs)
        except Exception as error:
            raise ValueError(
                f"this model cannot be exported: the file does not take a recording of {length} "
                f"features, padded to {inputs[0].shape[2]}: {error}. Graphs want two positions at "
                "every level, which a padding rule can see to"
            ) from error
        for found, expected in zip(given, network(*inputs), strict=True):
            differences.append(float(np.abs(np.asarray(found) - expected.numpy()).max()))
    return max(differences)


def _require_onnx() -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise ImportError(
                f"exporting to ONNX needs {name}, which is not installed: pip install 'mmtal[onnx]'"
            ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' progress and their notes for developers of PyTorch to themselves."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
