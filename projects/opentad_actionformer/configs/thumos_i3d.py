# Published for protocol thumos14/opentad-211: two test videos fewer than the official release's.
_base_ = ["./_base_/opentad.py", "../../../configs/_base_/datasets/thumos14.py"]
model = dict(
    backbone=dict(in_channels=2048, embed_channels=512, window=19, max_seq_len=_base_.max_seq_len),
    head=dict(num_classes=20),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate"),
            dict(type="ChannelDropout", prob=0.2),
            pack,
        ]
    )
)
val_evaluator = test_evaluator = dict(protocol="thumos14/opentad-211")
train_cfg = dict(max_epochs=5 + 30)
