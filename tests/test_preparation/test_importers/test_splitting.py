"""Subsets that are alike: shares, groups, rare classes, determinism."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from mmtal.preparation.importers import fold_databases, format_split, split_database
from mmtal.preparation.importers.splitting import stratified_parts


def make(labels: dict[str, str], *, groups: dict[str, str] | None = None) -> dict[str, Any]:
    """Recordings by name, each with an instance for each letter."""
    database = {}
    for name, letters in labels.items():
        found = [dict(label=letter, label_id=0, segment=[0, 1]) for letter in letters]
        database[name] = dict(subset="all", annotations=found)
        if groups:
            database[name]["group"] = groups[name]
    return database


def random_database(num: int, *, seed: int = 0, num_groups: int | None = None) -> dict[str, Any]:
    """Classes of very different frequency."""
    rng = np.random.default_rng(seed)
    labels = {
        f"r{k:03d}": "".join(
            letter * int(rng.poisson(rate))
            for letter, rate in zip("abcdef", (5, 3, 1, 0.5, 0.2, 0.1), strict=True)
        )
        for k in range(num)
    }
    groups = {name: f"g{rng.integers(num_groups)}" for name in labels} if num_groups else None
    return make(labels, groups=groups)


def counts(database: dict[str, Any]) -> dict[str, Counter]:
    found: dict[str, Counter] = {}
    for entry in database.values():
        mine = found.setdefault(entry["subset"], Counter())
        mine.update(i["label"] for i in entry["annotations"])
    return found


SHARES = {"training": 0.7, "validation": 0.1, "test": 0.2}


@pytest.mark.parametrize("num_groups", [None, 40])
def test_every_class_gets_its_share(num_groups: int | None) -> None:
    database = random_database(200, num_groups=num_groups)
    found = split_database(database, SHARES)
    assert list(found) == list(database)
    sizes = Counter(entry["subset"] for entry in found.values())
    total = sum(counts(found).values(), Counter())
    for subset, share in SHARES.items():
        assert sizes[subset] == pytest.approx(200 * share, rel=0.35)
        for label in "abcdef":
            wanted = share * total[label]
            assert counts(found)[subset][label] == pytest.approx(wanted, abs=max(2, 0.25 * wanted))


def test_better_than_chance() -> None:
    """The largest deviation of a class's share, against that of random splits."""
    database = random_database(60)

    def deviation(found: dict[str, Any]) -> float:
        held, total = counts(found), counts(database)["all"]
        return max(abs(held["test"][c] / total[c] - 0.25) for c in total)

    ours = deviation(split_database(database, {"training": 0.75, "test": 0.25}))
    chance = []
    for seed in range(20):
        picked = set(np.random.default_rng(seed).permutation(list(database))[:15])
        chance.append(
            deviation({k: e | dict(subset="test" if k in picked else "training")
                       for k, e in database.items()})
        )  # fmt: skip
    assert ours < min(chance)


def test_groups_stay_together() -> None:
    database = random_database(60, num_groups=9)
    for found in (split_database(database, SHARES), *fold_databases(database, 3)):
        subsets: dict[str, set] = {}
        for entry in found.values():
            subsets.setdefault(entry["group"], set()).add(entry["subset"])
        assert all(len(group) == 1 for group in subsets.values())


def test_a_recording_without_group_is_alone_even_if_its_name_is_a_group() -> None:
    database = make(dict.fromkeys("abcd", "x"))
    database["b"]["group"] = "a"
    database["c"]["group"] = "a"
    found = split_database(database, {"one": 0.5, "two": 0.5})
    assert found["b"]["subset"] == found["c"]["subset"]


def test_the_seed_decides() -> None:
    database = random_database(50)
    first = split_database(database, SHARES, seed=1)
    assert first == split_database(database, SHARES, seed=1)
    assert any(first != split_database(database, SHARES, seed=seed) for seed in range(2, 5))
    turned = dict(reversed(database.items()))
    assert counts(split_database(turned, SHARES, seed=1)).keys() == counts(first).keys()


