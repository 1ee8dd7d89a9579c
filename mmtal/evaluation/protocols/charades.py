"""Charades: 157 classes in 1863 test videos, average over .1:.9.

The data set's own localization task is another one: mAP over 25 points in time of each video.
"""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import OPENTAD, OPENTAD_DECIMALS
from mmtal.evaluation.protocols.video_list import VideoList

TESTING = VideoList(
    "charades-1863.txt", "5f6092ae066396bef9248dfcefd349cfc4bc2838646de1b855a86ceb263437d1"
)

CORRECTED = EvaluationProtocol(
    name="charades/corrected-1863",
    description="All test videos, thresholds .1 to .9, AP as ActionFormer's release has it.",
    source="Thresholds: OpenTAD, configs/_base_/datasets/charades; AP as ActionFormer's release",
    subset="testing",
    annotations="data/charades/annotations/charades.json",
    obtain="Charades_v1_test.csv of prior.allenai.org/projects/charades (non-commercial use), or "
    "charades.json, brought into mmtal's format by mmtal data import",
    videos=TESTING,
    num_classes=157,
    tiou_thresholds="0.1:0.1:0.9",
)
OPENTAD_1863 = replace(
    CORRECTED,
    name="charades/opentad-1863",
    description="The same with OpenTAD's evaluator: instances under 1 ms count, predictions "
    "rounded. (That OpenTAD's own file lists the same videos could not be checked.)",
    source=OPENTAD,
    duplicates="drop_repeated",
    decimals=OPENTAD_DECIMALS,
)
PROTOCOLS = (CORRECTED, OPENTAD_1863)
