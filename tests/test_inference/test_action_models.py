"""A verb model and a noun model whose raw predictions are paired."""

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).parent))
from inference_case import make_case

from mmtal.inference.ensemble import EnsembleMember, join_points, predict_actions
from mmtal.registry import MODELS
from mmtal.results.fusion.join_actions import ActionSpace, Boundaries

VERBS, NOUNS = ("wave", "jump", "sit"), ("rope", "chair")
SPACE = ActionSpace(VERBS, NOUNS, ((1, 0), (2, 1), (0, 1)))  # jump rope, sit chair, wave chair
NOUN_OPTIONS = {"model.head.num_classes": 2, "test_dataloader.dataset.ann_file": "nouns.json"}


def noun_model(config: Path) -> EnsembleMember:
    """The same data with two nouns as labels, and other weights."""
    root = Path(Config.fromfile(config).test_dataloader.dataset.data_root)
    content = json.loads((root / "annotations.json").read_text())
    for entry in content["database"].values():
        for instance in entry["annotations"]:
            instance["label_id"] %= 2
            instance["label"] = NOUNS[instance["label_id"]]
    (root / "nouns.json").write_text(json.dumps(content))
    settings = Config.fromfile(config).model
    settings.head.num_classes = 2
    torch.manual_seed(5)
    model = MODELS.build(settings)
    with torch.no_grad():
        model.head.cls_conv.weight *= 8
        model.head.reg_conv.bias += 2
    path = config.with_name("nouns.pth")
    torch.save(dict(state_dict=model.state_dict()), path)
    return EnsembleMember(str(config), path, options=NOUN_OPTIONS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[EnsembleMember, EnsembleMember]:
    config, checkpoint = make_case(tmp_path_factory.mktemp("actions"))
    return EnsembleMember(str(config), checkpoint), noun_model(config)


@pytest.mark.parametrize("boundaries", ["mean", "confidence"])
def test_pairs_of_every_point(
    models: tuple[EnsembleMember, EnsembleMember], boundaries: Boundaries
) -> None:
    """All pairs of two classes by loops, on one recording."""
    verb, noun = (model.predict(models[0].video_ids[0])[0] for model in models)
    head = models[0].model.head
    found = join_points(verb, noun, head, SPACE, 2, boundaries)
    expected: list[tuple] = []
    for level, (mask, stride) in enumerate(zip(verb.masks, (1, 2, 4), strict=True)):
        for point in range(mask.shape[1]):
            probs = [raw.outputs[0][level][0, :, point].sigmoid() for raw in (verb, noun)]
            best = [p.argsort(descending=True)[:2].tolist() for p in probs]
            highest = [p.max().item() for p in probs]
            share = 0.5 if boundaries == "mean" else highest[0] / sum(highest)
            left, right = (share * v + (1 - share) * n for v, n in zip(
                *(raw.outputs[1][level][0, :, point].tolist() for raw in (verb, noun)), strict=True
            ))  # fmt: skip
            for pair in itertools.product(*best):
                score = (probs[0][pair[0]] * probs[1][pair[1]]).sqrt().item()
                if mask[0, point] and pair in SPACE.pairs and score > head.score_thr:
                    at = point * stride
                    row = (at - left * stride, at + right * stride, score, SPACE.pairs.index(pair))
                    expected.append((*row, level))
    columns = (found.segments[:, 0], found.segments[:, 1], found.scores, found.labels, found.levels)
    actual = torch.stack([c.double() for c in columns], dim=1)
    wanted = torch.tensor(expected, dtype=torch.float64)
    assert len(actual) == len(wanted) > 100
    order = [np.lexsort((t[:, 2], t[:, 3], t[:, 4])) for t in (actual, wanted)]
    torch.testing.assert_close(actual[order[0]], wanted[order[1]], rtol=1e-5, atol=1e-5)


def test_actions_of_all_recordings(models: tuple[EnsembleMember, EnsembleMember]) -> None:
    found = predict_actions(*models, SPACE)
    assert found.video_ids == tuple(models[0].video_ids)
    assert set(found.labels.tolist()) == {0, 1, 2}
    assert (found.segments[:, 0] >= 0).all() and (found.scores > 0.001).all()
    for index in range(5):
        scores = found.scores[found.video == index]
        assert 0 < len(scores) <= models[0].model.head.max_per_video
        assert (scores[:-1] >= scores[1:]).all()


@pytest.mark.parametrize(
    ("space", "arguments", "message"),
    [
        (SPACE, dict(per_point=0), "per_point must be >= 1, but got 0"),
        (SPACE, dict(boundaries="best"), "boundaries must be mean or confidence, but got 'best'"),
        (ActionSpace(NOUNS, VERBS, ()), {}, "the verb model .*must have the verbs as its classes"),
        (ActionSpace(VERBS, VERBS, ()), {}, "the noun model .*must have the nouns as its classes"),
    ],
)
def test_what_does_not_fit(
    models: tuple[EnsembleMember, EnsembleMember],
    space: ActionSpace,
    arguments: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        predict_actions(*models, space, **arguments)


def test_models_at_other_times(models: tuple[EnsembleMember, EnsembleMember]) -> None:
    config, _, checkpoint = models[1].name.rpartition(":")
    options = {**NOUN_OPTIONS, "test_dataloader.dataset.snippet_frames": 2}
    late = EnsembleMember(config, checkpoint, options=options)
    with pytest.raises(ValueError, match=r"features at the same times, but .*snippet_frames=2"):
        predict_actions(models[0], late, SPACE)
