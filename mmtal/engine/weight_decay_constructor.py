"""Choose the parameters that are decayed."""

from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from torch import nn

from mmtal.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS

DECAYED = (nn.Linear, nn.modules.conv._ConvNd)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class WeightDecayConstructor:
    """Weight decay on the weights of convolutions and linear layers, and on nothing else.

    Two parameter groups in all, where MMEngine's constructor makes one per parameter: the
    optimizer updates each group in a few kernels.

    Args:
        optim_wrapper_cfg: ``optimizer`` and arguments of the optimizer wrapper.
        paramwise_cfg: Not supported; must be None.
    """

    def __init__(
        self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None
    ) -> None:
        if paramwise_cfg is not None:
            raise ValueError(
                "WeightDecayConstructor takes no paramwise_cfg, but got "
                f"{paramwise_cfg}: use constructor='DefaultOptimWrapperConstructor' for that"
            )
        self.wrapper_cfg = dict(optim_wrapper_cfg)
        self.optimizer_cfg = dict(self.wrapper_cfg.pop("optimizer"))

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """The optimizer wrapper for ``model``."""
        if is_model_wrapper(model):
            model = model.module  # type: ignore[assignment]
        decayed = [
            module.weight
            for module in model.modules()
            if isinstance(module, DECAYED) and module.weight.requires_grad
        ]
        is_decayed = {id(p) for p in decayed}
        others = [p for p in model.parameters() if p.requires_grad and id(p) not in is_decayed]
        groups: list[dict[str, Any]] = [dict(params=decayed), dict(params=others, weight_decay=0.0)]
        # The fused kernels of these update all weights in one pass over memory.
        fused = dict(fused=True) if self.optimizer_cfg.get("type") in ("Adam", "AdamW") else {}
        optimizer = OPTIMIZERS.build(
            {**fused, **self.optimizer_cfg, "params": [g for g in groups if g["params"]]}
        )
        self.wrapper_cfg.setdefault("type", "OptimWrapper")
        return OPTIM_WRAPPERS.build({**self.wrapper_cfg, "optimizer": optimizer})
