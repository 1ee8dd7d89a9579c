_base_ = ["./_base_/temporalmaxer.py", "../../../configs/_base_/datasets/thumos14.py"]
model = dict(
    backbone=dict(in_channels=2048, max_seq_len=_base_.max_seq_len, full_padding=True),
    neck=dict(norm="group"),
    head=dict(num_classes=20),
)
train_cfg = dict(max_epochs=5 + 60)
