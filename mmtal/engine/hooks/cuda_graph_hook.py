"""Run small models on a GPU without waiting for the CPU."""

from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.optim import AmpOptimWrapper
from mmengine.runner import Runner
from torch import Tensor, nn

from mmtal.registry import HOOKS


@HOOKS.register_module()
class CudaGraphHook(Hook):
    """Train with the network's forward and backward passes recorded as CUDA graphs.

    A training step is a thousand and more small kernels, which a CPU starts one by one, more
    slowly than a modern GPU computes them. Recorded once, they start together. All batches get
    one length for that, the longest that the training data can need; results do not change (see
    :class:`mmtal.models.layers.PaddingRule`). Without a GPU the hook does nothing.
    """

    def before_train(self, runner: Runner) -> None:
        """Record; ValueError: training is in mixed precision or distributed."""
        model = runner.model
        if not on_gpu(model):
            print_log("CudaGraphHook does nothing on a CPU", "current")
            return
        if is_model_wrapper(model) or isinstance(runner.optim_wrapper, AmpOptimWrapper):
            raise ValueError(
                "CudaGraphHook works with one process in full precision: remove it from "
                "custom_hooks, or train without --amp and --launcher"
            )
        loader, preprocessor = runner.train_dataloader, model.data_preprocessor
        if not loader.drop_last:
            raise ValueError("CudaGraphHook needs train_dataloader.drop_last=True")
        length = training_length(loader.dataset, preprocessor.padding)
        preprocessor.training_length = length
        size = (loader.batch_size, model.backbone.in_channels, length)
        inputs = torch.zeros(size, device=next(model.parameters()).device)
        masks = torch.ones(size[0], length, dtype=torch.bool, device=inputs.device)
        model.train()
        recorded = torch.cuda.make_graphed_callables(_Network(model), (inputs, masks))
        as_written = model.raw_predictions

        def raw_predictions(inputs: Tensor, masks: Tensor) -> Any:
            recordable = model.training and tuple(inputs.shape) == size
            return (recorded if recordable else as_written)(inputs, masks)

        model.raw_predictions = raw_predictions

    def after_train(self, runner: Runner) -> None:
        """Let the model compute as it is written again."""
        vars(runner.model).pop("raw_predictions", None)


def on_gpu(model: nn.Module) -> bool:
    """Whether a model is where CUDA graphs can be recorded."""
    return next(model.parameters()).is_cuda


def training_length(dataset: Any, padding: Any) -> int:
    """Length to which the longest training sequence is padded."""
    longest = min(max(dataset.num_features_list), padding.max_seq_len)
    return padding.padded_length(longest)


class _Network(nn.Module):
    """What is recorded: :meth:`TemporalLocalizer.raw_predictions` and the weights it uses."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.parts = nn.ModuleList([model.backbone, model.neck, model.head])
        self._raw_predictions = model.raw_predictions

    def forward(self, inputs: Tensor, masks: Tensor) -> Any:
        return self._raw_predictions(inputs, masks)
