# Published for protocol epic100/verb-opentad.
_base_ = ["./_base_/opentad.py", "../../../configs/_base_/datasets/epic100.py"]
num_classes = 97
model = dict(
    backbone=dict(in_channels=2304, embed_channels=512, window=9, max_seq_len=_base_.max_seq_len),
    head=dict(
        num_classes=num_classes,
        loss_normalizer=250,
        assigner=dict(regression_ranges=[(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
    ),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(ann_file="annotations/epic_kitchens_100_verb.json", classes=num_classes)
train_dataloader = dict(
    dataset=dict(**data, pipeline=[load, dict(truncate, type="OpenTADTruncate"), pack])
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="epic100/verb-opentad")
train_cfg = dict(max_epochs=5 + 15)
