# TemporalMaxer (Tang et al., 2023). A recipe adds channels, lengths and classes.
_base_ = [
    "../../../../configs/_base_/models/actionformer.py",
    "../../../../configs/_base_/schedules/adamw_cosine.py",
    "../../../../configs/_base_/default_runtime.py",
]
custom_imports = dict(imports=["projects.temporalmaxer.temporalmaxer"])
model = dict(
    backbone=dict(
        _delete_=True,
        type="MaxPoolPyramid",
        embed_channels=512,
        depths=(2, 5),  # embedding convolutions, pooling steps
    ),
    neck=dict(type="SharedNormNeck", norm="layer"),
    head=dict(type="TemporalMaxerHead", assigner=dict(type="CheapestAssigner")),
)
