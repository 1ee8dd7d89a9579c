"""EPIC-Kitchens' actions as pairs of a verb and a noun, and detections of both joined to them.

K actions, M detections; V verbs, N nouns of one recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from mmtal.results.fusion.merge_detections import suppress
from mmtal.results.instance_table import InstanceTable
from mmtal.structures.segments import pairwise_tiou

Boundaries = Literal["mean", "confidence"]
"""What an action's segment is: the mean of the verb's and the noun's, or the same weighted."""


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


@dataclass(frozen=True, kw_only=True)
class JoinSettings:
    """How verbs and nouns are joined. The defaults of NMS are those of the EPIC recipes.

    Attributes:
        min_tiou: Least tIoU of a verb's and a noun's segment.
        max_pairs: Best pairs of each recording that reach NMS.
        sigma: Of Gaussian soft-NMS within an action.
        min_score: Of soft-NMS.
        max_per_video: Actions kept in each recording.
        boundaries: Mean of both segments: plain, or weighted by ``confidence``, both scores.
    """

    min_tiou: float = 0.3
    max_pairs: int = 20_000
    sigma: float = 0.4
    min_score: float = 0.001
    max_per_video: int = 2000
    boundaries: Boundaries = "mean"

    def __post_init__(self) -> None:
        if not 0 < self.min_tiou <= 1:
            raise ValueError(f"min_tiou must be in (0, 1], but got {self.min_tiou}")
        for name in ("max_pairs", "max_per_video"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, but got {getattr(self, name)}")
        check_boundaries(self.boundaries)


def check_boundaries(value: str) -> None:
    """ValueError: it is none of :data:`Boundaries`."""
    if value not in get_args(Boundaries):
        choices = " or ".join(get_args(Boundaries))
        raise ValueError(f"boundaries must be {choices}, but got {value!r}")


def join_actions(
    verbs: InstanceTable,
    nouns: InstanceTable,
    space: ActionSpace,
    settings: JoinSettings | None = None,
) -> InstanceTable:
    """Pair every verb with every noun that overlaps it enough.

    A pair has the mean of both segments and the square root of the product of both scores, as
    OpenTAD has it for two models' predictions of the same point; with ``boundaries="confidence"``
    the segment is nearer to that of the higher score. Pairs that are no action of
    ``space`` are dropped. What is left repeats itself, so soft-NMS follows. In each recording, the
    highest score comes first. ValueError: one table lacks a recording of the other, or a label is
    no verb (noun).
    """
    settings = settings or JoinSettings()
    alone = sorted(set(verbs.video_ids) ^ set(nouns.video_ids))
    if alone:
        raise ValueError(
            f"verbs and nouns must be of the same recordings, but {len(alone)} are only in one of "
            f"both, such as '{alone[0]}'"
        )
    for what, table, names in (("verb", verbs, space.verbs), ("noun", nouns, space.nouns)):
        if len(table) and not 0 <= table.labels.min() <= table.labels.max() < len(names):
            raise ValueError(
                f"labels of {what}s must be 0 to {len(names) - 1}, but got "
                f"{table.labels.min()} to {table.labels.max()}"
            )
        if len(table) and table.scores.min() < 0:
            raise ValueError(f"scores of {what}s must be >= 0, but got {table.scores.min()}")
    videos = {}
    nouns_of = dict(nouns.rows_by_recording())
    for video, rows in verbs.rows_by_recording():
        pairs = _pairs(verbs.select(rows), nouns.select(nouns_of[video]), space, settings)
        videos[video] = suppress(
            *pairs,
            method="gaussian",
            sigma=settings.sigma,
            min_score=settings.min_score,
            max_per_video=settings.max_per_video,
        )
    return InstanceTable.from_videos(videos)


def _pairs(
    verbs: InstanceTable, nouns: InstanceTable, space: ActionSpace, settings: JoinSettings
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Segments, labels and scores of the best pairs of one recording."""
    segments = (torch.from_numpy(table.segments) for table in (verbs, nouns))
    tiou = pairwise_tiou(*segments).numpy()  # (V, N)
    labels = space.lookup[verbs.labels[:, None], nouns.labels[None]]
    verb, noun = np.nonzero((tiou >= settings.min_tiou) & (labels >= 0))
    scores = np.sqrt(verbs.scores[verb] * nouns.scores[noun])
    best = np.argsort(-scores, kind="stable")[: settings.max_pairs]
    verb, noun = verb[best], noun[best]
    share = np.full(len(best), 0.5)  # of the verb
    if settings.boundaries == "confidence":
        total = verbs.scores[verb] + nouns.scores[noun]
        np.divide(verbs.scores[verb], total, out=share, where=total > 0)
    middle = share[:, None] * verbs.segments[verb] + (1 - share[:, None]) * nouns.segments[noun]
    return middle, labels[verb, noun], scores[best]
