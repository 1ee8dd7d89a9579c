# Published for protocol thumos14/opentad-211.
_base_ = ["./_base_/actionmamba.py", "../../../configs/_base_/datasets/thumos14.py"]
model = dict(
    backbone=dict(in_channels=3200, max_seq_len=_base_.max_seq_len), head=dict(num_classes=20)
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(features="thumos14_6b", file_ext="_spatial_feature.pt")
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate"),
            dict(type="ChannelDropout", prob=0.1),
            pack,
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="thumos14/opentad-211")
train_cfg = dict(max_epochs=5 + 45)
