_base_ = "./hacs_slowfast.py"
max_seq_len = 512
model = dict(
    backbone=dict(in_channels=2048, max_seq_len=max_seq_len, depths=(2, 2, 6), window=15),
    head=dict(
        num_bins=12,
        assigner=dict(
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 1)) for i in range(2, 7)), (128, 10000)]
        ),
    ),
)
data = dict(
    ann_file="annotations/HACS_segments_v1.1.1.json", feature_stride=1, snippet_frames=1, fps=2
)
train_dataloader = dict(
    dataset=dict(
        **data,
        features="i3d_feature/training",
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=dict(**data, features="i3d_feature/validation"))
optim_wrapper = dict(clip_grad=dict(max_norm=1.0))
warmup_epochs = 10
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=2e-4, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=warmup_epochs + 3)
