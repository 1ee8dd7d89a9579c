_base_ = ["./_base_/temporalmaxer.py", "../../../configs/_base_/datasets/epic100.py"]
num_classes = 97
model = dict(
    backbone=dict(in_channels=2304, max_seq_len=_base_.max_seq_len),
    head=dict(
        num_classes=num_classes,
        loss_normalizer=250,
        assigner=dict(regression_ranges=[(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
        max_per_video=2000,
    ),
)
data = dict(ann_file="annotations/epic_kitchens_100_verb.json", classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
train_cfg = dict(max_epochs=5 + 32)
