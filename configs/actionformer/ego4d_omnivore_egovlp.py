_base_ = "./ego4d_slowfast_egovlp.py"
model = dict(backbone=dict(in_channels=1536 + 256))
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(features=["omnivore_features", "egovlp_features"])
)
