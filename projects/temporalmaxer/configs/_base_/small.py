# A 0.3 M-parameter TemporalMaxer for data sets of a few hours, trained in minutes without a GPU.
_base_ = "../../../../configs/_base_/small.py"
custom_imports = dict(imports=["projects.temporalmaxer.temporalmaxer"])
model = dict(
    backbone=dict(_delete_=True, type="MaxPoolPyramid", embed_channels=128),
    neck=dict(type="SharedNormNeck", norm="layer"),
    head=dict(type="TemporalMaxerHead", assigner=dict(type="CheapestAssigner")),
)
