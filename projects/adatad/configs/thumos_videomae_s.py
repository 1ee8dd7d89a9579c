# Published for protocol thumos14/opentad-211.
_base_ = ["./_base_/adatad.py", "../../../configs/_base_/datasets/thumos14.py"]
window = 768
model = dict(
    backbone=dict(weights="pretrained/videomae_s_k400.pth", features=dict(max_seq_len=window)),
    head=dict(num_classes=20, nms=dict(sigma=0.7, min_score=0.0)),
    test_window=(window, window // 2),
)
load, pack = dict(type="LoadFrames"), dict(type="PackInputs")
truncate = dict(type="OpenTADTruncate", max_len=window, min_overlap=0.75, crop_ratio=(0.9, 1.0))
data = dict(features="videos", file_ext=".mp4", snippet_frames=0)
train_dataloader = dict(
    dataset=dict(**data, pipeline=[load, truncate, *_base_.augment, pack]),
)
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[load, *_base_.middle, pack]))
val_evaluator = test_evaluator = dict(protocol="thumos14/opentad-211")
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=2e-4)))
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=100, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=60, val_begin=40, val_interval=2)  # before the cosine is at its end
