_base_ = [
    "../_base_/models/actionformer.py",
    "../_base_/datasets/ego4d.py",
    "../_base_/schedules/adamw_cosine.py",
    "../_base_/default_runtime.py",
]
model = dict(
    backbone=dict(
        in_channels=2304,
        embed_channels=512,
        depths=(2, 2, 6),
        window=9,
        abs_pos=True,
        dropout=0.1,
        max_seq_len=_base_.max_seq_len,
    ),
    head=dict(
        num_classes=110,
        assigner=dict(
            regression_ranges=[
                (0, 4),
                (2, 8),
                (4, 16),
                (8, 32),
                (16, 64),
                (32, 128),
                (64, 10000),
            ]
        ),
        pre_nms_topk=5000,
        nms=dict(sigma=0.9),
        max_per_video=2000,
    ),
)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(features="slowfast_features")
)
train_cfg = dict(max_epochs=5 + 10)
