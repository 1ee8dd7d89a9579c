"""FineAction: 106 fine-grained classes, 4174 validation videos."""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import (
    ACTIVITYNET,
    HIGH_TIOU,
    OPENTAD,
    OPENTAD_DECIMALS,
)

CHALLENGE = EvaluationProtocol(
    name="fineaction/challenge",
    description="ActivityNet's evaluator, as the challenge has it: repeated and empty instances "
    "count, too.",
    source=ACTIVITYNET,
    subset="validation",
    annotations="data/fineaction/annotations/fineaction.json",
    obtain="annotations_gt.json of the repository Richard-61/FineAction (CC BY-NC 4.0), brought "
    "into mmtal's format by mmtal data import",
    published_videos=4174,
    num_classes=106,
    tiou_thresholds=HIGH_TIOU,
    duplicates="keep",
)
OPENTAD_FINEACTION = replace(
    CHALLENGE,
    name="fineaction/opentad",
    description="OpenTAD's: repeated and empty instances dropped, predictions rounded.",
    source=OPENTAD,
    duplicates="drop_repeated",
    decimals=OPENTAD_DECIMALS,
)
PROTOCOLS = (CHALLENGE, OPENTAD_FINEACTION)
