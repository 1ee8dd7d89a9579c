"""Split recordings into subsets that are alike in their classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

LOOKS = 20_000
"""Looks at a group for an improvement; at most 20, at least one at each group."""

SWAPS = 16
"""Groups that a group may change places with, drawn again each time."""

Database = Mapping[str, Mapping[str, Any]]


def stratified_parts(
    counts: np.ndarray, sizes: np.ndarray, ratios: Sequence[float], *, seed: int
) -> np.ndarray:
    """Deal G groups out to parts, int (G,), so that each has its share of each class's instances.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, ECML PKDD 2011) on numbers of
    instances, int (G, K), instead of yes or no: the rarest class first, its largest groups first,
    each to the part that has the smallest share so far of what it wants of this class. Then groups
    of ``sizes`` recordings move, or change places, as long as that brings the shares nearer to
    the ``ratios``, whose sum is 1. No part is empty; ValueError: there are too few groups.
    """
    shares = np.asarray(ratios, dtype=np.float64)  # (S,)
    num_groups, num_parts = len(counts), len(shares)
    if num_groups < num_parts:
        raise ValueError(
            f"{num_parts} subsets need at least as many recordings (or groups), but there are "
            f"{num_groups}"
        )
    # recordings count as one more class, so that parts get their share of them, too
    columns = np.concatenate([counts, sizes[:, None]], axis=1).astype(np.float64)  # (G, K+1)
    rng = np.random.default_rng(seed)
    order = rng.permutation(num_groups)
    columns = columns[order]
    totals = columns.sum(0)
    columns = columns / np.where(totals > 0, totals, 1)  # each group's share of each class
    parts = _deal(columns, shares)
    _fill_empty(parts, columns, num_parts)
    _improve(parts, columns, shares, rng)
    result = np.empty(num_groups, dtype=np.int64)
    result[order] = parts
    return result


def _deal(columns: np.ndarray, shares: np.ndarray) -> np.ndarray:
    parts = np.full(len(columns), -1)
    held = np.zeros((len(shares), columns.shape[1]))
    spread = (columns > 0).sum(0)  # groups that have the class
    for label in np.argsort(spread[:-1], kind="stable").tolist() + [columns.shape[1] - 1]:
        open_ = np.flatnonzero((parts < 0) & (columns[:, label] > 0))
        for group in open_[np.argsort(-columns[open_, label], kind="stable")]:
            filled = held[:, [label, -1]] / shares[:, None]
            # smallest first; of equal ones, that with fewer recordings, then the larger part
            part = np.lexsort((-shares, filled[:, 1].round(9), filled[:, 0].round(9)))[0]
            parts[group] = part
            held[part] += columns[group]
    return parts


def _fill_empty(parts: np.ndarray, columns: np.ndarray, num_parts: int) -> None:
    for part in range(num_parts):
        if not (parts == part).any():
            largest = np.bincount(parts, minlength=num_parts).argmax()
            groups = np.flatnonzero(parts == largest)
            parts[groups[columns[groups, -1].argmin()]] = part


def _improve(
    parts: np.ndarray, columns: np.ndarray, shares: np.ndarray, rng: np.random.Generator
) -> None:
    """Move groups, or let two of them change places, while that lowers the cost."""
    held = np.zeros((len(shares), columns.shape[1]))
    np.add.at(held, parts, columns)
    weights = np.where(columns.sum(0) > 0, 1.0, 0.0)
    weights[-1] = max(1.0, (columns.shape[1] - 1) / 2)  # sizes matter more than one class
    possible = (columns > 0).sum(0) >= len(shares)  # in enough groups to be in every part

    def costs(held: np.ndarray) -> np.ndarray:
        """How far parts are from what they want: (..., S, K+1) -> (...)."""
        off = np.abs(held - shares[:, None]) / shares[:, None]
        absent = (held < 1e-12) & possible
        return ((off + 2.0 * absent) * weights).sum((-1, -2))

    cost = costs(held)
    for _ in range(max(1, min(20, LOOKS // len(parts)))):
        before = cost
        for group, old in enumerate(parts.tolist()):
            others = rng.integers(len(parts), size=SWAPS)
            others = others[parts[others] != old]
            alone = (parts == old).sum() == 1
            targets = np.arange(0 if alone else len(shares))
            # what changes hands: the group alone, or the group for another
            new = np.concatenate([targets, parts[others]])  # (M,)
            change = columns[group] - np.pad(columns[others], ((len(targets), 0), (0, 0)))
            trials = np.repeat(held[None], len(new), 0)  # (M, S, K+1)
            trials[:, old] -= change
            trials[np.arange(len(new)), new] += change
            found = costs(trials)
            if len(new) and found.min() < cost - 1e-9:
                best = int(found.argmin())
                held, cost = trials[best], found[best]
                parts[group] = new[best]
                if best >= len(targets):
                    parts[others[best - len(targets)]] = old
        if before - cost < 1e-3 * before:
            break


def split_database(
    database: Database, ratios: Mapping[str, float], *, only: Sequence[str] = (), seed: int = 0
) -> dict[str, dict[str, Any]]:
    """The database with new subsets; recordings of a ``group`` stay together.

    Args:
        database: Of an annotation JSON.
        ratios: Wanted share of each new subset; the sum is 1.
        only: Split only the recordings of these subsets; the others stay as they are.
        seed: A seed always gives the same subsets.

    Raises:
        ValueError: The ratios are wrong, there are several subsets and ``only`` is not given, or
            there are too few recordings.
    """
    if len(ratios) < 2 or min(ratios.values()) <= 0 or not abs(sum(ratios.values()) - 1) <= 1e-6:
        raise ValueError(
            "the shares must be two or more numbers > 0 whose sum is 1, but got "
            + " ".join(f"{name}={share:g}" for name, share in ratios.items())
        )
    chosen = _chosen(database, only, new=list(ratios))
    subsets = list(ratios)
    found = _parts(database, chosen, list(ratios.values()), seed=seed)
    return {
        name: {**entry, "subset": subsets[found[name]] if name in found else entry["subset"]}
        for name, entry in database.items()
    }


def fold_databases(
    database: Database, folds: int, *, only: Sequence[str] = (), seed: int = 0
) -> list[dict[str, dict[str, Any]]]:
    """A database for each fold: its recordings are ``validation``, the others ``training``.

    See :func:`split_database`; a seed always gives the same folds, of which there are at least 2.
    """
    if folds < 2:
        raise ValueError(f"folds must be >= 2, but got {folds}")
    chosen = _chosen(database, only, new=["training", "validation"])
    found = _parts(database, chosen, [1 / folds] * folds, seed=seed)

    def subset(name: str, fold: int) -> str:
        if name not in found:
            return str(database[name]["subset"])
        return "validation" if found[name] == fold else "training"

    return [
        {name: {**entry, "subset": subset(name, fold)} for name, entry in database.items()}
        for fold in range(folds)
    ]


def _chosen(database: Database, only: Sequence[str], *, new: Sequence[str]) -> list[str]:
    present = list(dict.fromkeys(entry["subset"] for entry in database.values()))
    if not only:
        if len(present) > 1:
            raise ValueError(
                f"there are the subsets {', '.join(present)} already, which a split would mix; "
                "name those to be split with --subset"
            )
        return list(database)
    wanted = {name.lower() for name in only}
    missing = wanted - {name.lower() for name in present}
    if missing:
        raise ValueError(f"no subset '{min(missing)}'; there is {', '.join(present)}")
    taken = {name.lower() for name in new} & ({name.lower() for name in present} - wanted)
    if taken:
        raise ValueError(f"the subset '{min(taken)}' is there already and is not to be split")
    return [name for name, entry in database.items() if entry["subset"].lower() in wanted]


def _parts(
    database: Database, chosen: Sequence[str], ratios: Sequence[float], *, seed: int
) -> dict[str, int]:
    groups: dict[Any, list[str]] = {}
    for name in chosen:
        group = database[name].get("group")
        key = ("recording", name) if group is None else ("group", group)
        groups.setdefault(key, []).append(name)
    labels = sorted({i["label"] for name in chosen for i in database[name]["annotations"]})
    number = {label: k for k, label in enumerate(labels)}
    counts = np.zeros((len(groups), len(number)), dtype=np.int64)
    for row, names in enumerate(groups.values()):
        for name in names:
            for instance in database[name]["annotations"]:
                counts[row, number[instance["label"]]] += 1
    sizes = np.array([len(names) for names in groups.values()])
    parts = stratified_parts(counts, sizes, ratios, seed=seed)
    return {
        name: int(part)
        for names, part in zip(groups.values(), parts, strict=True)
        for name in names
    }
