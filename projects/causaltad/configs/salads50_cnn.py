_base_ = ["./_base_/small.py", "../../../configs/_base_/datasets/salads50.py"]
model = dict(
    backbone=dict(in_channels=128, max_seq_len=_base_.max_seq_len),
    head=dict(num_classes=17),
)
train_cfg = dict(max_epochs=3 + 25)
