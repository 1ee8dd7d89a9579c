# Published for protocol activitynet13/available-4728.
_base_ = ["./_base_/bmn.py", "../../../configs/_base_/datasets/activitynet13.py"]
max_seq_len = 128
model = dict(
    backbone=dict(in_channels=512, max_seq_len=max_seq_len),
    head=dict(max_duration=max_seq_len, nms=dict(sigma=0.5, min_score=0.01), max_per_video=100),
)
load, pack = dict(type="LoadFeatures"), dict(type="PackInputs")
resize = dict(type="OpenTADResize", length=max_seq_len)
data = dict(ann_file="annotations/anet1.3_tsp_filtered.json", features="tsp_features", fps=15)
train_dataloader = dict(dataset=dict(**data, pipeline=[load, dict(resize, min_overlap=1e-6), pack]))
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[load, resize, pack]))
val_evaluator = test_evaluator = [
    dict(
        type="TemporalMAP",
        protocol="activitynet13/available-4728",
        external_scores="data/anet_1.3/annotations/cuhk_val_simp_7.json",
        external_rule="product",
        top_segments=None,
    ),
    dict(type="AverageRecall"),
]
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [dict(type="MultiStepLR", milestones=[7], gamma=0.1)]
train_cfg = dict(max_epochs=10)
