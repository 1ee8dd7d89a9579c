"""Safe and strict ``init_cfg=dict(type="Pretrained", checkpoint=...)`` for a part of a model."""

from mmengine.model import PretrainedInit as MMEnginePretrainedInit
from mmengine.model import update_init_info
from torch import nn

from mmtal.checkpoints.loading import load_state_dict_file
from mmtal.checkpoints.weights import fitting_weights
from mmtal.registry import WEIGHT_INITIALIZERS


@WEIGHT_INITIALIZERS.register_module(name="Pretrained")
class PretrainedInit(MMEnginePretrainedInit):
    """Initialize a module with the weights of a checkpoint file, or of its http(s) URL.

    Takes the place of MMEngine's where ``default_scope`` is ``mmtal``: nothing in the file is run,
    and all weights must fit: those whose names begin with ``prefix``, without it; None: all. They
    go to where the module is, whatever ``map_location``.
    """

    def __call__(self, module: nn.Module) -> None:
        weights = load_state_dict_file(self.checkpoint)
        if self.prefix is not None:
            prefix = f"{self.prefix.removesuffix('.')}."
            weights = {
                k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)
            }
        module.load_state_dict(fitting_weights(weights, module, source=self.checkpoint))
        if hasattr(module, "_params_init_info"):
            update_init_info(module, init_info=self._get_init_info())
