_base_ = ["../../../configs/_base_/datasets/sbhar.py", "./_base_/mstcn.py"]
max_seq_len = 2304
model = dict(
    backbone=dict(in_channels=150, max_seq_len=max_seq_len),
    head=dict(num_classes=12),
)
train_dataloader = dict(
    batch_size=1,
    dataset=dict(pipeline=[dict(type="LoadFeatures"), dict(type="PackInputs")]),
)
train_cfg = dict(max_epochs=20, val_interval=20)
