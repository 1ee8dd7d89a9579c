"""EPIC-Kitchens-100 action detection: 138 validation videos; verb, noun and action of a narration.

Which of the three is evaluated, the annotation file says: ``epic100/official`` takes any of them,
``epic100/verb-official`` verbs alone, and so on. Many classes are absent from
the validation set, so that it matters here what becomes of detections of such classes.
"""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import ACTIONFORMER, OPENTAD, OPENTAD_DECIMALS
from mmtal.evaluation.protocols.video_list import VideoList

VALIDATION = VideoList(
    "epic100-138.txt", "b88d13e24b276c9927c1df8857263d2da5585841b1959a6c8f17ce92e3340443"
)
NUM_CLASSES = {"verb": 97, "noun": 300, "action": None}  # of actions, those that occur

OFFICIAL = EvaluationProtocol(
    name="epic100/official",
    description="Evaluator of the ActionFormer release: detections of classes that the "
    "validation set lacks count as other classes.",
    source=ACTIONFORMER,
    subset="validation",
    obtain="EPIC_100_validation.csv of the repository epic-kitchens-100-annotations (CC BY-NC "
    "4.0), brought into mmtal's format by mmtal data import with --labels",
    videos=VALIDATION,
    tiou_thresholds="0.1:0.1:0.5",
    label_handling="official",
    recall_at=(1, 5),
)
CORRECTED = replace(
    OFFICIAL,
    name="epic100/corrected",
    description="As epic100/official, but detections of classes that the validation set lacks "
    "are ignored.",
    label_handling="corrected",
)
CHALLENGE = replace(
    CORRECTED,
    name="epic100/challenge",
    description="Evaluator of the C2 action detection challenge: absent classes ignored, "
    "repeated instances count, too.",
    source="epic-kitchens/C2-Action-Detection, EvaluationCode/evaluate_detection_json_ek100.py",
    duplicates="keep",
    recall_at=(),
)
OPENTAD_EPIC = replace(
    CORRECTED,
    name="epic100/opentad",
    description="OpenTAD's: absent classes ignored, predictions rounded.",
    source=OPENTAD,
    duplicates="drop_repeated",
    decimals=OPENTAD_DECIMALS,
    recall_at=(),
)
ANY_TASK = (OFFICIAL, CORRECTED, CHALLENGE, OPENTAD_EPIC)
PROTOCOLS = ANY_TASK + tuple(
    replace(
        protocol,
        name=f"epic100/{task}-{protocol.name.split('/')[1]}",
        description=f"{task.capitalize()}s. {protocol.description}",
        annotations=f"data/epic_kitchens/annotations/epic_kitchens_100_{task}.json",
        # OpenTAD has only the 293 nouns that occur; its labels are names, so that both fit.
        num_classes=number if (task, protocol) != ("noun", OPENTAD_EPIC) else None,
    )
    for task, number in NUM_CLASSES.items()
    for protocol in ANY_TASK
)
