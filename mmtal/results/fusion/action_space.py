"""EPIC-Kitchens' actions as pairs of a verb and a noun. K actions, M detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmtal.results.instance_table import InstanceTable


@dataclass(frozen=True)
class ActionSpace:
    """Which verbs and nouns make which actions; an action is named ``take plate``.

    Attributes:
        verbs: Names of the verbs by label.
        nouns: Names of the nouns by label.
        pairs: Of each of the K actions, the labels of its verb and its noun.
    """

    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def from_names(
        cls, names: Sequence[str], *, verbs: Sequence[str], nouns: Sequence[str]
    ) -> ActionSpace:
        """The actions of these names, such as the classes of an annotation file of actions.

        ValueError: a name is not that of a verb, a space, and that of a noun.
        """
        verb_of = {name: label for label, name in enumerate(verbs)}
        noun_of = {name: label for label, name in enumerate(nouns)}
        pairs = []
        for name in names:
            # The first space need not be the one between: names of other data may hold some.
            cuts = [i for i, letter in enumerate(name) if letter == " "]
            found = [
                (verb_of[name[:cut]], noun_of[name[cut + 1 :]])
                for cut in cuts
                if name[:cut] in verb_of and name[cut + 1 :] in noun_of
            ]
            if len(found) != 1:
                raise ValueError(
                    f"an action must be named by one of {len(verbs)} verbs, a space, and one of "
                    f"{len(nouns)} nouns, such as '{verbs[0]} {nouns[0]}', but got '{name}', "
                    f"which fits {len(found)} pairs"
                )
            pairs.append(found[0])
        return cls(tuple(verbs), tuple(nouns), tuple(pairs))

    @cached_property
    def names(self) -> list[str]:
        """(K,) names of the actions by label."""
        return [f"{self.verbs[verb]} {self.nouns[noun]}" for verb, noun in self.pairs]

    @cached_property
    def lookup(self) -> NDArray[np.int64]:
        """(verbs, nouns) label of the action, -1 where there is none."""
        table = np.full((len(self.verbs), len(self.nouns)), -1, dtype=np.int64)
        for label, pair in enumerate(self.pairs):
            table[pair] = label
        return table

    def as_verbs(self, actions: InstanceTable) -> InstanceTable:
        """The same instances with the verb of each action as its label."""
        return self._part(actions, 0)

    def as_nouns(self, actions: InstanceTable) -> InstanceTable:
        """The same instances with the noun of each action as its label."""
        return self._part(actions, 1)

    def _part(self, actions: InstanceTable, position: int) -> InstanceTable:
        labels = np.array([pair[position] for pair in self.pairs], dtype=np.int64)
        return replace(actions, labels=labels[actions.labels])
