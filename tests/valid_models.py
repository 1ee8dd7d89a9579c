"""Valid exported models."""

import onnx.parser
from valid_contents import text

DESCRIPTION = text(
    dict(
        version=1, classes=["run", "sit"], threshold=0.3, num_channels=2, level_strides=[1, 2],
        padding=dict(max_seq_len=8, coarsest_stride=2, divisor=2, full=False), made_for=8.0,
        longest_instance=2.0, feature_stride=1.0, snippet_frames=1.0, fps=None,
        stages=[dict(kind="resize", length=6), dict(kind="normalize", mean=None, std=None)],
        left=[2, 2], right=[2, 2], no_windows="", decoding="offsets", num_bins=0, event_reach=None,
        num_classes=2,
        score_thr=0.1, pre_nms_topk=100, min_duration=0.1, nms=None, max_per_video=10,
        fixed_limits=["max_per_video"],
    )
)  # fmt: skip


NETWORK = """
<ir_version: 10, opset_import: ["" : 18]>
made (float[1, 2, T] features, bool[1, T] mask)
    => (float[1, 2, T] logits_0, float[1, 2, U] logits_1, float[1, 2, T] offsets_0,
        float[1, 2, U] offsets_1)
<int64[1] start = {0}, int64[1] end = {1000000}, int64[1] axis = {2}, int64[1] step = {2}>
{
    logits_0 = Identity(features)
    offsets_0 = Abs(features)
    logits_1 = Slice(features, start, end, axis, step)
    offsets_1 = Abs(logits_1)
}
"""


def onnx_file(description: bytes) -> bytes:
    """An exported model of two levels, whose raw predictions are its features."""
    model = onnx.parser.parse_model(NETWORK)
    entry = model.metadata_props.add()
    entry.key, entry.value = "mmtal", description.decode(errors="replace")
    return model.SerializeToString()
