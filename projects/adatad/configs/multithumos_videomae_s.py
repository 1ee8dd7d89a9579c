# Published for protocol multithumos/opentad-212.
_base_ = ["./_base_/adatad.py", "../../../configs/_base_/datasets/multithumos.py"]
window = 768
model = dict(
    backbone=dict(
        weights="pretrained/videomae_s_k400.pth",
        features=dict(depths=(3, 0, 5), max_seq_len=window),
    ),
    head=dict(num_classes=65, pre_nms_topk=8000, nms=dict(min_score=0.0), max_per_video=8000),
    test_window=(window, window // 2),
)
load, pack = dict(type="LoadFrames"), dict(type="PackInputs")
truncate = dict(type="OpenTADTruncate", max_len=window, min_overlap=0.75, crop_ratio=(0.9, 1.0))
data = dict(features="../thumos/videos", file_ext=".mp4", snippet_frames=0, classes="alphabetical")
train_dataloader = dict(dataset=dict(**data, pipeline=[load, truncate, *_base_.augment, pack]))
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[load, *_base_.middle, pack]))
val_evaluator = test_evaluator = dict(protocol="multithumos/opentad-212")
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=4e-4)))
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=100, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=80, val_begin=49, val_interval=2)  # before the cosine is at its end
