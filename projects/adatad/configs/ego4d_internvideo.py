# Published for protocol ego4d-mq/opentad.
_base_ = ["./_base_/adatad.py", "../../../configs/_base_/datasets/ego4d.py"]
window = 1800
model = dict(
    backbone=dict(
        video=dict(type="videomae_l", adapters=list(range(12, 24))),
        weights="pretrained/internvideo_l_k700_mq.pth",
        channel_dropout=0.2,
        features=dict(
            depths=(2, 2, 9),
            window=[17, 17, 17, 17, 17, 17, 17, -1, -1, -1],
            abs_pos=True,
            dropout=0.1,
            max_seq_len=2048,
        ),
    ),
    head=dict(
        num_classes=110,
        assigner=dict(
            type="AllInstancesAssigner",
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 2)) for i in range(1, 9)), (512, 10000)],
        ),
        pre_nms_topk=5000,
        nms=dict(sigma=2.0),
    ),
    test_window=(window, window),
)
load, pack = dict(type="LoadFrames", per_step=4), dict(type="PackInputs")
truncate = dict(type="OpenTADTruncate", max_len=window, min_overlap=0.3, crop_ratio=(0.9, 1.0))
resize, crop, flip, jitter = _base_.augment
data = dict(
    features="videos", file_ext=".mp4", feature_stride=8, snippet_frames=0, classes="alphabetical"
)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load, truncate, dict(resize, size=220), dict(crop, size=192), flip, jitter, pack,
        ],
    )
)  # fmt: skip
val_dataloader = test_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load, dict(type="ResizeFrames", size=192), dict(type="CropFrames", size=192),
            dict(pack, lazy=True),
        ],
    )
)  # fmt: skip
val_evaluator = test_evaluator = dict(protocol="ego4d-mq/opentad")
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=4e-4)))
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=25, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=20, val_begin=12, val_interval=1)  # before the cosine is at its end
