"""THUMOS14: 20 sports in untrimmed videos; trained on the validation set, tested on the test set.

Of the 213 test videos with annotated classes, video_test_0001292 has no instance of them, and the
instances of video_test_0000270 end up to 537 s after the video.
"""

from dataclasses import replace

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.evaluation.protocols.sources import ACTIONFORMER, OPENTAD, OPENTAD_DECIMALS
from mmtal.evaluation.protocols.video_list import VideoList

TEST = VideoList(
    "thumos14-212.txt", "ca5aa54f9244ee1cb190214fb00a3adbc1dde0e0b918ea1f4f148ea08e42659d"
)
WRONGLY_ANNOTATED = VideoList(
    ("video_test_0000270", "video_test_0001292"),
    "d295e114df39d8febe11ba3eed29e63bd22c9b0f6ca2687f3e81d9ca3831d652",
)

OFFICIAL = EvaluationProtocol(
    name="thumos14/official-212",
    description="Evaluator of the ActionFormer release on its annotation file: the 212 test "
    "videos that have instances.",
    source=ACTIONFORMER,
    subset="test",
    annotations="data/thumos/annotations/thumos14.json",
    obtain="thumos14.json in the THUMOS14 archive that ActionFormer's README links to",
    videos=TEST,
    num_classes=20,
    tiou_thresholds="0.3:0.1:0.7",
    label_handling="official",
    recall_at=(1, 5),
)
OPENTAD_211 = replace(
    OFFICIAL,
    name="thumos14/opentad-211",
    description="OpenTAD's: without video_test_0000270 (wrong annotations) and "
    "video_test_0001292 (none), predictions rounded.",
    source=f"{OPENTAD}; the two videos: tools/prepare_data/thumos/README.md",
    excluded=WRONGLY_ANNOTATED,
    duplicates="drop_repeated",
    label_handling="corrected",
    decimals=OPENTAD_DECIMALS,
    recall_at=(),
)
PROTOCOLS = (OFFICIAL, OPENTAD_211)
