# TriDet (Shi et al., CVPR 2023). A recipe adds channels, windows, lengths and classes.
_base_ = [
    "../../../../configs/_base_/models/actionformer.py",
    "../../../../configs/_base_/schedules/adamw_cosine.py",
    "../../../../configs/_base_/default_runtime.py",
]
custom_imports = dict(imports=["projects.tridet.tridet"])
model = dict(
    backbone=dict(
        _delete_=True,
        type="SGPNet",
        embed_channels=512,
        depths=(2, 2, 5),  # embedding convolutions, stem blocks, branch blocks
        drop_path=0.1,
    ),
    head=dict(
        type="TridentHead",
        num_bins=16,
        loss_cls=dict(type="TIoUFocalLoss"),
        max_per_video=2000,
    ),
)
