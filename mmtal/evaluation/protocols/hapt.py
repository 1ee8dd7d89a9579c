"""The embedded data: 12 of SBHAR's people, one of whom has his features in the repository."""

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.video_list import VideoList

DEMO = EvaluationProtocol(
    name="hapt/demo",
    description="The 4 people that the demo's training leaves out, thresholds .3 to .7.",
    source="This project's demo (configs/actionformer/demo.py); no published figures",
    subset="validation",
    annotations="data/hapt/annotations.json",
    obtain="in the repository; tools/make_hapt.py makes it",
    videos=VideoList(
        tuple(f"sbj_{person}" for person in range(8, 12)),
        "a981da9355d1e55a8d956d7f85b013b07147adb8021cb1e48273e0dfc885c2fc",
    ),
    num_classes=12,
    tiou_thresholds="0.3:0.1:0.7",
)
PROTOCOLS = (DEMO,)
