"""Choose the parameters that are decayed."""

from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from torch import nn

from mmtal.models.video.snippet_backbone import SnippetBackbone
from mmtal.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase)
DECAYED = (nn.Linear, nn.modules.conv._ConvNd)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class WeightDecayConstructor:
    """Weight decay on the weights of convolutions and linear layers, and on little else.

    A module may name parameters of its own that are decayed, too, in ``decayed``.

    Two parameter groups in all, where MMEngine's constructor makes one per parameter: the
    optimizer updates each group in a few kernels. With ``paramwise_cfg``, all weights of the
    backbones of pictures but those of norms are decayed, and have groups of their own.

    Args:
        optim_wrapper_cfg: ``optimizer`` and arguments of the optimizer wrapper.
        paramwise_cfg: ``dict(video=dict(lr=..., layer_decay=...))``: the learning rate of the last
            layer of backbones of pictures (default: the optimizer's), and what it is multiplied by
            from each layer to the one before it (default: 1).
    """

    def __init__(
        self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None
    ) -> None:
        given = dict(video={}) if paramwise_cfg is None else paramwise_cfg
        if set(given) != {"video"} or set(given["video"]) - {"lr", "layer_decay"}:
            raise ValueError(
                "WeightDecayConstructor takes paramwise_cfg=dict(video=dict(lr=..., "
                f"layer_decay=...)) alone, but got {paramwise_cfg}: use "
                "constructor='DefaultOptimWrapperConstructor' for others"
            )
        self.wrapper_cfg = dict(optim_wrapper_cfg)
        self.optimizer_cfg = dict(self.wrapper_cfg.pop("optimizer"))
        self.video: dict[str, float] | None = None
        if paramwise_cfg is not None:
            self.video = dict(lr=self.optimizer_cfg["lr"], layer_decay=1.0) | given["video"]

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """The optimizer wrapper for ``model``."""
        if is_model_wrapper(model):
            model = model.module  # type: ignore[assignment]
        groups = self._video_groups(model)
        grouped = {id(parameter) for group in groups for parameter in group["params"]}
        named = [
            getattr(module, name)
            for module in model.modules()
            for name in getattr(module, "decayed", ("weight",) * isinstance(module, DECAYED))
        ]
        decayed = [p for p in named if p.requires_grad and id(p) not in grouped]
        grouped |= {id(p) for p in decayed}
        others = [p for p in model.parameters() if p.requires_grad and id(p) not in grouped]
        groups += [dict(params=decayed), dict(params=others, weight_decay=0.0)]
        # The fused kernels of these update all weights in one pass over memory.
        fused = dict(fused=True) if self.optimizer_cfg.get("type") in ("Adam", "AdamW") else {}
        optimizer = OPTIMIZERS.build(
            {**fused, **self.optimizer_cfg, "params": [g for g in groups if g["params"]]}
        )
        self.wrapper_cfg.setdefault("type", "OptimWrapper")
        return OPTIM_WRAPPERS.build({**self.wrapper_cfg, "optimizer": optimizer})

    def _video_groups(self, model: nn.Module) -> list[dict[str, Any]]:
        """Of each layer of backbones of pictures, what is decayed and what is not."""
        groups: dict[tuple[float, bool], dict[str, Any]] = {}
        if self.video is None:
            return []
        for video in (m for m in model.modules() if isinstance(m, SnippetBackbone)):
            norms = {id(p) for m in video.modules() if isinstance(m, NORMS) for p in m.parameters()}
            for name, parameter in video.named_parameters():
                if parameter.requires_grad:
                    depth = video.num_layers - 1 - video.layer_of(name)
                    lr = self.video["lr"] * self.video["layer_decay"] ** depth
                    is_norm = id(parameter) in norms
                    group = groups.setdefault((lr, is_norm), dict(params=[], lr=lr))
                    group["params"].append(parameter)
                    if is_norm:
                        group["weight_decay"] = 0.0
        return list(groups.values())
