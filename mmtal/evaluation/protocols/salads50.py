"""50 Salads: 17 steps of cooking, 50 videos, five splits of which the first is at hand."""

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.video_list import VideoList

SPLIT1 = EvaluationProtocol(
    name="salads50/split1",
    description="The 10 videos that split 1 leaves out of training, thresholds .3 to .7.",
    source="Split: Lea et al., CVPR 2017; the field has no localization protocol for this data "
    "set, thresholds as for THUMOS14",
    subset="validation",
    annotations="data/salads50/annotations/split1.json",
    obtain="the 50 Salads data set (CC BY-NC-SA 4.0), cvip.computing.dundee.ac.uk",
    videos=VideoList(
        tuple(f"rgb-{person:02d}-{take}" for person in (3, 6, 14, 19, 22) for take in (1, 2)),
        "3f671ef0ac86a87d80168abb273d6e514095cae6f01d28cbc70365a7f35a2e22",
    ),
    num_classes=17,
    tiou_thresholds="0.3:0.1:0.7",
)
PROTOCOLS = (SPLIT1,)
