"""Find protocols by name."""

import difflib
from collections.abc import Mapping
from typing import Any

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
    benchmark = name.partition("/")[0]
    near = [known for known in _PROTOCOLS if known.partition("/")[0] == benchmark]
    near = near or difflib.get_close_matches(name, _PROTOCOLS, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(_PROTOCOLS)}"
    raise ValueError(f"there is no protocol '{name}'; {hint}")


def choose_protocol(name: str | None, own: Mapping[str, Any]) -> EvaluationProtocol:
    """The protocol that an evaluator's config names, or the one that it describes.

    Args:
        name: As for :func:`find_protocol`; None: there is none.
        own: ``tiou_thresholds``, ``label_handling`` and ``recall_at``, each of which may be None.

    Raises:
        ValueError: There is no protocol of that name; or both, or neither, are given.
    """
    given = {key: value for key, value in own.items() if value is not None}
    if name is not None:
        if given:
            raise ValueError(
                f"protocol '{name}' says {', '.join(given)}: leave them out, or name no "
                "protocol (in a config: protocol=None)"
            )
        return find_protocol(name)
    if "tiou_thresholds" not in given:
        raise ValueError("give the name of a protocol, or tiou_thresholds")
    return EvaluationProtocol(**given)
