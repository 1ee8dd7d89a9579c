"""Evaluation protocols of benchmarks: each with its named variants, in protocols.yaml."""

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.find import (
    choose_protocol,
    find_protocol,
    need_no_classes,
    protocol_names,
    read_protocol_truth,
)

__all__ = [
    "EvaluationProtocol",
    "choose_protocol",
    "find_protocol",
    "need_no_classes",
    "protocol_names",
    "read_protocol_truth",
]
