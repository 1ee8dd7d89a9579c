"""Safe and strict ``init_cfg=dict(type="Pretrained", checkpoint=...)`` for a part of a model."""

from collections.abc import Mapping
from pathlib import Path

from mmengine.model import PretrainedInit as MMEnginePretrainedInit
from mmengine.model import update_init_info
from torch import Tensor, nn

from mmtal.checkpoints.loading import load_state_dict_file
from mmtal.checkpoints.weights import fitting_weights
from mmtal.models.video.snippet_backbone import SnippetBackbone
from mmtal.registry import WEIGHT_INITIALIZERS


def load_backbone(
    backbone: SnippetBackbone, weights: Mapping[str, Tensor], *, source: str | Path
) -> None:
    """Load the weights of a file by the names of those who made it; errors call it ``source``.

    ValueError: others than ``own_parts`` do not fit.
    """
    named = backbone.renamed(weights)
    for counter, value in backbone.state_dict().items():  # old files lack them
        if counter.endswith("num_batches_tracked"):
            named.setdefault(counter, value)
    may_differ = backbone.own_parts
    backbone.load_state_dict(fitting_weights(named, backbone, source=source, may_differ=may_differ))


@WEIGHT_INITIALIZERS.register_module(name="Pretrained")
class PretrainedInit(MMEnginePretrainedInit):
    """Initialize a module with the weights of a checkpoint file, or of its http(s) URL.

    Takes the place of MMEngine's where ``default_scope`` is ``mmtal``: nothing in the file is run,
    and all weights must fit: those whose names begin with ``prefix``, without it; None: all. A
    backbone of pictures takes them by the names of those who made it. They go to where the module
    is, whatever ``map_location``.
    """

    def __call__(self, module: nn.Module) -> None:
        weights = load_state_dict_file(self.checkpoint)
        if self.prefix is not None:
            prefix = f"{self.prefix.removesuffix('.')}."
            weights = {
                k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)
            }
        if isinstance(module, SnippetBackbone):
            load_backbone(module, weights, source=self.checkpoint)
        else:
            module.load_state_dict(fitting_weights(weights, module, source=self.checkpoint))
        if hasattr(module, "_params_init_info"):
            update_init_info(module, init_info=self._get_init_info())
