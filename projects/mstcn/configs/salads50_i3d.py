# The release's recipe on its own features: every other one, of 30 per second; action_start and
# action_end are classes, so that no moment is background. Published for protocol salads50/ms-tcn.
_base_ = "./salads50_cnn.py"
model = dict(
    backbone=dict(in_channels=2048, max_seq_len=10240),
    head=dict(num_classes=19, background=False),
)
pipeline = [
    dict(type="LoadFeatures"),
    dict(type="TemporalStride", factor=2),
    dict(type="PackInputs"),
]
data = dict(features="features", pipeline=pipeline)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = [
    dict(type="TemporalMAP", tiou_thresholds=(0.3, 0.4, 0.5, 0.6, 0.7)),
    dict(type="FrameMetrics", protocol="salads50/ms-tcn"),
]
