# Published for protocol ego4d-mq/opentad.
_base_ = "./ego4d_slowfast.py"
model = dict(backbone=dict(in_channels=256, embed_channels=384))
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(features="egovlp_features", snippet_frames=16)
)
