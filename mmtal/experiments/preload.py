"""Import all that a training needs, before jobs are forked."""

import torch._dynamo  # noqa: F401 - by optimizers

import mmtal.datasets
import mmtal.engine
import mmtal.evaluation.metrics
import mmtal.models
import mmtal.visualization  # noqa: F401
from mmtal.ops.nms_builtin import kernel

kernel()  # loads numba
