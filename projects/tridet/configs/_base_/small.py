# A small TriDet for data sets of a few hours, trained in minutes without a GPU. Nothing is tuned.
_base_ = "../../../../configs/_base_/small.py"
custom_imports = dict(imports=["projects.tridet.tridet"])
model = dict(
    backbone=dict(
        _delete_=True,
        type="SGPNet",
        embed_channels=128,
        mlp_channels=512,
        window=5,
        window_ratio=2,
        init_std=0.1,  # as for HACS: with 0 the convolutions would stay 0
    ),
    head=dict(
        type="TridentHead",
        num_bins=16,
        loss_cls=dict(type="TIoUFocalLoss", tiou_power=0.25),
    ),
)
