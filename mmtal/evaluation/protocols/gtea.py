"""GTEA: 10 verbs of kitchen work, 28 egocentric videos, split by person."""

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.video_list import VideoList

DISHES = ("Cheese", "CofHoney", "Coffee", "Hotdog", "Pealate", "Peanut", "Tea")

SPLIT1 = EvaluationProtocol(
    name="gtea/split1",
    description="The 7 videos of person S1, whom split 1 leaves out of training, thresholds .3 "
    "to .7.",
    source="Split: Lea et al., CVPR 2017; the field has no localization protocol for this data "
    "set, thresholds as for THUMOS14",
    subset="validation",
    annotations="data/gtea/annotations/split1.json",
    obtain="the GTEA data set (for research), cbs.ic.gatech.edu/fpv",
    videos=VideoList(
        tuple(f"S1_{dish}_C1" for dish in DISHES),
        "4dc968028a4aa779d40810c10d0e1f402ff0a58d9d8a04b0275cfb196f1607cd",
    ),
    num_classes=10,
    tiou_thresholds="0.3:0.1:0.7",
)
PROTOCOLS = (SPLIT1,)
