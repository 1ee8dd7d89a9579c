"""Several models as one: their raw predictions are averaged, or paired, point by point before NMS.

C channels of an output, T_l positions of level l, M candidates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from torch import Tensor

from mmtal.datasets.feature_statistics import give_statistics
from mmtal.engine.hooks.setup_check_hook import check_classes
from mmtal.engine.runner import main_metric
from mmtal.inference.models import init_model
from mmtal.models import SegmentationHead
from mmtal.models.layers import FixedPadding
from mmtal.models.localizers.limits import length_factor, limits_times
from mmtal.models.localizers.temporal_localizer import (
    TemporalLocalizer,
    check_predictions,
    window_starts,
)
from mmtal.registry import DATASETS
from mmtal.results.fusion.join_actions import ActionSpace, Boundaries, check_boundaries
from mmtal.results.instance_table import InstanceTable
from mmtal.structures import TemporalDataSample
from mmtal.structures.contracts import PointHead, WindowHead, check_contract
from mmtal.utils.files import check_writable
from mmtal.utils.progress import progress

OTHERWISE = "models of different grids can be joined after NMS: mmtal results fuse"

_FAR = 600.0


@dataclass(frozen=True)
class RawPredictions:
    """What a head says of one recording, or window of it, before anything is thrown away.

    Attributes:
        outputs: What the head's ``forward`` returns: first the class logits per level
            (1, K, T_l), then offsets (1, 2, T_l) and the like.
        masks: Per level bool (1, T_l).
        sample: What is known of the recording.
        start: Its first feature, of a window of the recording.
    """

    outputs: tuple[list[Tensor], ...]
    masks: list[Tensor]
    sample: TemporalDataSample
    start: int = 0


class EnsembleMember:
    """A trained model, in evaluation mode, with its own test data.

    ``config`` is a config or its name, ``options`` override its values by dotted name; of the
    checkpoint only tensors and plain values are read. Messages call a member by its ``name``,
    config and checkpoint.
    """

    def __init__(
        self,
        config: str,
        checkpoint: str | Path,
        *,
        options: Mapping[str, Any] | None = None,
        device: str | None = None,
    ) -> None:
        self.name = f"{config}:{checkpoint}"
        self.model: Any = cast(Any, init_model(config, checkpoint, device, options=options))
        self.config = cast(Config, self.model.cfg)
        self.dataset: Any = DATASETS.build(self.config.test_dataloader.dataset)
        give_statistics(
            self.dataset.pipeline.transforms,
            self.model.feature_statistics,
            source=f"checkpoint {checkpoint}",
        )
        if self.model.head.num_classes > 1:
            check_classes(self.model.dataset_meta, self.dataset)
        self._index = {video: i for i, video in enumerate(self.dataset.metainfo["video_ids"])}

    @classmethod
    def parse(
        cls, text: str, *, options: Mapping[str, Any] | None = None, device: str | None = None
    ) -> "EnsembleMember":
        """A member from ``CONFIG:CHECKPOINT``; ValueError: there is no colon."""
        config, separator, checkpoint = text.rpartition(":")
        if not separator:
            raise ValueError(f"a model must be given as CONFIG:CHECKPOINT, but got '{text}'")
        return cls(config, checkpoint, options=options, device=device)

    @property
    def video_ids(self) -> list[str]:
        """Names of the test recordings."""
        return list(self._index)

    @property
    def facts(self) -> dict[str, Any]:
        """What members must have in common, by the words of a message."""
        head = self.model.head
        return {
            "head": type(head).__name__,
            "number of classes": head.num_classes,
            "level strides": list(self.model.backbone.level_strides),
            "test_window": self.model.test_window,
            "classes": list(self.dataset.metainfo["classes"]),
        }

    def load(self, video_id: str) -> dict[str, Any]:
        """The recording after the test pipeline: ``inputs`` (T, C) and ``data_samples``."""
        return self.dataset[self._index[video_id]]

    @torch.no_grad()
    def predict(self, video_id: str) -> list[RawPredictions]:
        """Raw predictions of one recording: of each window of ``model.test_window``, or of all."""
        item = self.load(video_id)
        features, sample, found = item["inputs"], item["data_samples"], []
        size, step = self.model.test_window or (len(features), len(features))
        for start in window_starts(len(features), size, step):
            window = dict(inputs=[features[start : start + size]], data_samples=[sample])
            batch = self.model.data_preprocessor(window)
            outputs, masks = self.model.raw_predictions(batch["inputs"], batch["masks"])
            check_predictions(outputs, masks, [video_id])
            found.append(RawPredictions(outputs, masks, batch["data_samples"][0], start))
        return found


def evaluate_ensemble(
    members: Sequence[EnsembleMember],
    *,
    weights: Sequence[float] | None = None,
    out_file: str | Path | None = None,
) -> dict[str, float]:
    """Test an ensemble as its first member would be: the same NMS, the same metrics, in [0, 1].

    Members are on the same grid, each with its own features of the same recordings; ``weights``, >
    0, are one for each. Detections are written to ``out_file`` as ActivityNet results JSON, which
    is tried beforehand. ValueError: the members do not fit together; which, and in what.
    """
    shares = normalized_weights(weights, len(members))
    first = members[0]
    head = first.model.head
    if len(members) > 1 and not isinstance(head, PointHead | SegmentationHead):
        raise ValueError(
            f"raw predictions of {first.name} cannot be averaged with another model's, since those "
            f"of a {type(head).__name__} do not belong to points in time: join the detections, "
            "mmtal results fuse"
        )
    mean = average_segmentations if isinstance(head, SegmentationHead) else average
    settings = first.config.test_evaluator
    if out_file is not None:
        check_writable(out_file)
        main_metric(settings)["out_file"] = str(out_file)
    check_members(members)
    evaluator = Evaluator(settings)
    parts = [dict(model=m.name, weight=w) for m, w in zip(members, shares, strict=True)]
    evaluator.dataset_meta = {**first.dataset.metainfo, "ensemble": parts}
    for video_id in progress(first.video_ids, len(first.video_ids), text="predicting recordings"):
        windows = list(zip(*(member.predict(video_id) for member in members), strict=True))
        means = [mean(window, shares) for window in windows]
        sample = windows[0][0].sample
        if len(means) == 1:
            (sample.pred_instances,) = first.model.detect(*means[0], [sample])
        else:
            pool = [head.candidates_by_feat(*raw, masks)[0] for raw, masks in means]
            sample.pred_instances = finish(first.model, pool, [w[0] for w in windows])
        evaluator.process([sample])
    return evaluator.evaluate(len(first.video_ids))


def finish(
    model: TemporalLocalizer, pool: Sequence[InstanceData], windows: Sequence[RawPredictions]
) -> InstanceData:
    """Predictions of a recording from the candidates of its windows, as the model makes them."""
    for found, window in zip(pool, windows, strict=True):
        found.segments = found.segments + window.start
    sample = windows[0].sample
    with limits_times(model.head, length_factor(model, sample)):
        return model.head.finish(InstanceData.cat(pool), sample)  # type: ignore[attr-defined]


def normalized_weights(weights: Sequence[float] | None, number: int) -> list[float]:
    """Weights whose sum is 1; ValueError: they are too few, too many, or not all > 0."""
    if number == 0:
        raise ValueError("an ensemble needs at least one model, but got none")
    weights = [1.0] * number if weights is None else list(weights)
    if len(weights) != number or not all(0 < weight < float("inf") for weight in weights):
        raise ValueError(f"weights must be {number} numbers > 0, one for each, but got {weights}")
    return [weight / sum(weights) for weight in weights]


def check_members(
    members: Sequence[EnsembleMember],
    *,
    same: Sequence[str] = ("head", "number of classes", "level strides", "test_window", "classes"),
) -> None:
    """Check that members can be averaged, reading all recordings but predicting none.

    ValueError: they cannot, or one of their :attr:`EnsembleMember.facts` in ``same`` differs.
    """
    for member in members:
        if isinstance(member.model.padding, FixedPadding) and member.model.test_window:
            raise ValueError(
                "members of an ensemble must predict a recording in one pass, but "
                f"{member.name} works on {member.model.padding.max_seq_len} features at once. "
                f"({OTHERWISE})"
            )
    first = members[0]
    for other in members[1:]:
        theirs = other.facts
        for what in same:
            value = first.facts[what]
            if theirs[what] != value:
                raise ValueError(
                    f"members of an ensemble must have the same {what}, but {first.name} has "
                    f"{value!s:.200} and {other.name} has {theirs[what]!s:.200}. ({OTHERWISE})"
                )
        differing = sorted(set(first.video_ids) ^ set(other.video_ids))
        if differing:
            raise ValueError(
                f"members of an ensemble must be tested on the same recordings, but "
                f"{len(differing)} are only in one of {first.name} and {other.name}, such as "
                f"'{differing[0]}'"
            )
    if len(members) > 1:
        names = first.video_ids
        for video_id in progress(names, len(names), text="comparing the members' recordings"):
            items = [member.load(video_id) for member in members]
            facts = [(len(item["inputs"]), item["data_samples"].grid) for item in items]
            for other, found in zip(members, facts, strict=True):
                if found != facts[0]:
                    raise ValueError(
                        f"recording '{video_id}': members of an ensemble must have their features "
                        f"at the same times, but {first.name} has {facts[0][0]} on {facts[0][1]} "
                        f"and {other.name} has {found[0]} on {found[1]}. ({OTHERWISE})"
                    )


def average(
    raw: Sequence[RawPredictions], shares: Sequence[float]
) -> tuple[list[list[Tensor]], list[Tensor]]:
    """Outputs and masks of an ensemble, as one member would give them; shares sum to 1.

    Class probabilities are averaged, not logits, and distances as they are: the mean of the
    decoded segments, as in OpenTAD. Equal members give exactly what each of them gives. They are
    on the same grid, but may be padded differently.
    """
    lengths = [
        min(m.shape[-1] for m in level) for level in zip(*(r.masks for r in raw), strict=True)
    ]
    outputs = []
    for number, parts in enumerate(zip(*(r.outputs for r in raw), strict=True)):
        mean = mean_logits if number == 0 else mean_values
        outputs.append(
            [
                mean([part[level][..., :length] for part in parts], shares)
                for level, length in enumerate(lengths)
            ]
        )
    masks = [m[:, :length] for m, length in zip(raw[0].masks, lengths, strict=True)]
    return outputs, masks


def average_segmentations(
    raw: Sequence[RawPredictions], shares: Sequence[float]
) -> tuple[list[list[Tensor]], list[Tensor]]:
    """As :func:`average`, of one stage: the means of the last ones' probabilities."""
    length = min(r.masks[0].shape[1] for r in raw)
    chances = [r.outputs[-1][0][..., :length].double().softmax(1) for r in raw]
    return [[mean_values(chances, shares).log().float()]], [raw[0].masks[0][:, :length]]


