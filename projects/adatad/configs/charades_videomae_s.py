# Published for protocol charades/opentad-1863.
_base_ = ["./_base_/adatad.py", "../../../configs/_base_/datasets/charades.py"]
window = 512
model = dict(
    backbone=dict(
        weights="pretrained/videomae_s_k400.pth",
        channel_dropout=0.3,
        features=dict(depths=(2, 2, 7), abs_pos=True, max_seq_len=window),
    ),
    head=dict(
        num_classes=157,
        assigner=dict(
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 1)) for i in range(2, 8)), (256, 10000)]
        ),
        nms=dict(sigma=0.3, min_score=0.0),
        max_per_video=1000,
    ),
    test_window=(window, window // 2),
)
load, pack = dict(type="LoadFrames"), dict(type="PackInputs")
truncate = dict(type="OpenTADTruncate", max_len=window, min_overlap=0.5, crop_ratio=(0.9, 1.0))
data = dict(features="videos", file_ext=".mp4", feature_stride=4, fps=30, classes="alphabetical")
train_dataloader = dict(
    batch_size=16, dataset=dict(**data, pipeline=[load, truncate, *_base_.augment, pack])
)
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[load, *_base_.middle, pack]))
val_evaluator = test_evaluator = dict(protocol="charades/opentad-1863")
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=4e-4)))
train_cfg = dict(max_epochs=5 + 15, val_begin=7, val_interval=1)
