_base_ = "./ego4d_omnivore.py"
model = dict(backbone=dict(in_channels=2304 + 256, embed_channels=768, num_heads=12))
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(features=["slowfast_features", "egovlp_features"])
)
