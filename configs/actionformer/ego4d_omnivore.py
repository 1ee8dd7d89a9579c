_base_ = "./ego4d_slowfast.py"
model = dict(
    backbone=dict(in_channels=1536, depths=(2, 2, 7)),
    head=dict(
        assigner=dict(
            regression_ranges=[
                (0, 4),
                (2, 8),
                (4, 16),
                (8, 32),
                (16, 64),
                (32, 128),
                (64, 256),
                (128, 10000),
            ]
        )
    ),
)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(features="omnivore_features")
)
