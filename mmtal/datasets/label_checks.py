"""Labels of splits: one class in two spellings, classes of one split, truth of some recordings."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SHOWN = 3
"""Classes, or pairs of labels, that a message shows."""

REMEDY = (
    "give the class one name; if they are two classes, name all classes: --classes FILE with a "
    "name on each line, or classes=[...] of each data set in a config"
)


Labels = Iterable[tuple[str, str]]
"""The split and the label of each instance."""


def labels_of(database: Mapping[str, Mapping[str, Any]]) -> Labels:
    """Those of the entries of an annotation file."""
    return ((e["subset"], i["label"]) for e in database.values() for i in e.get("annotations", ()))


def misspelt_labels(labels: Labels) -> list[str]:
    """Pairs of labels that are probably one class, in words.

    They are an edit apart (a letter more, less, another one, or two that changed places) and no
    split has both. Words of one to three letters (four in a phrase) have neighbors that are words,
    too, and count only if letters changed places; numbers, and words that several splits use, tell
    classes apart.
    """
    splits, counts = _splits(labels)
    near: dict[str, list[str]] = {}
    for label in splits:
        joined = "".join(_words(label))
        for variant in {joined, *(joined[:k] + joined[k + 1 :] for k in range(len(joined)))}:
            near.setdefault(variant, []).append(label)
    common: dict[str, set[str]] = {}
    for label, found in splits.items():
        for word in _words(label):
            common.setdefault(word, set()).update(found)
    pairs = {pair for names in near.values() for pair in itertools.combinations(sorted(names), 2)}
    texts = []
    for pair in sorted(pairs):
        words = set(_words(pair[0])) ^ set(_words(pair[1]))
        known = all(len(common[word]) > 1 for word in words) and words
        apart = not splits[pair[0]].keys() & splits[pair[1]].keys()
        if apart and not known and _is_edit(*pair):
            rare, usual = sorted(pair, key=lambda label: counts[label])
            places = [" and ".join(map(repr, splits[label].values())) for label in (rare, usual)]
            texts.append(
                f"'{rare}' ({counts[rare]} x, only in {places[0]}): did you mean '{usual}' "
                f"({counts[usual]} x, only in {places[1]})?"
            )
    return texts


def check_labels(labels: Labels, *, source: str) -> None:
    """Refuse (ValueError) labels that are probably one class, see :func:`misspelt_labels`."""
    found = misspelt_labels(labels)
    if found:
        more = [f"  - and {len(found) - SHOWN} more"] * (len(found) > SHOWN)
        lines = [f"{source}: labels are spelled in two ways: {REMEDY}"]
        raise ValueError("\n".join([*lines, *(f"  - {text}" for text in found[:SHOWN]), *more]))


def one_split_classes(labels: Labels) -> str:
    """The classes that only one split has, in a line; empty if there are none.

    Splits without instances are none.
    """
    splits, _ = _splits(labels)
    alone: dict[str, list[str]] = {}
    for label, found in splits.items():
        if len(found) == 1:
            alone.setdefault(next(iter(found.values())), []).append(label)
    if len({split for found in splits.values() for split in found}) < 2 or not alone:
        return ""
    return "classes of one split only: " + "; ".join(
        f"{len(names)} of '{split}' ({', '.join(sorted(names)[:SHOWN])}"
        + (", ...)" if len(names) > SHOWN else ")")
        for split, names in alone.items()
    )


def _splits(labels: Labels) -> tuple[dict[str, dict[str, str]], Counter[str]]:
    """The splits of each label, by name in lower case and as written; instances of each label."""
    splits: dict[str, dict[str, str]] = {}
    counts: Counter[str] = Counter()
    for split, label in labels:
        splits.setdefault(label, {}).setdefault(split.lower(), split)
        counts[label] += 1
    return splits, counts


def _words(label: str) -> list[str]:
    return re.split(r"[\s_-]+", label.strip().casefold())


def _is_edit(one: str, two: str) -> bool:
    if re.findall(r"\d", one) != re.findall(r"\d", two):
        return False
    words = _words(one), _words(two)
    if "".join(words[0]) == "".join(words[1]):
        return True
    different = [pair for pair in zip(*words, strict=False) if pair[0] != pair[1]]
    if len(words[0]) != len(words[1]) or len(different) != 1:
        return False
    short, long = sorted(different[0], key=len)
    same = [a == b for a, b in zip(short, long, strict=False)]
    begin = [*same, False].index(False)
    short, rest, length = short[begin:], long[begin:], len(long)
    if short[:2] == rest[1::-1] and short[2:] == rest[2:]:
        return length >= 3  # two letters changed places
    least = 4 if len(words[0]) == 1 else 5
    return length >= least and (short[1:] == rest[1:] or short == rest[1:])


def truth_of(
    names: Sequence[str], entries: Mapping[str, Any], labels: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """Segments in seconds and labels of some recordings as they stand there, and durations."""
    truth = {}
    for n in names:
        found = [a for a in entries[n].get("annotations", ()) if a["label"] in labels]
        segments, known = [a["segment"] for a in found], [labels[a["label"]] for a in found]
        truth[n] = dict(segments=segments, labels=known, duration=entries[n].get("duration"))
    return truth