def mean_values(values: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Weighted mean; exactly the common value where all are equal."""
    first = values[0].double()
    return (first + _mean_difference([v.double() for v in values], shares)).to(values[0].dtype)


def mean_logits(logits: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Logits of the weighted mean of the probabilities; exactly the common ones if all are equal.

    As a step from the first: log(mean / first) of the probability, less that of its complement.
    """
    # Further out, a probability is 0 or 1 in single precision, and soon not even above 0 in double.
    exact = [x.double().clamp(-_FAR, _FAR) for x in logits]
    steps = []
    for sign in (1, -1):
        probs = [(sign * x).sigmoid() for x in exact]
        steps.append(torch.log1p(_mean_difference(probs, shares) / probs[0]))
    return (exact[0] + steps[0] - steps[1]).to(logits[0].dtype)


def _mean_difference(values: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """How far the weighted mean is from the first."""
    total = torch.zeros_like(values[0])
    for value, share in zip(values[1:], shares[1:], strict=True):
        total += share * (value - values[0])
    return total


def predict_actions(
    verb_model: EnsembleMember,
    noun_model: EnsembleMember,
    space: ActionSpace,
    *,
    per_point: int = 10,
    boundaries: Boundaries = "mean",
) -> InstanceTable:
    """What two models on the same grid say together, as OpenTAD's entry to the challenge has it.

    At each point the best verbs are paired with the best nouns, ``per_point`` of each. A pair has
    the mean of both models' segments (``boundaries="confidence"``: weighted by the highest
    probability of each) and the square root of the product of both probabilities. Thresholds,
    top-k and NMS are the verb model's. The labels are ``space.names``. ValueError: the models do
    not fit together or to ``space``; ``per_point`` is below 1.
    """
    if per_point < 1:
        raise ValueError(f"per_point must be >= 1, but got {per_point}")
    check_boundaries(boundaries)
    for what, model, names in (
        ("verb", verb_model, space.verbs),
        ("noun", noun_model, space.nouns),
    ):
        if tuple(model.facts["classes"]) != names:
            raise ValueError(f"the {what} model {model.name} must have the {what}s as its classes")
    check_members([verb_model, noun_model], same=("head", "level strides", "test_window"))
    head = verb_model.model.head
    for contract in (PointHead, WindowHead):
        check_contract(head, contract, name="a head whose points are paired")
    videos = {}
    recordings = verb_model.video_ids
    for video in progress(recordings, len(recordings), text="predicting recordings"):
        verbs, nouns = verb_model.predict(video), noun_model.predict(video)
        whole = length_factor(verb_model.model, verbs[0].sample) if len(verbs) == 1 else 1
        with limits_times(head, whole):
            pool = [
                head.best_candidates(join_points(*window, head, space, per_point, boundaries))
                for window in zip(verbs, nouns, strict=True)
            ]
        found = finish(verb_model.model, pool, verbs)
        videos[video] = {key: found[key].cpu().numpy() for key in ("segments", "labels", "scores")}
    return InstanceTable.from_videos(videos)


@torch.no_grad()
def join_points(
    verb: RawPredictions,
    noun: RawPredictions,
    head: Any,
    space: ActionSpace,
    per_point: int,
    boundaries: Boundaries = "mean",
) -> InstanceData:
    """Candidates of one recording: ``segments`` in grid units, ``scores``, ``labels``, ``levels``.

    The head says where points are, what their offsets mean, and which score is too low.
    """
    lengths = [
        min(mask.shape[1] for mask in level) for level in zip(verb.masks, noun.masks, strict=True)
    ]
    device = verb.masks[0].device
    points = head.points(lengths, device=device)
    lookup = torch.from_numpy(space.lookup).to(device)
    levels = zip(
        lengths, points.positions.split(lengths), points.level_strides.split(lengths), strict=True
    )
    parts: dict[str, list[Tensor]] = dict(segments=[], scores=[], labels=[], levels=[])
    for level, (length, positions, strides) in enumerate(levels):
        (verbs, verb_offsets), (nouns, noun_offsets) = (
            [output[level][0, :, :length].float() for output in raw.outputs] for raw in (verb, noun)
        )
        verb_probs, verb_labels = verbs.sigmoid().topk(min(per_point, len(verbs)), dim=0)
        noun_probs, noun_labels = nouns.sigmoid().topk(min(per_point, len(nouns)), dim=0)
        scores = (verb_probs[:, None] * noun_probs[None]).sqrt() * verb.masks[level][0, :length]
        labels = lookup[verb_labels[:, None], noun_labels[None]]  # (verbs, nouns, T_l)
        keep = (scores > head.score_thr) & (labels >= 0)
        point = keep.nonzero()[:, 2]
        share: Tensor | float = 0.5  # of the verb
        if boundaries == "confidence":
            share = (verb_probs[0] / (verb_probs[0] + noun_probs[0]))[point]
        offsets = (share * verb_offsets[:, point] + (1 - share) * noun_offsets[:, point]).t()
        parts["segments"].append(head.coder.decode(positions[point], strides[point], offsets))
        parts["scores"].append(scores[keep])
        parts["labels"].append(labels[keep])
        parts["levels"].append(torch.full_like(point, level))
    return InstanceData(**{name: torch.cat(columns) for name, columns in parts.items()})
