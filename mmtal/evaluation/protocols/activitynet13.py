"""ActivityNet-1.3: 200 activities; its validation set of 4926 videos is what papers test on.

198 of them are no longer available. The 4728 others are, id for id, those that BSN could still get
(wzmsltw/BSN-boundary-sensitive-network, data/activitynet_annotations/video_info_new.csv), which BMN
and its successors test on; the common annotation file has no duration for the 198.
"""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import (
    ACTIONFORMER,
    ACTIVITYNET,
    HIGH_TIOU,
    OPENTAD,
    OPENTAD_DECIMALS,
)
from mmtal.evaluation.protocols.video_list import VideoList

VALIDATION = VideoList(
    "activitynet13-4926.txt", "4b271ebf73446e6ddfbc4edffb1b6825936ceeea327724a29c29164af0fb1886"
)
UNAVAILABLE = VideoList(
    "activitynet13-unavailable-198.txt",
    "f75535852f3fc494442a93ee8eb32cd3c1c252d0ff5e493c991869afcc21fbd3",
)

FULL = EvaluationProtocol(
    name="activitynet13/full",
    description="Evaluator of the ActionFormer release on the whole validation set, the videos "
    "that are no longer available included (their instances can only be missed).",
    source=ACTIONFORMER,
    subset="validation",
    annotations="data/anet_1.3/annotations/activitynet13.json",
    obtain="activity_net.v1-3.min.json of activity-net.org, brought into mmtal's format by "
    "mmtal data import",
    videos=VALIDATION,
    num_classes=200,
    tiou_thresholds=HIGH_TIOU,
    label_handling="official",
)
CHALLENGE = replace(
    FULL,
    name="activitynet13/challenge",
    description="ActivityNet's own evaluator on the whole validation set: repeated and empty "
    "instances count, too.",
    source=f"{ACTIVITYNET}, without the list of blocked videos that its server gave out",
    duplicates="keep",
    label_handling="corrected",
)
AVAILABLE = replace(
    FULL,
    name="activitynet13/available-4728",
    description="OpenTAD's: without the 198 videos that are no longer available, predictions "
    "rounded.",
    source=f"{OPENTAD}; tools/prepare_data/activitynet/README.md names BMN's list of 4728",
    excluded=UNAVAILABLE,
    duplicates="drop_repeated",
    label_handling="corrected",
    decimals=OPENTAD_DECIMALS,
)
PROPOSALS = replace(
    CHALLENGE,
    name="activitynet13/proposals",
    description="ActivityNet's proposal task: AR@AN for AN up to 100 and the area under its "
    "curve (AUC), whatever the labels.",
    source="ActivityNet's evaluator (activitynet/ActivityNet), Evaluation/eval_proposal.py",
    proposals=(1, 5, 10, 100),
    main_metric="AUC",
)
PROTOCOLS = (FULL, AVAILABLE, CHALLENGE, PROPOSALS)