def test_a_class_in_two_recordings_is_in_both_subsets() -> None:
    labels = {f"r{k}": "aab" for k in range(20)} | {"s": "z", "t": "z"}
    found = counts(split_database(make(labels), {"training": 0.8, "validation": 0.2}))
    assert found["training"]["z"] == found["validation"]["z"] == 1


@pytest.mark.parametrize("letters", ["", "a"])
def test_nothing_to_stratify(letters: str) -> None:
    """No instances at all, or all recordings alike: the recordings count."""
    database = make({f"r{k}": letters for k in range(10)})
    sizes = Counter(e["subset"] for e in split_database(database, {"a": 0.8, "b": 0.2}).values())
    assert sizes == {"a": 8, "b": 2}


def test_as_many_parts_as_recordings() -> None:
    """One of them is far larger; no part stays empty."""
    database = make({"a": "x" * 100, "b": "", "c": ""})
    found = split_database(database, {"one": 0.9, "two": 0.05, "three": 0.05})
    assert sorted(entry["subset"] for entry in found.values()) == ["one", "three", "two"]


def test_folds() -> None:
    database = random_database(50)
    folds = fold_databases(database, 5)
    validated = [k for fold in folds for k, e in fold.items() if e["subset"] == "validation"]
    assert sorted(validated) == sorted(database)  # each once
    sizes = [sum(e["subset"] == "validation" for e in fold.values()) for fold in folds]
    assert max(sizes) - min(sizes) <= 2
    for fold in folds:
        assert counts(fold)["validation"]["a"] == pytest.approx(
            counts(database)["all"]["a"] / 5, rel=0.2
        )


def test_only_some_subsets() -> None:
    database = random_database(20)
    for name in list(database)[:5]:
        database[name]["subset"] = "Test"
    with pytest.raises(ValueError, match=r"the subsets Test, all already.* --subset"):
        split_database(database, {"training": 0.8, "validation": 0.2})
    found = split_database(database, {"training": 0.8, "validation": 0.2}, only=["ALL"])
    assert sum(e["subset"] == "Test" for e in found.values()) == 5
    assert [k for k, e in found.items() if e["subset"] == "Test"] == list(database)[:5]
    with pytest.raises(ValueError, match="'test' is there already"):
        split_database(database, {"training": 0.8, "test": 0.2}, only=["all"])
    with pytest.raises(ValueError, match="no subset 'none'"):
        fold_databases(database, 2, only=["none"])


@pytest.mark.parametrize(
    "shares",
    [
        {"a": 1.0},
        {"a": 0.5, "b": 0.4},
        {"a": 1.5, "b": -0.5},
        {"a": 1.0, "b": 0.0},
        {"a": float("nan"), "b": 0.5},
    ],
)
def test_bad_shares(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="whose sum is 1"):
        split_database(random_database(5), shares)


def test_too_few() -> None:
    with pytest.raises(ValueError, match=r"3 subsets need at least as many .* there are 2"):
        split_database(random_database(2), SHARES)
    with pytest.raises(ValueError, match="there are 1"):  # ten recordings, one group
        fold_databases(random_database(10, num_groups=1), 2)
    with pytest.raises(ValueError, match="folds must be >= 2"):
        fold_databases(random_database(10), 1)


def test_arrays() -> None:
    counts = np.array([[4, 0], [0, 4], [4, 0], [0, 4]])
    parts = stratified_parts(counts, np.ones(4), [0.5, 0.5], seed=0)
    assert parts[0] != parts[2] and parts[1] != parts[3]
    parts = stratified_parts(np.zeros((4, 0)), np.ones(4), [0.5, 0.5], seed=0)
    assert np.bincount(parts).tolist() == [2, 2]


def test_report() -> None:
    database = make({"r": "aab", "s": "a"})
    database["r"]["subset"], database["s"]["subset"] = "training", "test"
    lines = format_split([database], ["training", "test"]).split("\n")
    assert [line.split()[1::2] for line in lines if line.startswith("| b")] == [["b", "1", "0"]]
    assert "warning: test has no instance of 'b'" in lines[-1]
    assert "| recordings    |        1 |    1 |" in lines
