"""Verb, noun and action mAP of one list of action detections."""

from typing import Any

from mmtal.evaluation.protocols import find_protocol
from mmtal.results.fusion.join_actions import ActionSpace
from mmtal.results.instance_table import InstanceTable


def action_scores(
    truth: InstanceTable,
    detections: InstanceTable,
    space: ActionSpace,
    *,
    protocol: str = "challenge",
    partial: bool = False,
) -> dict[str, dict[str, Any]]:
    """Evaluate actions as the EPIC-Kitchens challenge does: as verbs, as nouns and as actions.

    One score ranks a detection for all three, and what names the same verb twice, with two nouns,
    is a false positive among verbs. So verb and noun mAP are lower than those of the verb model's
    and the noun model's own detections. Labels are ``space.names``; ``protocol`` is a variant of
    ``epic100/verb-...``, ``epic100/noun-...`` and ``epic100/action-...``. Under ``verb``, ``noun``
    and ``action`` is what ``EvaluationProtocol.evaluate`` returns.
    """
    parts = {
        "verb": (space.as_verbs, space.verbs),
        "noun": (space.as_nouns, space.nouns),
        "action": (lambda table: table, space.names),
    }
    return {
        part: find_protocol(f"epic100/{part}-{protocol}").evaluate(
            relabel(truth), relabel(detections), list(names), partial=partial
        )
        for part, (relabel, names) in parts.items()
    }
