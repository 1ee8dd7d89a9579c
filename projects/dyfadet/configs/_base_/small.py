# A small DyFADet for data sets of a few hours, trained without a GPU. Nothing is tuned.
_base_ = "../../../../configs/_base_/small.py"
custom_imports = dict(imports=["projects.dyfadet.dyfadet"])
model = dict(
    backbone=dict(
        _delete_=True,
        type="DynamicEncoder",
        embed_channels=96,
        window=5,
        widen=2,
        init_std=0.1,  # with 0, as for THUMOS14, the convolutions would stay 0
    ),
    head=dict(type="DynamicHead", gate_bias=1.5),  # as the release starts, some stay closed
)
