"""Find protocols by name, and the annotation file that one is evaluated on."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol, VideoList
from mmtal.evaluation.protocols.frame_rules import FrameRules
from mmtal.evaluation.protocols.point_rules import PointRules
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_ground_truth
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
        if "frames" in settings:
            rules = settings["frames"]
            splits = tuple(map(tuple, rules.get("splits", [[""]])))
            settings["frames"] = FrameRules(**rules | dict(splits=splits))
        if "points" in settings:
            points = settings["points"]
            settings["points"] = PointRules(**points | {"tolerances": tuple(points["tolerances"])})
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
        own: ``tiou_thresholds``, ``label_handling`` and ``recall_at``, or ``tolerances`` of points
            in seconds, each of which may be None.

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
    if tolerances := given.pop("tolerances", None):
        if given:
            raise ValueError(f"tolerances are for points, which have no {', '.join(given)}")
        return EvaluationProtocol(points=PointRules(tolerances=tuple(tolerances)))
    if "tiou_thresholds" not in given:
        raise ValueError("give the name of a protocol, or tiou_thresholds")
    return EvaluationProtocol(**given)


def read_protocol_truth(
    protocol: EvaluationProtocol, ann_file: str | Path | None = None, subset: str | None = None
) -> tuple[InstanceTable, list[str]]:
    """Instances of the protocol's subset, and the classes by label.

    Args:
        protocol: Names the subset, and where its annotation file is looked for.
        ann_file: The annotation file; None: where this project's configs have it.
        subset: Of the file, where its name is not the protocol's (OpenTAD's THUMOS14 file calls
            the test set ``validation``).

    Raises:
        FileNotFoundError: There is no such file; the message says where to get it.
        ValueError: It is no annotation file, or has nothing to find in the subset.
    """
    path = ann_file or protocol.annotations
    if not path or not Path(path).is_file():
        missing = f"there is no file {path}" if path else "its place is not fixed"
        source = f" ({protocol.obtain})" if protocol.obtain else ""
        raise FileNotFoundError(
            f"the annotation file of protocol {protocol.name}{source} is needed, but {missing}: "
            "name it with --ann"
        )
    subset, points = subset or protocol.subset, protocol.points is not None
    try:
        truth, classes = read_ground_truth(path, subset, points=points)
    except ValueError as error:
        hint = f" (protocol {protocol.name} takes {protocol.obtain})" if protocol.obtain else ""
        raise ValueError(f"{error}{hint}") from error
    AnnotationFile(path, points=points).check_instances(subset)
    return truth, classes


def need_no_classes(names: Iterable[str]) -> bool:
    """Whether all these protocols rate proposals; a name that is none of a protocol does not."""
    known = _protocols()
    return all(name in known and known[name].proposals for name in names)
