_base_ = ["./_base_/small.py", "../../../configs/_base_/datasets/sbhar.py"]
model = dict(
    backbone=dict(in_channels=150, max_seq_len=_base_.max_seq_len),
    head=dict(num_classes=12, offset_bias=1.0),  # else some trainings learn no boundaries
)
train_cfg = dict(max_epochs=3 + 20)
