"""Import all that a training needs, before jobs are forked."""

import torch._dynamo  # noqa: F401 - by optimizers

import mmtal.datasets
import mmtal.engine
import mmtal.evaluation.metrics
import mmtal.models
import mmtal.runtime.nms_numba
import mmtal.visualization  # noqa: F401
