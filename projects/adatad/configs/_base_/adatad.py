# AdaTAD as OpenTAD has it: VideoMAE with adapters, trained together with its ActionFormer.
# A recipe adds the size of VideoMAE, the learning rate of the adapters and what its data need.
_base_ = "../../../opentad_actionformer/configs/_base_/opentad.py"
custom_imports = dict(
    imports=["projects.opentad_actionformer.opentad_actionformer", "projects.adatad.adatad"]
)
model = dict(
    backbone=dict(
        _delete_=True,
        type="AdaTADBackbone",
        video=dict(type="videomae_s", adapters=True, drop_path=0.1, checkpointing=True),
        trained=["adapter"],
        features=dict(
            type="OpenTADTransformer",
            depths=(2, 2, 5),
            num_heads=4,
            drop_path=0.1,
            embed_channels=512,
            window=-1,
        ),
    ),
)
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=1e-4)))
# How pictures are changed in training, and what is kept of them in testing.
size = 160
augment = [
    dict(type="ResizeFrames", size=182),
    dict(type="RandomCropFrames", size=size),
    dict(type="FlipFrames", prob=0.5),
    dict(type="JitterFrames"),
]
middle = [dict(type="ResizeFrames", size=size), dict(type="CropFrames", size=size)]
