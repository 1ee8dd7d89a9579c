_base_ = ["./_base_/tridet.py", "../../../configs/_base_/datasets/thumos14.py"]
model = dict(
    backbone=dict(
        in_channels=2048,
        max_seq_len=_base_.max_seq_len,
        mlp_channels=768,
        window=1,
        window_ratio=5,
        init_std=0.0,  # the release's: its SGP convolutions stay 0, see the README
    ),
    head=dict(num_classes=20, loss_cls=dict(tiou_power=0.2)),
)
pipeline = _base_.train_dataloader.dataset.pipeline
pipeline.insert(2, dict(type="FeatureNoise", std=0.0005))
train_dataloader = dict(dataset=dict(pipeline=pipeline))
optim_wrapper = dict(optimizer=dict(weight_decay=0.025))
warmup_epochs = 20
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=warmup_epochs + 20)
