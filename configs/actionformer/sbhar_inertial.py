# The recipe of Bock et al., IMWUT 2024; annotations/loso_sbj_K.json leaves out subject K.
_base_ = [
    "../_base_/models/actionformer.py",
    "../_base_/datasets/sbhar.py",
    "../_base_/schedules/adamw_cosine.py",
    "../_base_/default_runtime.py",
]
model = dict(
    backbone=dict(in_channels=150, embed_channels=512, window=9, max_seq_len=_base_.max_seq_len),
    head=dict(
        num_classes=12,
        loss_normalizer=250,
        assigner=dict(regression_ranges=[(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]),
        loss_cls=dict(label_smoothing=0.1),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
        max_per_video=2000,
    ),
)
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type="LoadFeatures"),
            dict(
                type="Truncate",
                max_len=_base_.max_seq_len,
                min_overlap=0.3,
                crop_ratio=(0.9, 1.0),
            ),
            dict(type="PackInputs"),
        ]
    )
)
train_cfg = dict(max_epochs=5 + 100)
