# Lea et al.'s spatial CNN features at 15 per second.
_base_ = ["../../../configs/_base_/datasets/gtea.py", "./_base_/mstcn.py"]
max_seq_len = 2048
model = dict(
    backbone=dict(in_channels=128, max_seq_len=max_seq_len),
    head=dict(num_classes=10),
)
train_dataloader = dict(
    batch_size=1,
    dataset=dict(pipeline=[dict(type="LoadFeatures"), dict(type="PackInputs")]),
)
val_evaluator = test_evaluator = [
    dict(type="TemporalMAP", protocol="gtea/split1"),
    dict(type="FrameMetrics", protocol="gtea/ms-tcn"),
]
