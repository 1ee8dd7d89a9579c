# Published for protocol thumos14/opentad-211.
_base_ = ["./_base_/causaltad.py", "../../../configs/_base_/datasets/thumos14.py"]
max_seq_len = 2304
model = dict(
    backbone=dict(in_channels=2048, max_seq_len=max_seq_len),
    head=dict(num_classes=20, loss_normalizer=250),
    test_window=(max_seq_len, max_seq_len // 2),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate", min_overlap=0.75),
            dict(type="ChannelDropout", prob=0.3),
            pack,
        ]
    )
)
val_evaluator = test_evaluator = dict(protocol="thumos14/opentad-211")
train_cfg = dict(max_epochs=5 + 45)
