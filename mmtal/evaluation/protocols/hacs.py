"""HACS Segments 1.1.1: 200 classes of ActivityNet, 5981 validation videos."""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import (
    ACTIONFORMER,
    ACTIVITYNET,
    HIGH_TIOU,
    OPENTAD,
    OPENTAD_DECIMALS,
)

CHALLENGE = EvaluationProtocol(
    name="hacs/challenge",
    description="The challenge's evaluator, which is ActivityNet's: repeated and empty instances "
    "count, too.",
    source=ACTIVITYNET,
    subset="validation",
    annotations="data/hacs/annotations/hacs.json",
    obtain="HACS_segments_v1.1.1.json of the repository hangzhaomit/HACS-dataset, brought into "
    "mmtal's format by mmtal data import",
    published_videos=5981,
    num_classes=200,
    tiou_thresholds=HIGH_TIOU,
    duplicates="keep",
)
CORRECTED = replace(
    CHALLENGE,
    name="hacs/corrected",
    description="Evaluator of the ActionFormer release, which TriDet uses on HACS, without its "
    "mistake about absent classes.",
    source=ACTIONFORMER,
    duplicates="drop",
)
OPENTAD_HACS = replace(
    CHALLENGE,
    name="hacs/opentad",
    description="OpenTAD's: repeated and empty instances dropped, predictions rounded.",
    source=OPENTAD,
    duplicates="drop_repeated",
    decimals=OPENTAD_DECIMALS,
)
PROTOCOLS = (CHALLENGE, CORRECTED, OPENTAD_HACS)
