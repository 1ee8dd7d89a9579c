"""Protocols by name."""

import difflib

from mmtal.evaluation.protocols import (
    activitynet13,
    charades,
    ego4d_mq,
    epic100,
    fineaction,
    gtea,
    hacs,
    hapt,
    multithumos,
    salads50,
    sbhar,
    sphere,
    thumos14,
)
from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol

BENCHMARKS = (
    thumos14,
    activitynet13,
    epic100,
    ego4d_mq,
    multithumos,
    charades,
    hacs,
    fineaction,
    salads50,
    gtea,
    sphere,
    sbhar,
    hapt,
)
_PROTOCOLS = {protocol.name: protocol for module in BENCHMARKS for protocol in module.PROTOCOLS}


def protocol_names() -> list[str]:
    """All names, ``<benchmark>/<variant>``, the variants of a benchmark together."""
    return list(_PROTOCOLS)


def find_protocol(name: str) -> EvaluationProtocol:
    """The protocol of that name.

    Raises:
        ValueError: There is none; what is near, or all of them, is named.
    """
    if name in _PROTOCOLS:
        return _PROTOCOLS[name]
    benchmark = name.split("/")[0]
    near = [known for known in _PROTOCOLS if known.split("/")[0] == benchmark]
    near = near or difflib.get_close_matches(name, _PROTOCOLS, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(_PROTOCOLS)}"
    raise ValueError(f"there is no protocol '{name}'; {hint}")
