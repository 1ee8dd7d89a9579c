_base_ = ["./_base_/tridet.py", "../../../configs/_base_/datasets/epic100.py"]
num_classes = 97
model = dict(
    backbone=dict(
        in_channels=2304,
        max_seq_len=_base_.max_seq_len,
        mlp_channels=1024,
        window=5,
        window_ratio=2,
        init_std=0.0,  # the release's: its SGP convolutions stay 0, see the README
    ),
    head=dict(
        num_classes=num_classes,
        loss_normalizer=250,
        assigner=dict(regression_ranges=[(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]),
        loss_cls=dict(tiou_power=0.25),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
    ),
)
data = dict(ann_file="annotations/epic_kitchens_100_verb.json", classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
warmup_epochs = 5
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=5e-5, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=warmup_epochs + 22)
