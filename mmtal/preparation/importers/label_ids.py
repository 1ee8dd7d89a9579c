"""Number the classes."""

from collections.abc import Container, Iterable, Sequence

from mmtal.preparation.importers.collected import Collected, Recording
from mmtal.preparation.importers.options import ImportOptions
from mmtal.utils.wording import counted


def number_labels(
    recordings: Sequence[Recording], options: ImportOptions, collected: Collected
) -> dict[str, int]:
    """The label id of each label: the source's own, else by ``options.classes``, else by name.

    Numbers of ``options.classes`` that start at 1 are moved to start at 0. Background labels get no
    number; those after them move up. ValueError: labels and ids contradict each other, or a label
    is not in the classes.
    """
    first: dict[str, str] = {}  # where a label occurs first
    ids: dict[str, int] = {}
    for recording in recordings:
        for instance in recording.instances:
            first.setdefault(instance.label, instance.where)
            if instance.label_id is None:
                continue
            known = ids.setdefault(instance.label, instance.label_id)
            if known != instance.label_id:
                raise ValueError(
                    f"{instance.where}: label '{instance.label}' has the label id "
                    f"{instance.label_id} here and {known} before: make them agree"
                )
    wrong = [label for label in ids if options.classes and options.classes.get(ids[label]) != label]
    if wrong:
        raise ValueError(
            f"{first[wrong[0]]}: label '{wrong[0]}' has the label id {ids[wrong[0]]}, but the file "
            f"of classes gives that to {(options.classes or {}).get(ids[wrong[0]], 'no class')!r}"
        )
    if not ids:
        long = {i.label for r in recordings for i in r.instances if not i.point}
        ids = _by_classes(options) if options.classes else _by_name(first, long)
    missing = [label for label in first if label not in ids]
    if missing:
        source = "the file of classes" if options.classes else "the other labels' ids"
        raise ValueError(
            f"{first[missing[0]]}: label '{missing[0]}' has no number in {source} "
            f"({counted(len(missing), 'such label')}); add it, or name it with --background to "
            "leave it out"
        )
    labels: dict[int, str] = {}
    for label, number in ids.items():
        if labels.setdefault(number, label) != label:
            raise ValueError(
                f"{first[label]}: labels '{labels[number]}' and '{label}' share the label id "
                f"{number}: make them differ"
            )
    unused = sorted(set(range(max(labels, default=-1) + 1)) - {ids[label] for label in first})
    if unused and first:
        collected.note(
            f"{len(unused)} of {max(labels) + 1} classes have no instance (such as number "
            f"{unused[0]}): give the dataset classes={max(labels) + 1}"
        )
    return ids


def _by_name(labels: Iterable[str], long: Container[str]) -> dict[str, int]:
    """Those of segments first, so that their numbers have no gaps without those of points."""
    ordered = sorted(labels, key=lambda label: (label not in long, label))
    return {label: number for number, label in enumerate(ordered)}


def _by_classes(options: ImportOptions) -> dict[str, int]:
    background = options.no_action
    classes = sorted((options.classes or {}).items())
    kept = [(number, name) for number, name in classes if name.lower() not in background]
    if len(kept) == len(classes):
        first = 1 if classes[0][0] == 1 else 0  # some lists count from 1
        return {name: number - first for number, name in classes}
    return {name: rank for rank, (_, name) in enumerate(kept)}
