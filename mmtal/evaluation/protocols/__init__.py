"""How benchmarks are evaluated: one file for each, named variants in it."""

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.find import find_protocol, protocol_names

__all__ = ["EvaluationProtocol", "find_protocol", "protocol_names"]
