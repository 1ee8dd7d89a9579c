# Published for protocol epic100/verb-opentad.
_base_ = ["./_base_/adatad.py", "../../../configs/_base_/datasets/epic100.py"]
num_classes = 97
window = 768
model = dict(
    backbone=dict(
        video=dict(type="videomae_l"),
        weights="pretrained/videomae_l_epic_verb.pth",
        channel_dropout=0.2,
        features=dict(window=9, max_seq_len=window),
    ),
    head=dict(
        num_classes=num_classes,
        loss_normalizer=250,
        assigner=dict(regression_ranges=[(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]),
        loss_reg=dict(loss_weight=0.5),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
    ),
    test_window=(window, window // 2),
)
load, pack = dict(type="LoadFrames", per_step=8), dict(type="PackInputs")
truncate = dict(type="OpenTADTruncate", max_len=window, min_overlap=0.3, crop_ratio=(0.9, 1.0))
data = dict(
    ann_file="annotations/epic_kitchens_100_verb.json",
    features="videos",
    file_ext=".mp4",
    snippet_frames=0,
    classes=num_classes,
)
train_dataloader = dict(dataset=dict(**data, pipeline=[load, truncate, *_base_.augment, pack]))
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, pipeline=[load, *_base_.middle, dict(pack, lazy=True)])
)
val_evaluator = test_evaluator = dict(protocol="epic100/verb-opentad")
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=8e-5)))
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=250, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=35, val_begin=19, val_interval=2)  # before the cosine is at its end
