_base_ = ["./_base_/tridet.py", "../../../configs/_base_/datasets/activitynet13.py"]
max_seq_len = 768  # of the features as they are; ActionFormer resizes every recording to 192
model = dict(
    backbone=dict(
        in_channels=512,
        embed_channels=256,
        max_seq_len=max_seq_len,
        mlp_channels=2048,
        window=15,
        window_ratio=1.3,
        init_std=0.2,
        abs_pos=True,
    ),
    head=dict(
        num_classes=1,  # proposals; the external classifier names them
        channels=512,
        num_bins=12,
        loss_normalizer=400,
        loss_cls=dict(tiou_power=1.0, label_smoothing=0.1),
        min_duration=0.1,
        nms=dict(sigma=0.7, class_agnostic=True, voting_thr=0.95, voting_weight="score"),
        max_per_video=200,
    ),
)
data = dict(ann_file="annotations/anet1.3_tsp_filtered.json", features="tsp_features", fps=15)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="FeatureNoise", std=0.5),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, pipeline=[dict(type="LoadFeatures"), dict(type="PackInputs")])
)
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.04), clip_grad=dict(max_norm=0.4))
warmup_epochs = 10
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=5e-5, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=warmup_epochs + 5)
