# ActionFormer as OpenTAD has it. Its networks are not the official release's: norms with another
# eps, and no trace of a norm's bias in the padding. docs/checkpoints.md lists all that differs.
_base_ = [
    "./models/actionformer.py",
    "./schedules/adamw_cosine.py",
    "./default_runtime.py",
]
model = dict(
    backbone=dict(embed_norm_eps=1e-6, mask_after_norm=True),
    neck=dict(norm_eps=1e-6),
    head=dict(
        norm_eps=1e-6,
        mask_after_norm=True,
        topk_scope="recording",
        min_duration=None,
        max_per_video=2000,
    ),
)
randomness = dict(seed=42)
