"""Backbones that well-kept libraries define: any model of timm, torchvision or transformers.

N snippets of S pictures of H x W pixels, C channels.
"""

import difflib
import importlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn

from mmtal.models.video.snippet_backbone import SnippetBackbone, as_images
from mmtal.registry import BACKBONES

OF_TSP = {"r3d_18", "mc3_18", "r2plus1d_18", "r2plus1d_34"}
"""Names of torchvision's video ResNets, and the one that TSP and IG-65M have beside them."""


class LibraryBackbone(SnippetBackbone):
    """A model of a library without its classifier; pictures are cropped in the middle.

    Attributes:
        library: Module that defines it.
        extra: Of mmtal, which installs the library.
        net: The model.
        head: How names of weights begin, in its files, that are of the classifier.
        moves: Whether it takes pictures that follow each other, else the mean of each is taken.
    """

    library: ClassVar[str]
    extra: ClassVar[str] = "video"
    net: Any
    head: tuple[str, ...] = ()
    moves = False
    mean: torch.Tensor
    std: torch.Tensor

    @classmethod
    def imported(cls, module: str = "") -> Any:
        """The library, or a module of it; ImportError: how to install it."""
        try:
            return importlib.import_module(f"{cls.library}{module}")
        except ImportError:
            raise ImportError(
                f"backbones of {cls.library} come with pip install 'mmtal[{cls.extra}]'"
            ) from None
        except (RuntimeError, AttributeError) as error:  # made for another torch
            raise ImportError(
                f"{cls.library} does not fit torch {torch.__version__} ({error}): pip install "
                f"--upgrade torch {cls.library}"
            ) from None

    def takes(
        self, size: Any, crop: int | Sequence[int] | None, mean: Sequence[float],
        std: Sequence[float],
    ) -> None:  # fmt: skip
        """Say how pictures are resized, cropped and scaled."""
        self.size = size
        self.crop = (crop, crop) if isinstance(crop, int) else tuple(crop or ())
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(
                name, torch.tensor(values, dtype=torch.float32).view(3, 1, 1), persistent=False
            )

    def samples(self, fps: float, feature_stride: float, snippet_frames: int) -> None:
        """Say which pictures are looked at."""
        self.fps, self.feature_stride, self.snippet_frames = fps, feature_stride, snippet_frames

    def renamed(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {f"net.{n}": v for n, v in weights.items() if not n.startswith(self.head or (" ",))}

    def check(self, snippet_frames: int, size: int | tuple[int, int]) -> None:
        height, width = (size, size) if isinstance(size, int) else size
        frames = torch.zeros(1, snippet_frames, height, width, 3, dtype=torch.uint8)
        try:
            with torch.inference_mode():
                self.eval()(frames)
        except (RuntimeError, ValueError, AssertionError) as error:
            raise ValueError(
                f"{type(self.net).__name__} cannot be given snippets of {snippet_frames} pictures "
                f"of {height} x {width} pixels ({str(error).strip().splitlines()[0]}): its own "
                f"are {self.snippet_frames} of {self.size}"
            ) from error

    def prepared(self, frames: torch.Tensor) -> torch.Tensor:
        """Images (N * S, 3, H, W), cropped and scaled as it wants them."""
        if self.crop:
            places = zip(frames.shape[2:4], self.crop, strict=True)
            (top, height), (left, width) = [(round(max(a - b, 0) / 2), b) for a, b in places]
            frames = frames[:, :, top : top + height, left : left + width]
        return (as_images(frames) - self.mean) / self.std

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        """Features (N, C) of snippets (N, S, 3, H, W), or of images (N, 3, H, W)."""
        return self.net(inputs)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        images = self.prepared(frames)
        if self.moves:
            return self.features(images.unflatten(0, frames.shape[:2]))
        return self.features(images).unflatten(0, frames.shape[:2]).mean(dim=1)


def unknown(model: str, known: Sequence[str], library: str) -> ValueError:
    """The error for a model that a library does not have."""
    close = difflib.get_close_matches(model, known, n=3)
    return ValueError(
        f"{library} has no model '{model}' that makes features of pictures"
        + (f". Did you mean {' or '.join(f'{library}/{name}' for name in close)}?" if close else "")
    )


@BACKBONES.register_module("timm")
class TimmBackbone(LibraryBackbone):
    """An image model of timm: ``timm/resnet50``, ``timm/vit_small_patch14_dinov2.lvd142m``."""

    library = "timm"
    model_example = "resnet50"

    def __init__(self, model: str) -> None:
        super().__init__()
        timm = self.imported()
        if not timm.is_model(model):
            raise unknown(model, timm.list_models(), "timm")
        self.net = timm.create_model(model, num_classes=0)
        found = self.imported(".data").resolve_model_data_config(self.net)
        heads = self.net.pretrained_cfg.get("classifier") or ()
        self.head = tuple(f"{h}." for h in ([heads] if isinstance(heads, str) else heads))
        crop = found["input_size"][1:]
        size = math.floor(min(crop) / found["crop_pct"])
        self.takes(size, crop, found["mean"], found["std"])
        self.samples(4.0, 1.0, 1)

    @classmethod
    def default_weights(cls, model: str = "") -> Path | None:
        found = cls.imported().get_pretrained_cfg(model, allow_unregistered=True)
        where = found and (found.hf_hub_id and f"model.safetensors of {found.hf_hub_id}")
        raise _needs_weights(f"timm/{model}", where or (found and found.url))


@BACKBONES.register_module("torchvision")
class TorchvisionBackbone(LibraryBackbone):
    """A model of torchvision, of videos or images: ``torchvision/mvit_v2_s``.

    ``torchvision/r2plus1d_34`` is that of IG-65M and TSP; the files of TSP fit it, ``r2plus1d_18``
    and ``r3d_18``.
    """

    library = "torchvision"
    model_example = "r2plus1d_18"

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model, models = model, self.imported(".models")
        moving = models.list_models(module=models.video)
        self.moves = model in (*moving, "r2plus1d_34")
        if model == "r2plus1d_34":
            self.net = _r2plus1d_34(models.video.resnet)
        elif model in (*moving, *models.list_models(module=models)):
            self.net = models.get_model(model, weights=None)
        else:
            raise unknown(model, [*moving, *models.list_models(module=models)], "torchvision")
        likes = models.get_model_weights("r2plus1d_18" if model == "r2plus1d_34" else model)
        preset = next(iter(likes)).transforms()
        size, crop = preset.resize_size, preset.crop_size
        self.takes(size[0] if len(size) == 1 else tuple(size), crop[0], preset.mean, preset.std)
        self.samples(*((15.0, 4.0, 16) if self.moves else (4.0, 1.0, 1)))
        kinds = (nn.Linear, nn.Conv2d, nn.Conv3d)
        last = [name for name, module in self.net.named_modules() if isinstance(module, kinds)][-1]
        parent, _, name = last.rpartition(".")
        setattr(self.net.get_submodule(parent), name, nn.Identity())
        self.head = (f"{last}.", "fc") if model in OF_TSP else (f"{last}.",)

    @classmethod
    def default_weights(cls, model: str = "") -> Path | None:
        models = cls.imported(".models")
        known = [*models.list_models(module=models.video), *models.list_models(module=models)]
        where = next(iter(models.get_model_weights(model))).url if model in known else None
        raise _needs_weights(f"torchvision/{model}", where)

    def renamed(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        if self.model in OF_TSP:
            weights = {name.removeprefix("features."): value for name, value in weights.items()}
        return super().renamed(weights)

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.net(inputs.transpose(1, 2) if self.moves else inputs).flatten(1)


@BACKBONES.register_module("transformers")
class TransformersBackbone(LibraryBackbone):
    """A model of transformers, from its folder: V-JEPA 2, CLIP, VideoMAE, DINOv2, SigLIP, ...

    The folder holds config.json, weights and a preprocessor_config.json. Of models of pictures
    and text, the part for pictures is taken. A feature is what the model calls pooled, else the
    mean of its tokens.
    """

    library = "transformers"
    extra = "videomae"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        auto = self.imported(".models.auto.modeling_auto")
        config = self.imported().AutoConfig.from_pretrained(folder, local_files_only=True)
        config = getattr(config, "vision_config", config)
        try:
            kind = auto.MODEL_MAPPING[type(config)]
        except KeyError:
            raise ValueError(f"{folder}: {config.model_type} makes no features") from None
        self.net, report = kind.from_pretrained(
            folder, config=config, local_files_only=True, output_loading_info=True
        )
        missing = sorted(report["missing_keys"])
        self.pools = not missing
        if not all(name.startswith("pooler.") for name in missing) or report["mismatched_keys"]:
            raise ValueError(
                f"the weights in {folder} are not those of its config.json: {len(missing)} are "
                f"missing, such as {next(iter(missing), 'none')}"
            )
        frames = getattr(config, "num_frames", None) or getattr(config, "frames_per_clip", None)
        self.moves = frames is not None
        self.samples(*((15.0, frames / 4, frames) if frames else (4.0, 1.0, 1)))
        self.takes(*_preprocessing(folder))

    @classmethod
    def default_weights(cls, model: str = "") -> Path | None:
        raise ValueError(
            "backbone transformers needs --weights DIR: a model's folder, with config.json, "
            "preprocessor_config.json and weights"
        )

    @classmethod
    def from_folder(cls, folder: Path) -> "TransformersBackbone":
        return cls(folder)

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        if hasattr(self.net, "predictor"):  # V-JEPA 2: of what it sees, not of what it predicts
            return self.net.get_vision_features(inputs).mean(1)
        found = self.net(**{self.net.main_input_name: inputs})
        pooled = getattr(found, "pooler_output", None) if self.pools else None
        return found.last_hidden_state.mean(1) if pooled is None else pooled.flatten(1)


def _preprocessing(folder: Path) -> tuple[Any, Any, list[float], list[float]]:
    """Size, crop, mean and deviation of pictures, as a model's folder says."""
    names = ("video_preprocessor_config.json", "preprocessor_config.json")
    file = next((folder / name for name in names if (folder / name).is_file()), None)
    if file is None:
        raise ValueError(f"{folder} must hold a preprocessor_config.json: how to scale pictures")
    found = json.loads(file.read_text(encoding="utf-8"))
    size, crop = found["size"], found.get("crop_size")
    if isinstance(size, dict):
        shorter = size.get("shortest_edge")
        size = shorter if shorter is not None else (size["height"], size["width"])
    if isinstance(crop, dict):
        crop = (crop["height"], crop["width"])
    if not found.get("do_center_crop", crop is not None):
        crop = None if isinstance(size, tuple) else size
    return size, crop, found["image_mean"], found["image_std"]


def _needs_weights(name: str, where: str | None) -> ValueError:
    text = f": they are published as {where}" if where else ""
    return ValueError(f"backbone {name} needs --weights FILE{text}")


def _r2plus1d_34(resnet: Any) -> nn.Module:
    """R(2+1)D-34 of IG-65M: each convolution's middle width fits its own inputs and outputs."""

    class Conv2Plus1D(resnet.Conv2Plus1D):
        def __init__(
            self, inputs: int, outputs: int, midplanes: int, stride: int = 1, padding: int = 1
        ) -> None:
            width = inputs * outputs * 27 // (inputs * 9 + 3 * outputs)
            super().__init__(inputs, outputs, width, stride, padding)

    layers, stem = [3, 4, 6, 3], resnet.R2Plus1dStem
    net: nn.Module = resnet.VideoResNet(resnet.BasicBlock, [Conv2Plus1D] * 4, layers, stem)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.eps = 1e-3
    return net
