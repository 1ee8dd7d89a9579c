"""SBHAR: 12 activities and postural transitions of 30 people with a smartphone at the waist."""

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.video_list import VideoList

LOSO = EvaluationProtocol(
    name="sbhar/loso",
    description="Each of the 30 people left out of training once, all detections pooled; "
    "average-mAP_N is of those with a score of at least 0.3.",
    source="Bock et al., IMWUT 2024; normalized mAP: DETAD (Alwassel et al., ECCV 2018)",
    subset="validation",
    obtain="UCI's HAPT data set (CC BY 4.0), prepared as by Bock et al.: the 30 files "
    "loso_sbj_K.json, each subject from the one that leaves it out",
    videos=VideoList(
        tuple(f"sbj_{person}" for person in range(30)),
        "77b3892e760ae68d4f22ec87b44c610b8408e14893a069c8ad302dfd2e553c5d",
    ),
    num_classes=12,
    tiou_thresholds="0.3:0.1:0.7",
    normalized_above=0.3,
    main_metric="mAP_N",
)
PROTOCOLS = (LOSO,)
