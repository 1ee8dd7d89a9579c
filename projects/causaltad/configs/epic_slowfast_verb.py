# Published for protocol epic100/verb-opentad.
_base_ = ["./_base_/causaltad.py", "../../../configs/_base_/datasets/epic100.py"]
num_classes = 97
max_seq_len = 2304
model = dict(
    backbone=dict(in_channels=2304, abs_pos=True, max_seq_len=max_seq_len),
    head=dict(
        num_classes=num_classes,
        loss_normalizer=250,
        assigner=dict(regression_ranges=[(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]),
        loss_reg=dict(loss_weight=0.5),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
        max_per_video=3000,
    ),
    test_window=(max_seq_len, max_seq_len // 2),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(ann_file="annotations/epic_kitchens_100_verb.json", classes=num_classes)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate"),
            dict(type="ChannelDropout", prob=0.2),
            pack,
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="epic100/verb-opentad")
train_cfg = dict(max_epochs=5 + 30)
