"""SPHERE challenge: 20 activities of daily living from sensors in a home, 10 recordings."""

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.video_list import VideoList

FOLD0 = EvaluationProtocol(
    name="sphere/fold0",
    description="The 2 recordings that fold 0 leaves out of training, first annotator, "
    "thresholds .3 to .7.",
    source="Data: Twomey et al., 2016; the field has no localization protocol for this data set, "
    "thresholds as for THUMOS14",
    subset="validation",
    annotations="data/sphere/annotator0_fold0.json",
    obtain="the SPHERE challenge data, data.bris.ac.uk",
    videos=VideoList(
        ("00009", "00010"), "4f703ef4f7a85e8ac83a077b8f453a381044c0dd73a47594d263329c38a14eeb"
    ),
    num_classes=20,
    tiou_thresholds="0.3:0.1:0.7",
)
PROTOCOLS = (FOLD0,)
