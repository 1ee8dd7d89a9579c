_base_ = ["./_base_/temporalmaxer.py", "./_base_/multithumos.py"]
model = dict(
    backbone=dict(in_channels=1024, max_seq_len=_base_.max_seq_len, depths=(3, 5)),
    head=dict(num_classes=65, pre_nms_topk=3000, max_per_video=300),
)
train_cfg = dict(max_epochs=5 + 60)
