_base_ = ["./_base_/tridet.py", "../../../configs/_base_/datasets/hacs.py"]
max_seq_len = 960
model = dict(
    backbone=dict(
        in_channels=2304,
        embed_channels=1024,
        max_seq_len=max_seq_len,
        mlp_channels=1024,
        window=3,
        window_ratio=1.2,
        init_std=0.1,
        abs_pos=True,
    ),
    head=dict(
        num_classes=200,
        kernel_size=5,
        boundary_kernel=1,
        num_bins=14,
        loss_normalizer=400,
        loss_cls=dict(tiou_power=1.0, label_smoothing=0.1),
        nms=dict(sigma=0.75),
        max_per_video=250,
    ),
)
data = dict(
    ann_file="annotations/HACS_segments_v1.1.1_slowfast.json",
    feature_stride=8, snippet_frames=32, fps=15,
)  # fmt: skip
train_dataloader = dict(
    dataset=dict(
        **data,
        features="slowfast_feature/training",
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="FeatureNoise", std=0.2),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, features="slowfast_feature/validation")
)
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.03), clip_grad=dict(max_norm=0.5))
warmup_epochs = 7
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=5e-4, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=warmup_epochs + 4)
