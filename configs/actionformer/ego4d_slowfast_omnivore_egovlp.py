_base_ = "./ego4d_omnivore.py"
model = dict(
    backbone=dict(
        in_channels=[2304, 1536, 256],  # each source has a projection of its own
        embed_channels=[256, 384, 384],
        num_heads=16,
    )
)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(features=["slowfast_features", "omnivore_features", "egovlp_features"])
)
