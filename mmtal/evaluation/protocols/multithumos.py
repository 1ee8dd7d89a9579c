"""MultiTHUMOS: 65 dense, overlapping classes on THUMOS14's videos, average over .1:.9."""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import OPENTAD, OPENTAD_DECIMALS
from mmtal.evaluation.protocols.thumos14 import TEST

CORRECTED = EvaluationProtocol(
    name="multithumos/corrected-212",
    description="The 212 test videos of the common annotation file, thresholds .1 to .9.",
    source="Thresholds: OpenTAD, configs/_base_/datasets/multithumos; AP as ActionFormer's release",
    subset="test",
    annotations="data/multithumos/annotations/multithumos.json",
    obtain="multithumos.json that PointTAD and TemporalMaxer give out, or the text files of the "
    "MultiTHUMOS page, brought into mmtal's format by mmtal data import",
    videos=TEST,
    num_classes=65,
    tiou_thresholds="0.1:0.1:0.9",
)
OPENTAD_212 = replace(
    CORRECTED,
    name="multithumos/opentad-212",
    description="The same with OpenTAD's evaluator: instances under 1 ms count, predictions "
    "rounded. (That OpenTAD's own file lists the same videos could not be checked.)",
    source=OPENTAD,
    duplicates="drop_repeated",
    decimals=OPENTAD_DECIMALS,
)
PROTOCOLS = (CORRECTED, OPENTAD_212)
