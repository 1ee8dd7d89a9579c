"""Ego4D Moment Queries: 110 activities in egocentric clips, average mAP and Recall@1x at 0.5."""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import ACTIONFORMER, OPENTAD, OPENTAD_DECIMALS

OFFICIAL = EvaluationProtocol(
    name="ego4d-mq/official",
    description="Evaluator of the ActionFormer release: Recall@kx is the mean over classes.",
    source=ACTIONFORMER,
    subset="validation",
    annotations="data/ego4d/annotations/ego4d.json",
    obtain="the Moment Queries annotations of ego4d-data.org (under Ego4D's license agreement), "
    "brought into mmtal's format by mmtal data import",
    num_classes=110,
    tiou_thresholds="0.1:0.1:0.5",
    label_handling="official",
    recall_at=(1, 5),
)
CORRECTED = replace(
    OFFICIAL,
    name="ego4d-mq/corrected",
    description="As ego4d-mq/official, but detections of classes that the validation set lacks "
    "are ignored.",
    label_handling="corrected",
)
CHALLENGE = replace(
    CORRECTED,
    name="ego4d-mq/challenge",
    description="Ego4D's own evaluator: Recall@kx is over all instances, whatever their class; "
    "repeated instances count, too.",
    source="EGO4D/episodic-memory, MQ/Evaluation/ego4d/{eval_detection,"
    "get_retrieval_performance}.py; the latter wants a tIoU above, not at, the threshold",
    duplicates="keep",
    pooled_recall=True,
)
OPENTAD_EGO4D = replace(
    CORRECTED,
    name="ego4d-mq/opentad",
    description="OpenTAD's: absent classes ignored, predictions rounded.",
    source=OPENTAD,
    duplicates="drop_repeated",
    decimals=OPENTAD_DECIMALS,
)
PROTOCOLS = (OFFICIAL, CORRECTED, CHALLENGE, OPENTAD_EGO4D)
