"""Find protocols by name."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.video_list import VideoList
from mmtal.utils.yaml_files import read_yaml


@cache
def _protocols() -> dict[str, EvaluationProtocol]:
    """What ``protocols.yaml`` holds, by name."""
    found: dict[str, EvaluationProtocol] = {}
    facts: dict[str, dict[str, Any]] = {}
    for name, own in read_yaml(Path(__file__).with_name("protocols.yaml")).items():
        if name.startswith("."):  # a part of protocols
            facts[name] = own
            continue
        facts[name] = {}
        for other in [*(facts[like] for like in own.pop("like", ())), own]:
            facts[name] |= other
        settings: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in facts[name].items()
        }
        tasks = settings.pop("tasks", {})
        for key in {"videos", "excluded"} & settings.keys():
            settings[key] = VideoList(**settings[key])
        found[name] = EvaluationProtocol(name=name, **settings)
        for task, differs in tasks.items():
            text = f"{task.capitalize()}s. {found[name].description}"
            alone = name.replace("/", f"/{task}-")
            found[alone] = replace(found[name], name=alone, description=text, **differs)
    return found


def protocol_names() -> list[str]:
    """All names, ``<benchmark>/<variant>``, the variants of a benchmark together."""
    return list(_protocols())


def find_protocol(name: str) -> EvaluationProtocol:
    """The protocol of that name.

    Raises:
        ValueError: There is none; what is near, or all of them, is named.
    """
    known = _protocols()
    if name in known:
        return known[name]
    benchmark = name.partition("/")[0]
    near = [other for other in known if other.partition("/")[0] == benchmark]
    near = near or difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
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
