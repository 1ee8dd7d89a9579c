"""Actions from a verb model and a noun model, point by point, before NMS.

T_l positions of level l, M candidates.
"""

from typing import Any

import torch
from mmengine.structures import InstanceData
from torch import Tensor

from mmtal.inference.ensemble import EnsembleMember, RawPredictions, check_members
from mmtal.models.localizers.limits import length_factor, limits_times
from mmtal.results.fusion.action_space import ActionSpace
from mmtal.results.instance_table import InstanceTable
from mmtal.structures.contracts import PointHead, WindowHead, check_contract
from mmtal.utils.progress import progress


def predict_actions(
    verb_model: EnsembleMember,
    noun_model: EnsembleMember,
    space: ActionSpace,
    *,
    per_point: int = 10,
) -> InstanceTable:
    """What two models on the same grid say together, as OpenTAD's entry to the challenge has it.

    At each point the best verbs are paired with the best nouns, ``per_point`` of each. A pair has
    the mean of both models' segments and the square root of the product of both probabilities.
    Thresholds, top-k and NMS are the verb model's. The labels are ``space.names``. ValueError: the
    models do not fit together or to ``space``; ``per_point`` is below 1.
    """
    if per_point < 1:
        raise ValueError(f"per_point must be >= 1, but got {per_point}")
    for what, model, names in (
        ("verb", verb_model, space.verbs),
        ("noun", noun_model, space.nouns),
    ):
        if tuple(model.facts["classes"]) != names:
            raise ValueError(f"the {what} model {model.name} must have the {what}s as its classes")
    check_members([verb_model, noun_model], same=("head", "level strides"))
    head = verb_model.model.head
    for contract in (PointHead, WindowHead):
        check_contract(head, contract, name="a head whose points are paired")
    videos = {}
    recordings = verb_model.video_ids
    for video in progress(recordings, len(recordings), text="predicting recordings"):
        verb, noun = verb_model.predict(video), noun_model.predict(video)
        with limits_times(head, length_factor(verb_model.model, verb.sample)):
            candidates = head.best_candidates(join_points(verb, noun, head, space, per_point))
            found = head.finish(candidates, verb.sample)
        videos[video] = {key: found[key].cpu().numpy() for key in ("segments", "labels", "scores")}
    return InstanceTable.from_videos(videos)


@torch.no_grad()
def join_points(
    verb: RawPredictions,
    noun: RawPredictions,
    head: Any,
    space: ActionSpace,
    per_point: int,
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
        offsets = 0.5 * (verb_offsets + noun_offsets)[:, point].t()
        parts["segments"].append(head.coder.decode(positions[point], strides[point], offsets))
        parts["scores"].append(scores[keep])
        parts["labels"].append(labels[keep])
        parts["levels"].append(torch.full_like(point, level))
    return InstanceData(**{name: torch.cat(columns) for name, columns in parts.items()})
