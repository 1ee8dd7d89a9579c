# Published for protocol hacs/opentad.
_base_ = ["./_base_/bmn.py", "../../../configs/_base_/datasets/hacs.py"]
max_seq_len = 192
model = dict(
    backbone=dict(in_channels=2304, max_seq_len=max_seq_len),
    head=dict(max_duration=max_seq_len, nms=dict(sigma=0.5, min_score=0.001), max_per_video=100),
)
load, pack = dict(type="LoadFeatures"), dict(type="PackInputs")
resize = dict(type="OpenTADResize", length=max_seq_len)
data = dict(
    ann_file="annotations/HACS_segments_v1.1.1.json",
    features="features/slowfast101_15fps_stride8_len32_hacs",
    feature_stride=8,
    snippet_frames=32,
    fps=15,
)
train_dataloader = dict(dataset=dict(**data, pipeline=[load, dict(resize, min_overlap=1e-6), pack]))
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[load, resize, pack]))
val_evaluator = test_evaluator = [
    dict(
        type="TemporalMAP",
        protocol="hacs/opentad",
        # made by mmtal results scores --softmax of OpenTAD's validation94.32.json
        external_scores="data/hacs/annotations/validation94.32.json",
        external_rule="product",
        top_classes=3,
        top_segments=None,
    ),
    dict(type="AverageRecall"),
]
optim_wrapper = dict(optimizer=dict(lr=4e-4), paramwise_cfg=None)
param_scheduler = [dict(type="MultiStepLR", milestones=[5], gamma=0.1)]
train_cfg = dict(max_epochs=6)
